"""Bad input gets a clear answer, and leaves the store as it was."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from emulator.apis.evi.state import EviState
from emulator.apis.voices.state import VoicesState
from emulator.store.paging import Paging
from emulator.web.app import App
from emulator.world.world import World

JSON = {"Content-Type": "application/json"}
GOOD = b'{"evi_version":"3","name":"new"}'


def problems(response: Any) -> list[tuple[Any, ...]]:
    assert response.status_code == 422, response.text
    return [(tuple(item["loc"]), item["type"]) for item in response.json()["detail"]]


def contents(world: World) -> list[Any]:
    """Everything that a request could have changed."""
    store, every = world.state(EviState), Paging(size=1000)
    return [
        *(
            list(collection.page(every, latest_only=False).items)
            for collection in (store.configs, store.prompts, store.tools)
        ),
        list(world.state(VoicesState).voices.page("CUSTOM_VOICE", every).items),
        list(store.chats.page_of_chats(every).items),
    ]


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        pytest.param(b"", JSON, (("body",), "missing"), id="no body"),
        pytest.param(b'{"evi_version":', JSON, (("body", 15), "json_invalid"), id="cut off"),
        pytest.param(b'{"nudges":{"interval_secs":NaN}}', JSON, None, id="NaN"),
        pytest.param(b'{"name":"\\ud800"}', JSON, None, id="lone surrogate"),
        pytest.param(b'{"name":"\xff"}', JSON, None, id="not UTF-8"),
        pytest.param(GOOD[:-1] + b',"name":"other"}', JSON, None, id="duplicate name"),
        pytest.param(b'{"evi_version":"3","name":"a\\u0000b"}', JSON, None, id="NUL"),
        pytest.param(
            b'{"evi_version":"3","name":"n","nudges":{"interval_secs":1' + b"0" * 30 + b"}}",
            JSON,
            None,
            id="huge integer",
        ),
        pytest.param(
            b'{"evi_version":"3","name":"n","metadata":' + b"[" * 5000 + b"]" * 5000 + b"}",
            JSON,
            None,
            id="deep nesting",
        ),
        pytest.param(
            GOOD, {"Content-Type": "text/plain"}, (("body",), "model_attributes_type"), id="text"
        ),
        pytest.param(
            b"name=new&evi_version=3",
            {"Content-Type": "application/x-www-form-urlencoded"},
            (("body",), "model_attributes_type"),
            id="form",
        ),
        pytest.param(b"[]", JSON, (("body",), "model_attributes_type"), id="array"),
        pytest.param(b"null", JSON, (("body",), "model_attributes_type"), id="null"),
    ],
)
def test_bad_bodies_are_refused(
    client: TestClient,
    world: World,
    body: bytes,
    headers: dict[str, str],
    expected: tuple[Any, ...] | None,
) -> None:
    """A body that can't be read is one problem with a place and words; nothing is stored."""
    before = contents(world)

    found = problems(client.post("/v0/evi/configs", content=body, headers=headers))

    assert len(found) == 1
    (loc, kind) = found[0]
    assert kind == "json_invalid" if expected is None else (loc, kind) == expected
    assert loc[0] == "body"
    assert contents(world) == before


def test_every_problem_of_a_request_is_in_one_answer(client: TestClient, world: World) -> None:
    """Path, query and body are all judged, each problem with its exact place."""
    before = contents(world)
    body = {
        "evi_version": 3,
        "language_model": {"model_provider": 7, "temperature": 1.5},
        "turn_detection": {"end_of_turn_silence_ms": 100, "speech_detection_threshold": 2},
        "interruption": {"min_interruption_ms": 49},
        "timeouts": {"inactivity": {"duration_secs": 1801}, "max_duration": {"enabled": 1}},
        "tools": [{"id": "x"}, {"version": "1"}],
        "webhooks": [{"url": "https://a.example", "events": ["chat_started", "chat_begun"]}],
    }

    found = problems(client.post("/v0/evi/configs/no-uuid", json=body))

    assert set(found) == {
        (("path", "id"), "uuid_parsing"),
        (("body", "evi_version"), "string_type"),
        (("body", "language_model", "model_provider"), "string_type"),
        (("body", "language_model", "temperature"), "less_than_equal"),
        (("body", "turn_detection", "end_of_turn_silence_ms"), "greater_than_equal"),
        (("body", "turn_detection", "speech_detection_threshold"), "less_than_equal"),
        (("body", "interruption", "min_interruption_ms"), "greater_than_equal"),
        (("body", "timeouts", "inactivity", "enabled"), "missing"),
        (("body", "timeouts", "inactivity", "duration_secs"), "less_than_equal"),
        (("body", "timeouts", "max_duration", "enabled"), "bool_type"),
        (("body", "tools", 1, "id"), "missing"),
        (("body", "tools", 1, "version"), "int_type"),
        (("body", "webhooks", 0, "events", 1), "enum"),
    }
    assert contents(world) == before


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page_number=-1", ("page_number", "greater_than_equal")),
        ("page_size=0", ("page_size", "greater_than_equal")),
        ("page_size=101", ("page_size", "less_than_equal")),
        ("page_size=ten", ("page_size", "int_parsing")),
        ("page_size=", ("page_size", "int_parsing")),
        ("page_size=1.5", ("page_size", "int_parsing")),
        ("page_size=%D9%A3", ("page_size", "int_parsing")),
        ("page_number=" + "9" * 20, ("page_number", "int_parsing_size")),
        ("page_number=" + "9" * 5000, ("page_number", "int_parsing_size")),
        ("ascending_order=ja", ("ascending_order", "bool_parsing")),
        ("config_id=17", ("config_id", "uuid_parsing")),
        ("status=%00", ("status", "value_error")),
    ],
)
def test_bad_parameters_are_refused(
    client: TestClient, query: str, expected: tuple[str, str]
) -> None:
    """A query parameter of the wrong type or out of bounds is named with what is wrong."""
    name, kind = expected
    assert problems(client.get(f"/v0/evi/chats?{query}")) == [(("query", name), kind)]


