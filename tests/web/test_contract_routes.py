"""GET and DELETE /_emulator/contract, and what a strict server refuses."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from websockets.exceptions import InvalidStatus

from emulator.apis.evi.contract import handshakes, sockets
from emulator.apis.evi.contract.frames import Judged
from emulator.contract.findings import MOST_AT_ONCE
from emulator.contract.ledger import MOST_FINDINGS
from emulator.contract.requests import RequestAuditor
from emulator.contract.surface import PARTS
from emulator.server import new_app
from emulator.settings import Settings
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from emulator.version import __version__
from emulator.world.world import World
from tests.testing.talking import http, talking

PATH = "/_emulator/contract"
ALL = f"{PATH}?worlds=all"
CONFIGS, PROMPTS = "/v0/evi/configs", "/v0/evi/prompts"
WRONG = {"name": "A", "text": "B", "txet": "C"}
EXTRA = {"msg": "Extra inputs are not permitted", "type": "extra_forbidden"}


def key(name: str) -> dict[str, str]:
    return {"X-Hume-Api-Key": name}


def codes(client: TestClient, path: str = PATH, **headers: str) -> list[str]:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return [found["code"] for found in answer.json()["findings"]]


def item(content: dict[str, Any], part: str, name: str) -> dict[str, Any]:
    [found] = [each for each in content["coverage"]["parts"] if each["name"] == part]
    [wanted] = [each for each in found["items"] if each["name"] == name]
    return wanted  # type: ignore[no-any-return]


@pytest.fixture
def own() -> TestClient:
    """A server of the test's own, since others would be in the report of all worlds."""
    return TestClient(new_app(Settings(seed="empty")), headers=key("mine"))


# the answer


def test_a_world_that_nobody_has_used(client: TestClient) -> None:
    """No finding, every part of the coverage at zero; asking leaves no trace."""
    for _ in range(2):
        content = client.get(PATH).json()
        assert content.keys() == {"findings", "dropped", "dropped_codes", "coverage", "run"}
        assert (content["findings"], content["dropped"]) == ([], 0)
        of_evi = [part for part in PARTS if not part.startswith(("speech_", "expression_"))]
        assert [part["name"] for part in content["coverage"]["parts"]] == of_evi
        assert {part["percent"] for part in content["coverage"]["parts"]} == {0.0}
        assert content["coverage"]["percent"] == 0.0
    assert [part["total"] for part in content["coverage"]["parts"]][0] == 35
    assert client.get("/_emulator/journal").json()["entries"] == []


def test_the_shape_of_it(client: TestClient) -> None:
    """Findings with all their fields, errors first; items with counts, operations in detail."""
    client.post(PROMPTS, json=WRONG)
    client.post(PROMPTS, json={**WRONG, "text": 3})
    content = client.get(PATH).json()
    assert content["run"] == {"version": __version__, "seed": "demo"}
    moments = [found.pop("first_at_ms") for found in content["findings"]]
    assert all(isinstance(each, int) for each in moments)
    assert content["findings"] == [
        {
            "subject": "create-prompt",
            "code": "request_invalid",
            "level": "error",
            "place": "/body/text",
            "expected": "a valid string",
            "got": 3,
            "hint": "",
            "count": 1,
            "first_seq": 2,
            "last_seq": 2,
            "first_line": f"POST {PROMPTS} -> 422",
        },
        {
            "subject": "create-prompt",
            "code": "field_unknown",
            "level": "warning",
            "place": "/body/txet",
            "expected": "one of name, prompt_expansion, text, version_description",
            "got": "txet",
            "hint": "did you mean 'text'?",
            "count": 2,
            "first_seq": 1,
            "last_seq": 2,
            "first_line": f"POST {PROMPTS} -> 201",
        },
    ]
    assert item(content, "operations", "create-prompt") == {
        "name": "create-prompt",
        "count": 1,
        "extra": False,
        "detail": {"201": 1, "422": 1},
    }
    assert item(content, "statuses", "create-prompt 422")["count"] == 1
    assert item(content, "body_fields", "create-prompt /text")["count"] == 2
    assert item(content, "operations", "list-configs") == {
        "name": "list-configs",
        "count": 0,
        "extra": False,
        "detail": {},
    }


