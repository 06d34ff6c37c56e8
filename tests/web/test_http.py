"""Routing, CORS, the emulator's own routes, and what happens when a handler has a bug."""

import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from emulator import __version__
from emulator.api import Call, serve
from emulator.apis.apis import APIS
from emulator.apis.evi.handlers import HANDLERS
from emulator.apis.voices.api import VOICES
from emulator.errors import DocumentError
from emulator.jsontext import JsonObject, render
from emulator.openapi.document import check_schemas
from emulator.openapi.fields import body_fields
from emulator.resources import is_shipped, read_data
from emulator.server import new_app
from emulator.settings import SETTINGS, Settings
from emulator.web.app import App

ORIGIN = "https://app.example"
SDK_HEADERS = "x-hume-api-key,content-type,x-fern-language,x-hume-client-name"


def test_an_unknown_path_names_the_closest_operation(client: TestClient) -> None:
    """A path without an operation is 404, with the operation that was probably meant."""
    answer = client.get("/v0/evi/config")

    assert answer.status_code == 404
    assert answer.json() == {
        "error": "Not Found",
        "message": "Nothing answers GET /v0/evi/config; the closest is GET /v0/evi/configs.",
        "code": "path_not_found",
    }


@pytest.mark.parametrize(
    "path", ["/", "/v0/evi/chats//", "/v0/evi/configs/", "/v0/evi/configs//version/0", "//"]
)
def test_paths_with_empty_segments_are_unknown(client: TestClient, path: str) -> None:
    """An empty segment is no id."""
    assert client.get(f"http://testserver{path}").status_code == 404


def test_a_wrong_method_says_which_are_allowed(client: TestClient) -> None:
    """Another method on a known path is 405, with the allowed ones in `Allow`."""
    answer = client.put("/v0/evi/configs", json={})

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert answer.json()["message"] == "/v0/evi/configs does not allow PUT; it allows GET, POST."


def test_preflights_are_answered_for_every_operation(app: App) -> None:
    """A page of any origin may use every operation, with the headers that it asks for."""
    client = TestClient(app)
    for operation in app.operations:
        answer = client.options(
            operation.path_template,
            headers={
                "Origin": ORIGIN,
                "Access-Control-Request-Method": operation.method,
                "Access-Control-Request-Headers": SDK_HEADERS,
            },
        )
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert operation.method in answer.headers["Access-Control-Allow-Methods"]
        assert answer.headers["Access-Control-Allow-Headers"] == SDK_HEADERS


@pytest.mark.parametrize("path", ["/v0/evi/configs", "/openapi.json", "/v0/evi/nothing"])
def test_answers_can_be_read_by_a_page(client: TestClient, path: str) -> None:
    """Answers to a page carry its origin, errors too."""
    answer = client.get(path, headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Origin" not in client.get(path).headers


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:5173", True),
        ("http://127.0.0.1:3000", True),
        (ORIGIN, False),
        ("null", False),
        ("http://[broken", False),
    ],
)
def test_the_control_api_is_for_pages_of_this_machine(
    client: TestClient, origin: str, allowed: bool
) -> None:
    """A page from elsewhere can neither read nor use the control API."""
    client.post("/v0/evi/prompts", json={"name": "mine", "text": ""})
    answer = client.post("/_emulator/reset", headers={"Origin": origin})

    assert ("Access-Control-Allow-Origin" in answer.headers) is allowed
    assert answer.status_code == (204 if allowed else 403)
    kept = client.get("/v0/evi/prompts?name=mine").json()["total_pages"]
    assert kept == (0 if allowed else 1)


def test_health(client: TestClient) -> None:
    """Health says what runs: versions, and the number of operations."""
    assert client.get("/_emulator/health").json() == {
        "status": "ok",
        "version": __version__,
        "spec_version": "1.0.0",
        "operations": 35,
        "apis": {"evi": 35, "voices": 3, "tts": 6, "phone": 1, "expression": 5},
    }


def test_control_routes_refuse_in_the_same_shape(client: TestClient) -> None:
    """An unknown control route, or another method, is answered as on the API."""
    unknown, wrong = client.get("/_emulator/helth"), client.get("/_emulator/reset")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "path_not_found")
    assert "did you mean '/_emulator/health'" in unknown.json()["message"]
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST"


def test_settings_are_shown(client: TestClient) -> None:
    """Every setting of the server can be read."""
    shown = client.get("/_emulator/settings").json()
    assert set(shown) == {setting.name for setting in SETTINGS}


def test_reset_puts_the_callers_world_back(app: App) -> None:
    """A reset needs a key, and undoes the changes of that key's world alone."""
    mine, other = (TestClient(app, headers={"X-Hume-Api-Key": key}) for key in ("r1", "r2"))
    seeded = mine.get("/v0/evi/prompts").json()
    for client in (mine, other):
        client.post("/v0/evi/prompts", json={"name": "new", "text": ""})

    assert TestClient(app).post("/_emulator/reset").status_code == 401
    assert mine.post("/_emulator/reset").status_code == 204

    assert mine.get("/v0/evi/prompts").json() == seeded
    assert other.get("/v0/evi/prompts?name=new").json()["total_pages"] == 1