def test_of_a_repeated_parameter_the_last_counts(client: TestClient) -> None:
    """A parameter given twice has its last value."""
    assert client.get("/v0/evi/chats?page_size=0&page_size=3").json()["page_size"] == 3


def test_an_id_may_be_spelt_in_upper_case(client: TestClient) -> None:
    """A UUID is the same in upper case; braces or missing dashes are refused."""
    id = client.post("/v0/evi/prompts", json={"name": "p", "text": "t"}).json()["id"]

    assert client.get(f"/v0/evi/prompts/{id.upper()}").json()["prompts_page"][0]["id"] == id
    for spelling in (id.replace("-", ""), "{" + id + "}", f"urn:uuid:{id}"):
        answer = client.get(f"/v0/evi/prompts/{quote(spelling)}")
        assert problems(answer) == [(("path", "id"), "uuid_parsing")]


def test_unknown_fields_are_accepted_and_dropped(client: TestClient) -> None:
    """A field that the document doesn't know is no error, and isn't stored."""
    answer = client.post("/v0/evi/prompts", json={"name": "p", "text": "t", "colour": "red"})
    assert answer.status_code == 201
    assert "colour" not in answer.json()


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/vnd.api+json", ""]
)
def test_other_spellings_of_json_are_accepted(client: TestClient, content_type: str) -> None:
    """Parameters, a +json suffix, or no content type at all count as JSON."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = client.post("/v0/evi/prompts", content=b'{"name":"p","text":"t"}', headers=headers)
    assert answer.status_code == 201


def test_a_body_past_the_limit_is_refused(client: TestClient, world: World) -> None:
    """10 MB are more than is accepted: 413 with the limit, and nothing is stored."""
    before = contents(world)
    body = b'{"name":"p","text":"' + b"x" * 10_000_000 + b'"}'

    answer = client.post("/v0/evi/prompts", content=body, headers=JSON)

    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert "1048576 bytes" in answer.json()["message"]
    assert contents(world) == before


def test_a_truncated_body_is_not_executed(app: App, world: World) -> None:
    """A client that goes away in the middle of its body has not asked for anything."""
    before = contents(world)
    messages: Iterator[Message] = iter(
        [
            {"type": "http.request", "body": b'{"name":"p","text":"t"}', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"x-hume-api-key", world.api_key.encode())]
    scope = {"type": "http", "method": "POST", "path": "/v0/evi/prompts", "headers": headers}
    asyncio.run(app({**scope, "query_string": b"", "scheme": "http"}, receive, send))

    assert sent == []
    assert contents(world) == before


def test_a_body_of_mistakes_gets_an_answer_of_bounded_size(client: TestClient) -> None:
    """At most 100 problems are listed."""
    answer = client.post("/v0/evi/configs", json={**json.loads(GOOD), "tools": [1] * 50_000})
    assert len(problems(answer)) == 100


def test_unknown_keys_in_a_part_are_dropped(client: TestClient) -> None:
    """What the document doesn't know isn't stored at any depth."""
    deep = json.loads("[" * 240 + "]" * 240)
    body = {
        **json.loads(GOOD),
        "language_model": {"temperature": 0.5, "created_on": "abc", "deep": deep},
        "prompt": {"text": "t", "prompt_expansion": {"enabled": False, "deep": deep}},
    }
    config = client.post("/v0/evi/configs", json=body).json()

    assert config["language_model"] == {"temperature": 0.5}
    assert config["prompt"]["prompt_expansion"] == {"enabled": False}
    assert client.get("/v0/evi/configs").status_code == 200