def test_an_api_counts_once_it_was_used(client: TestClient) -> None:
    """The voices are asked for from the first answer that a client has from them."""
    assert client.get(PATH).json()["coverage"]["parts"][0]["total"] == 35
    client.get("/v0/tts/voices", params={"provider": "HUME_AI"})
    assert client.get(PATH).json()["coverage"]["parts"][0]["total"] == 38


def test_a_reset_leaves_it_and_clearing_does_not(client: TestClient, world: World) -> None:
    """Test suites reset between tests; the journal's numbers go on, and findings lead there."""
    client.post(PROMPTS, json=WRONG)
    before = client.get(PATH).json()
    assert client.post("/_emulator/reset").status_code == 204
    assert client.get(PATH).json() == before
    client.post(PROMPTS, json=WRONG)
    [found] = client.get(PATH).json()["findings"]
    assert (found["count"], found["last_seq"] > found["first_seq"]) == (2, True)

    answer = client.delete(PATH)
    assert (answer.status_code, answer.content) == (204, b"")
    content = client.get(PATH).json()
    assert (content["findings"], content["coverage"]["percent"]) == ([], 0.0)
    client.get(CONFIGS, params={"page_number": 1})
    assert codes(client) == ["page_base"]


def test_a_list_that_was_begun_stays_begun(client: TestClient) -> None:
    """Who asked for page 0 before the contract was cleared may go on with page 1."""
    client.get(CONFIGS)
    client.delete(PATH)
    client.get(CONFIGS, params={"page_number": 1})
    assert codes(client) == []


def test_a_snapshot_that_is_put_back_leaves_it(client: TestClient) -> None:
    """What a client has shown stays shown."""
    snapshot = client.get("/_emulator/snapshot").content
    client.post(PROMPTS, json=WRONG)
    before = client.get(PATH).json()
    headers = {"Content-Type": "application/json"}
    answer = client.put("/_emulator/snapshot", content=snapshot, headers=headers)
    assert answer.status_code in (200, 204)
    assert client.get(PATH).json() == before


def test_so_many_findings_and_no_more(client: TestClient) -> None:
    """A thousand different ones; those beyond are counted, and the coverage goes on."""
    for first, last in ((0, 600), (600, MOST_FINDINGS + 5)):
        fields = {f"x{number}": 1 for number in range(first, last)}
        client.post(PROMPTS, json={"name": "A", "text": "B", **fields})
    content = client.get(PATH).json()
    assert (len(content["findings"]), content["dropped"]) == (MOST_FINDINGS, 5)
    assert content["dropped_codes"] == {"field_unknown": 5}
    client.get(CONFIGS, params={"page_siz": 1})
    content = client.get(PATH).json()
    assert (len(content["findings"]), content["dropped"]) == (MOST_FINDINGS, 6)
    assert item(content, "operations", "list-configs")["count"] == 1
    client.delete(PATH)
    client.get(CONFIGS, params={"page_siz": 1})
    content = client.get(PATH).json()
    assert ([found["code"] for found in content["findings"]], content["dropped"]) == (
        ["parameter_unknown"],
        0,
    )


def test_a_client_cannot_fill_the_memory(client: TestClient, world: World) -> None:
    """Long names are cut, in the contract and in the journal; the request goes through."""
    body = {"name": "A", "text": "B", "x" * 500_000: 1}
    assert client.post(PROMPTS, json=body).status_code == 201
    client.get(CONFIGS, params={"y" * 50_000: 1})
    client.get("/v0/evi/" + "z" * 50_000)
    content = client.get(PATH).json()
    assert len(content["findings"]) == 3
    assert len(json.dumps(content["findings"])) < 10_000
    told = [entry["findings"] for entry in world.journal.entries(kind="http")]
    assert len(json.dumps(told)) < 10_000