def test_the_document_is_served(app: App, client: TestClient) -> None:
    """The document comes as it is bundled, as JSON and as YAML."""
    assert client.get("/openapi.json").json() == app.document.content
    assert client.get("/openapi.yaml").content == app.document.path.read_bytes()


def test_a_bug_is_a_500_with_a_reference(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that fails is our fault: no traceback for the client, all of it in the log."""
    monkeypatch.setitem(HANDLERS.by_id, "list-configs", lambda call: 1 / 0)
    client = TestClient(new_app(Settings(seed="empty")), headers={"X-Hume-Api-Key": "k"})

    with caplog.at_level(logging.ERROR):
        answer = client.get("/v0/evi/configs")

    assert answer.status_code == 500
    assert answer.json()["code"] == "emulator_error"
    assert "ZeroDivisionError" not in answer.text
    assert answer.json()["message"].split()[-1].rstrip(".") in caplog.text
    assert "ZeroDivisionError" in caplog.text
    from tests import conformance

    assert "status 500 is not declared" in conformance.violations.pop()


def test_times_can_be_in_seconds() -> None:
    """`timestamps=seconds` renders the times of resources in s, those of events still in ms."""
    client = TestClient(
        new_app(Settings(seed="demo", timestamps="seconds")), headers={"X-Hume-Api-Key": "k"}
    )
    config = client.get("/v0/evi/configs").json()["configs_page"][0]
    chat = client.get("/v0/evi/chats/470a49f6-1dec-4afe-8b61-035d3b2d63b0").json()
    group = client.get("/v0/evi/chat_groups").json()["chat_groups_page"][0]

    for value in (
        config["created_on"],
        config["modified_on"],
        config["prompt"]["created_on"],
        chat["start_timestamp"],
        group["first_start_timestamp"],
        group["most_recent_start_timestamp"],
    ):
        assert len(str(value)) == 10
    assert (chat["start_timestamp"], chat["end_timestamp"]) == (1716244940, 1716244958)
    assert chat["events_page"][0]["timestamp"] == 1716244940762


def test_worlds_are_counted() -> None:
    """With `max_worlds` one key more is refused, until a world is forgotten."""
    client = TestClient(new_app(Settings(seed="empty", max_worlds=2)))

    def ask(key: str, method: str = "GET", path: str = "/v0/evi/configs") -> tuple[int, str]:
        answer = client.request(method, path, headers={"X-Hume-Api-Key": key})
        return answer.status_code, answer.text

    assert [ask(key)[0] for key in ("a", "b", "a")] == [200, 200, 200]
    status, text = ask("c")
    assert (status, "--max-worlds" in text) == (429, True)
    ask("a", "DELETE", "/_emulator/world")
    assert ask("c")[0] == 200


def test_what_one_handler_does_to_its_parameters_no_other_sees(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a query are remembered, for every world."""
    seen: list[int] = []
    handler = HANDLERS.by_id["list-prompts"]

    def greedy(call: Call) -> object:
        seen.append(call.parameters["page_size"])
        with suppress(TypeError):
            call.parameters["page_size"] = 100  # type: ignore[index]
        return handler(call)

    monkeypatch.setitem(HANDLERS.by_id, "list-prompts", greedy)
    other = TestClient(new_app(Settings(seed="empty")), headers=dict(client.headers))
    for _ in range(2):
        other.get("/v0/evi/prompts?page_size=7")
    assert seen == [7, 7]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"maximum": "ten"}, "", id="no schema"),
        pytest.param({"pattern": "("}, "", id="no pattern"),
        pytest.param({"type": "object", "properties": 1}, "not laid out as", id="no object"),
    ],
)
def test_a_document_that_cannot_be_served_is_named(
    tmp_path: Path, change: JsonObject, message: str
) -> None:
    """An API from elsewhere has its schemas compiled at the start, which a mistake stops."""
    content = read_data(VOICES.document)
    [parameter] = (
        each
        for each in content["paths"]["/v0/tts/voices"]["get"]["parameters"]
        if each["name"] == "page_size"
    )
    parameter["schema"].update(change)
    path = tmp_path / "voices.yaml"
    path.write_bytes(render(content))
    with pytest.raises(DocumentError, match=rf"^voices\.yaml: {message}"):
        App(Settings(seed="empty"), (replace(VOICES, document=path),))


def test_the_documents_that_are_shipped_can_be_served() -> None:
    """The start leaves their schemas to the first requests, since each compiles here."""
    for served in serve(APIS):
        assert is_shipped(served.document.path)
        check_schemas(served.document)
        for operation in served.operations:
            body_fields(served.document, operation)
            for pointer in operation.pointers:
                served.validation.check(pointer)