MANY = [f"x{number}" for number in range(5_000)]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", PROMPTS, dict.fromkeys(MANY, 1), "field_unknown"),
        ("GET", f"{CONFIGS}?{'=&'.join(MANY)}=", None, "parameter_unknown"),
    ],
    ids=["body", "query"],
)
def test_one_request_tells_so_much_and_no_more(
    client: TestClient, world: World, method: str, path: str, body: Any, code: str
) -> None:
    """Each finding takes time; the journal gives up older entries for long ones."""
    client.request(method, path, json=body)
    [entry] = world.journal.entries(kind="http")
    assert sum(each["code"] == code for each in entry["findings"]) == MOST_AT_ONCE
    assert len(entry["findings"]) <= MOST_AT_ONCE + 2
    assert len(client.get(PATH).json()["findings"]) <= MOST_FINDINGS


# whose clients


def test_a_world_has_its_own(client: TestClient) -> None:
    """One key's mistakes are not told to another."""
    client.post(PROMPTS, json=WRONG)
    assert codes(client, **key("contract-other")) == []
    assert codes(client) == ["field_unknown"]
    client.delete(PATH, headers=key("contract-other"))
    assert codes(client) == ["field_unknown"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_without_a_key(own: TestClient, method: str) -> None:
    """There is no world to ask about; all of them may be asked about by anybody."""
    del own.headers["X-Hume-Api-Key"]
    assert own.request(method, PATH).status_code == 401
    assert own.request(method, ALL).status_code in (200, 204)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("asked", ["", "one", "ALL", "mine"])
def test_worlds_that_are_none(own: TestClient, method: str, asked: str) -> None:
    """The answer names the value that there is, and nothing is cleared."""
    own.post(PROMPTS, json=WRONG)
    answer = own.request(method, PATH, params={"worlds": asked})
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": [
            {
                "loc": ["query", "worlds"],
                "msg": f"Input should be 'all', got {asked!r}",
                "type": "literal_error",
            }
        ]
    }
    assert codes(own) == ["field_unknown"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_other_methods(own: TestClient, method: str) -> None:
    """405."""
    assert own.request(method, PATH).status_code == 405


def test_all_worlds_together(own: TestClient) -> None:
    """What several did counts together; each keeps its own."""
    own.post(PROMPTS, json=WRONG)
    own.post(PROMPTS, json=WRONG, headers=key("other"))
    own.get(CONFIGS, headers=key("other"))
    content = own.get(ALL).json()
    assert [(found["code"], found["count"]) for found in content["findings"]] == [
        ("field_unknown", 2)
    ]
    assert item(content, "operations", "create-prompt")["count"] == 2
    assert item(content, "operations", "list-configs")["count"] == 1
    assert own.get(ALL).json() == content  # asking adds nothing
    [found] = own.get(PATH).json()["findings"]
    assert found["count"] == 1


def test_worlds_that_are_forgotten(own: TestClient) -> None:
    """What their clients did is still in the report of all, once; a new world begins anew."""
    own.post(PROMPTS, json=WRONG)
    assert own.delete("/_emulator/world").status_code == 204
    assert codes(own) == []
    for _ in range(2):
        [found] = own.get(ALL).json()["findings"]
        assert (found["code"], found["count"]) == ("field_unknown", 1)
        own.delete("/_emulator/world")


def test_a_world_that_is_dropped_twice() -> None:
    """Over HTTP, and then by its test's end: nothing counts twice."""
    with Emulator(seed="empty") as server:
        evi = server.world()
        with http(evi) as client:
            client.post(PROMPTS, json=WRONG)
            client.delete("/_emulator/world")
        evi.close()
        evi.close()
        assert [found["count"] for found in server.contract_report().findings] == [1]


def test_a_key_that_gets_another_world() -> None:
    """What the first one's clients did is in the report of all, once."""
    with Emulator(seed="empty") as server:
        first = server.world("key")
        with http(first) as client:
            client.post(PROMPTS, json=WRONG)
        second = server.world("key")
        assert second.contract.findings == []
        assert [found["count"] for found in server.contract_report().findings] == [1]
        first.close()
        second.close()
        assert [found["count"] for found in server.contract_report().findings] == [1]


def test_callers_without_a_key_or_with_a_wrong_one() -> None:
    """They have no world: only the report of all has them."""
    app = new_app(Settings(seed="empty", api_key=("good",)))
    client = TestClient(app, headers=key("good"))
    client.get(CONFIGS, headers=key("bad"))
    client.get("/v0/evi/nowhere", headers=key("bad"))
    TestClient(app).get(CONFIGS)
    assert codes(client) == []
    found = client.get(ALL).json()["findings"]
    assert {each["code"] for each in found} == {"credentials_refused"}
    assert [(each["subject"], each["first_seq"]) for each in found] == [
        ("list-configs", 0),
        ("list-configs", 0),
    ]
    assert "bad" not in json.dumps(found)


def test_clearing_all(own: TestClient) -> None:
    """Those of forgotten worlds and of callers without a key, too."""
    own.post(PROMPTS, json=WRONG, headers=key("gone"))
    own.delete("/_emulator/world", headers=key("gone"))
    own.post(PROMPTS, json=WRONG)
    TestClient(own.app).get(CONFIGS)
    assert len(own.get(ALL).json()["findings"]) == 2
    assert own.delete(ALL).status_code == 204
    assert own.get(ALL).json()["coverage"]["percent"] == 0.0
    assert (codes(own), codes(own, ALL)) == ([], [])


def test_the_route_is_no_pages(own: TestClient) -> None:
    """A page from elsewhere can't read it."""
    headers = {"Origin": "https://evil.example"}
    assert own.get(ALL, headers=headers).status_code == 403


# strict


@pytest.fixture(scope="module")
def strict() -> TestClient:
    return TestClient(new_app(Settings(seed="demo", strict=True)), headers=key("strict"))


def refusal(answer: Any) -> list[list[Any]]:
    """The places of a 422 whose problems are all fields too many."""
    assert answer.status_code == 422, answer.text
    detail = answer.json()["detail"]
    assert all({**each, "loc": 0} == {"loc": 0, **EXTRA} for each in detail)
    return [each["loc"] for each in detail]


def test_strict_bodies(strict: TestClient) -> None:
    """At any depth, all at once, beside what else is wrong; nothing is made."""
    body = {"evi_version": "3", "name": "Strict", "prmpt": {}, "voice": {"nme": "x", "name": "Ito", "provider": "HUME_AI"}}  # fmt: skip  # noqa: E501
    assert refusal(strict.post(CONFIGS, json=body)) == [["body", "prmpt"], ["body", "voice", "nme"]]
    names = [each["name"] for each in strict.get(CONFIGS).json()["configs_page"]]
    assert "Strict" not in names

    detail = strict.post(CONFIGS, json={"evi_version": "3", "prmpt": {}}).json()["detail"]
    assert {(tuple(each["loc"]), each["type"]) for each in detail} == {
        (("body", "name"), "missing"),
        (("body", "prmpt"), "extra_forbidden"),
    }


def test_strict_queries(strict: TestClient) -> None:
    """The same for parameters."""
    assert refusal(strict.get(CONFIGS, params={"page_siz": 3})) == [["query", "page_siz"]]
    assert strict.get(CONFIGS, params={"page_size": 3}).status_code == 200


def test_strict_sends(strict: TestClient) -> None:
    """The operation that sends into a chat reads bodies like any other."""
    body = {"user": ["Hi"], "end_reason": "ACTIVE"}
    chat_id = strict.post("/_emulator/simulate", json=body).json()["chat_id"]
    path = f"/v0/evi/chat/{chat_id}/send"
    settings: dict[str, Any] = {"type": "session_settings", "system_promt": "x"}
    assert refusal(strict.post(path, json=settings)) == [["body", "system_promt"]]
    settings = {"type": "session_settings", "metadata": {"any": {"thing": 1}}}
    assert strict.post(path, json=settings).status_code == 200


def test_strict_lets_the_rest_pass(strict: TestClient) -> None:
    """Only what nothing knows is refused, not what is odd in another way."""
    client = TestClient(strict.app, headers=key("strict but new"))
    for path in ("?page_number=1", "?page_size=007", "?page_size=1&page_size=2"):
        assert client.get(CONFIGS + path).status_code == 200
    assert client.get(f"{CONFIGS}?api_key=strict").status_code == 200
    assert len(codes(client)) == 4


def test_what_strict_refuses_is_found_to_be_refused(strict: TestClient) -> None:
    """Once, as an error that says what is known and what was meant."""
    strict.delete(PATH)
    strict.post(PROMPTS, json=WRONG)
    assert codes(strict) == ["request_invalid"]
    entry = strict.get("/_emulator/journal").json()["entries"][-1]
    [finding] = entry["findings"]
    assert (entry["status"], finding["code"], finding["level"]) == (422, "request_invalid", "error")
    assert (finding["place"], finding["got"]) == ("/body/txet", "txet")
    assert "did you mean" in finding["hint"]
    assert finding["expected"].startswith("one of ")


def test_what_strict_refuses_is_neither_ignored_nor_kept(strict: TestClient) -> None:
    """So neither the answer nor the finding says that it is."""
    strict.delete(PATH)
    model = {"model_provider": "ANTHROPIC", "model_resource": "https://example.com/x"}
    body = {"evi_version": "3", "name": "Odd", "zzz": 1, "language_model": model}
    answer = strict.post(CONFIGS, json=body)
    hints = [each["hint"] for each in strict.get(PATH).json()["findings"]]
    belongs = "a URL belongs to the model_provider CUSTOM_LANGUAGE_MODEL"
    assert (answer.status_code, sorted(hints)) == (422, ["", belongs])
    assert answer.json()["detail"][1]["msg"].endswith(f"lists; {belongs}")


def test_strict_refuses_what_nobody_observes(
    strict: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acceptance is the check's: without a finding about the request, it is refused alike."""
    monkeypatch.setattr(RequestAuditor, "judge", lambda *given: [])
    assert refusal(strict.post(f"{PROMPTS}?zz=1", json=WRONG)) == [
        ["query", "zz"],
        ["body", "txet"],
    ]


def test_strict_finds_other_mistakes_beside(strict: TestClient) -> None:
    """Each mistake once: what is refused anyway, what only strict refuses, and what is odd."""
    strict.delete(PATH)
    query = "page_size=x&page_siz=1&page_siz=2&restrict_to_most_recent=yes"
    assert strict.get(f"{CONFIGS}?{query}").status_code == 422
    found = strict.get(PATH).json()["findings"]
    assert sorted((each["code"], each["place"]) for each in found) == [
        ("request_invalid", "/query/page_siz"),
        ("request_invalid", "/query/page_size"),
        ("value_coerced", "/query/restrict_to_most_recent"),
    ]


def test_strict_comes_from_the_world(evi: Evi, evi_server: Emulator) -> None:
    """`server.world(strict=True)`: others are as generous as before."""
    strict = evi_server.world(strict=True)
    with http(strict) as client, http(evi) as other:
        assert refusal(client.post(PROMPTS, json=WRONG)) == [["body", "txet"]]
        assert other.post(PROMPTS, json=WRONG).status_code == 201
    strict.close()


@pytest.mark.evi(strict=True)
@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"config_idd": "x"}, ["query", "config_idd"]),
        ({"config-id": "x"}, ["query", "config-id"]),
        ({"session_settings[sytem_prompt]": "x"}, ["query", "session_settings", "sytem_prompt"]),
        ({"session_settings": '{"txet": 1}'}, ["query", "session_settings", "txet"]),
    ],
)
def test_a_strict_handshake(evi: Evi, query: dict[str, str], place: list[str]) -> None:
    """It is refused with 422; there is no chat."""
    before = len(evi.chats)
    with pytest.raises(InvalidStatus) as refused, talking(evi, **query):
        pass
    response = refused.value.response
    assert response.status_code == 422
    assert json.loads(response.body)["detail"] == [{"loc": place, **EXTRA}]
    assert len(evi.chats) == before
    [found] = evi.contract.findings
    assert (found["code"], found["subject"]) == ("request_invalid", "chat socket")
    assert found["place"] == "/" + "/".join(place)
    [entry] = evi.journal.entries(kind="http")
    assert entry["status"] == 422


@pytest.mark.evi(strict=True)
def test_a_strict_handshake_names_every_problem(evi: Evi) -> None:
    """What any server refuses, and what nothing knows, as for a request."""
    with pytest.raises(InvalidStatus) as refused, talking(evi, event_limit="x", config_idd="x"):
        pass
    detail = json.loads(refused.value.response.body)["detail"]
    assert [each["loc"] for each in detail] == [["query", "event_limit"], ["query", "config_idd"]]
    assert {(found["code"], found["place"]) for found in evi.contract.findings} == {
        ("request_invalid", "/query/config_idd"),
        ("request_invalid", "/query/event_limit"),
    }


@pytest.mark.evi(strict=True)
def test_a_strict_handshake_that_is_good(evi: Evi) -> None:
    """With all that is known, and what the vendor's clients add."""
    query = {
        "verbose_transcription": "true",
        "session_settings[metadata][any]": "x",
        "session_settings[variables][name]": "x",
        "fernSdkLanguage": "JavaScript",
    }
    with talking(evi, **query) as talk:
        talk.read_until("chat_metadata")
    evi.journal.wait_for(close=1000)
    assert evi.contract.findings == []


@pytest.mark.evi(strict=True)
def test_strict_refuses_what_nobody_observes_of_a_chat(
    evi: Evi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handshake and a frame are refused, though nothing is found about them."""
    monkeypatch.setattr(handshakes, "judge_handshake", lambda *given: [])
    monkeypatch.setattr(sockets, "judge_frame", lambda *given: Judged(()))
    with pytest.raises(InvalidStatus) as refused, talking(evi, config_idd="x"):
        pass
    assert refused.value.response.status_code == 422
    with talking(evi) as talk:
        talk.send(type="user_input", text="Hello", txt="x")
        assert talk.read_until("error")["message"].endswith("not permitted: /frame/txt.")


@pytest.mark.evi(strict=True)
def test_strict_frames(evi: Evi) -> None:
    """Answered with an error; nothing happens, and the chat goes on."""
    with talking(evi) as talk:
        talk.send(type="user_input", text="Hello", txt="x")
        error = talk.read_until("error")
        talk.send(type="session_settings", audio={"rate": 1, "channels": 1, "encoding": "linear16", "sample_rate": 16000})  # fmt: skip  # noqa: E501
        talk.read_until("error")
        talk.say("Goodbye")
        assert talk.read_until("user_message")["message"]["content"] == "Goodbye"
    assert error["code"] == "E0101"
    assert error["message"].endswith("Extra inputs are not permitted: /frame/txt.")
    evi.journal.wait_for(close=1000)
    assert [(found["code"], found["place"]) for found in evi.contract.findings] == [
        ("frame_invalid", "/frame/txt"),
        ("frame_invalid", "/frame/audio/rate"),
    ]


def test_frames_elsewhere(evi: Evi) -> None:
    """Without it they do what they say."""
    with talking(evi) as talk:
        talk.send(type="user_input", text="Hello", txt="x")
        assert talk.read_until("user_message")["message"]["content"] == "Hello"


def test_a_strict_server_does_not_hold_it_against_itself(strict: TestClient) -> None:
    """Control routes and the seed are as they were."""
    assert strict.get("/_emulator/health", params={"any": 1}).status_code == 200
    assert strict.get("/_emulator/settings").json()["strict"] is True


def test_a_misspelt_name_is_refused(client: TestClient) -> None:
    """Rather than taken for the caller's own world."""
    refused = client.get(PATH, params={"world": "all"})
    assert refused.status_code == 422
    [problem] = refused.json()["detail"]
    assert problem["loc"] == ["query", "world"]
    assert "did you mean 'worlds'?" in problem["msg"]
