"""/__admin over HTTP."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.extras.mounts import MOUNTS
from emulator.server import new_app
from emulator.settings import Settings
from emulator.testing.world import Evi
from emulator.web.app import App
from tests.outgoing.calls import ask
from tests.testing.talking import http, talking

REQUESTS = "/__admin/requests"


@pytest.fixture
def app() -> App:
    """A server of its own, since requests without a key see all worlds."""
    return new_app(Settings(seed="empty"), MOUNTS)


@pytest.fixture
def anybody(app: App) -> TestClient:
    """A caller without a key."""
    return TestClient(app)


def caller(app: App, api_key: str) -> TestClient:
    return TestClient(app, headers={"X-Hume-Api-Key": api_key})


def count(client: TestClient, **pattern: Any) -> int:
    answer = ask(client, "POST", f"{REQUESTS}/count", pattern)
    assert answer["requestJournalDisabled"] is False
    number: int = answer["count"]
    return number


def refusal(client: TestClient, method: str, path: str, status: int = 422, **sent: Any) -> str:
    answer = client.request(method, path, **sent)
    assert answer.status_code == status, answer.text
    [error] = answer.json()["errors"]
    return f"{error['source']['pointer']}: {error['title']}"


def test_requests_are_found(app: App, anybody: TestClient) -> None:
    """By method, path, query and header, in whichever world they were made."""
    for key in ("one", "two"):
        caller(app, key).get("/v0/evi/configs?page_size=1", headers={"X-Test-Id": key})
    caller(app, "two").post("/v0/evi/prompts", json={"name": "p", "text": "t"})

    pattern = {
        "method": "GET",
        "urlPath": "/v0/evi/configs",
        "headers": {"X-Test-Id": {"equalTo": "two"}},
        "queryParameters": {"page_size": {"equalTo": "1"}},
    }
    found = ask(anybody, "POST", f"{REQUESTS}/find", pattern)["requests"]
    assert [each["url"] for each in found] == ["/v0/evi/configs?page_size=1"]
    assert (count(anybody), count(anybody, method="GET")) == (3, 2)
    assert count(anybody, bodyPatterns=[{"equalToJson": {"name": "p", "text": "t"}}]) == 1
    assert count(anybody, headers={"X-Hume-Api-Key": {"equalTo": "two"}}) == 2


def test_a_key_sees_its_own(app: App, anybody: TestClient) -> None:
    """With a key it is that world's journal alone."""
    one, two = caller(app, "one"), caller(app, "two")
    one.get("/v0/evi/configs")
    assert (count(one), count(two), count(anybody)) == (1, 0, 1)
    two.delete(REQUESTS)
    assert count(one) == 1


def test_a_wrong_credential_is_none(anybody: TestClient) -> None:
    """An unknown token is refused, rather than shown all worlds."""
    assert anybody.get(REQUESTS, headers={"Authorization": "Bearer x"}).status_code == 401


def test_all_requests(app: App, anybody: TestClient) -> None:
    """The newest first with their answers; `limit` and `since` leave some out."""
    one = caller(app, "one")
    one.get("/v0/evi/configs")
    one.get("/v0/evi/nothing")
    page = ask(anybody, "GET", REQUESTS)
    assert [each["request"]["url"] for each in page["requests"]] == [
        "/v0/evi/nothing",
        "/v0/evi/configs",
    ]
    assert [each["response"]["status"] for each in page["requests"]] == [404, 200]
    assert [each["wasMatched"] for each in page["requests"]] == [False, True]
    assert (page["meta"]["total"], page["requestJournalDisabled"]) == (2, False)

    limited = ask(anybody, "GET", f"{REQUESTS}?limit=1")
    assert (limited["requests"], limited["meta"]) == (page["requests"][:1], {"total": 2})
    assert ask(anybody, "GET", f"{REQUESTS}?since=2000-01-01T00:00:00Z")["meta"]["total"] == 2
    assert ask(anybody, "GET", f"{REQUESTS}?since=2999-01-01")["meta"]["total"] == 0
    [unmatched] = ask(anybody, "GET", f"{REQUESTS}/unmatched")["requests"]
    assert unmatched["url"] == "/v0/evi/nothing"


def test_a_chats_handshake(evi: Evi) -> None:
    """It is a request without a body, beside the others."""
    with talking(evi):
        pass
    with http(evi) as client:
        [event] = client.get(REQUESTS).json()["requests"]
        assert event["request"]["url"] == "/v0/evi/chat?api_key=(hidden)"
        assert (event["request"]["body"], event["response"]["status"]) == ("", 101)
        pattern = {"urlPath": "/v0/evi/chat", "bodyPatterns": [{"absent": True}]}
        assert client.post(f"{REQUESTS}/count", json=pattern).json()["count"] == 1
        assert client.delete(REQUESTS).status_code == 200
        assert client.get(REQUESTS).json()["meta"] == {"total": 0}


def test_one_request(app: App, anybody: TestClient) -> None:
    """By its id, until it is forgotten."""
    caller(app, "one").get("/v0/evi/configs")
    caller(app, "one").get("/v0/evi/tools")
    tools, configs = ask(anybody, "GET", REQUESTS)["requests"]
    path = f"{REQUESTS}/{configs['id']}"
    assert ask(anybody, "GET", path) == configs
    assert ask(anybody, "DELETE", path) == {}
    assert "no request with the id" in refusal(anybody, "GET", path, 404)
    assert ask(anybody, "GET", REQUESTS)["requests"] == [tools]


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", REQUESTS), ("POST", f"{REQUESTS}/reset"), ("POST", "/__admin/reset")],
)
def test_forgetting_all(app: App, anybody: TestClient, method: str, path: str) -> None:
    """The requests of all worlds go, and nothing else: neither data nor other entries."""
    one = caller(app, "one")
    ask(one, "POST", "/_emulator/clock/freeze")
    one.post("/v0/evi/prompts", json={"name": "p", "text": "t"})
    caller(app, "two").get("/v0/evi/configs")
    ask(anybody, method, path)
    assert count(anybody) == 0
    journal = ask(one, "GET", "/_emulator/journal")
    assert [entry["kind"] for entry in journal["entries"]] == ["clock"]
    assert journal["dropped"] == 0
    assert len(ask(one, "GET", "/v0/evi/prompts")["prompts_page"]) == 1
    [entry] = ask(one, "GET", "/_emulator/journal?kind=http")["entries"]
    assert entry["seq"] == 3  # no number twice: who reads on misses nothing


def test_removing_some(app: App, anybody: TestClient) -> None:
    """What fits the pattern goes, and is in the answer."""
    for path in ("/v0/evi/configs", "/v0/evi/tools"):
        caller(app, "one").get(path)
    [event] = ask(anybody, "POST", f"{REQUESTS}/remove", {"urlPath": "/v0/evi/tools"})[
        "serveEvents"
    ]
    assert event["request"]["url"] == "/v0/evi/tools"
    assert (count(anybody), count(anybody, urlPath="/v0/evi/configs")) == (1, 1)


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("find", b"", "/: not JSON"),
        ("count", b"{", "/: not JSON"),
        ("remove", b'{"urlPth": "/"}', "/urlPth: no field"),
        ("find", b'{"headers": {"x": {"equal": 1}}}', "/headers/x/equal: no operator"),
    ],
)
def test_mistakes_in_patterns(
    app: App, anybody: TestClient, path: str, content: bytes, says: str
) -> None:
    """422 with the place, as WireMock answers; nothing is removed."""
    caller(app, "one").get("/v0/evi/configs")
    assert refusal(anybody, "POST", f"{REQUESTS}/{path}", content=content).startswith(says)
    assert count(anybody) == 1


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=", "since=yesterday", "since="])
def test_mistakes_in_queries(anybody: TestClient, query: str) -> None:
    """422 with the name of the parameter."""
    assert refusal(anybody, "GET", f"{REQUESTS}?{query}").startswith(
        f"/{query.partition('=')[0]}: "
    )


def test_mappings_are_the_operations(app: App, anybody: TestClient) -> None:
    """All are listed; no others can be made, and the answer says what to do instead."""
    page = ask(anybody, "GET", "/__admin/mappings")
    assert page["meta"] == {"total": len(app.operations)}
    assert {each["name"] for each in page["mappings"]} == {each.id for each in app.operations}
    for path in ("/__admin/mappings", "/__admin/mappings/import"):
        assert "/_emulator/stubs" in refusal(anybody, "POST", path, json={})


def test_set_up_and_tear_down(anybody: TestClient) -> None:
    """What clients call around a test succeeds."""
    assert ask(anybody, "GET", "/__admin/health")["status"] == "healthy"
    for method, path in (
        ("POST", "/__admin/reset"),
        ("DELETE", "/__admin/mappings"),
        ("POST", "/__admin/mappings/reset"),
        ("POST", "/__admin/scenarios/reset"),
    ):
        assert ask(anybody, method, path) == {}
    for method, path in (
        ("GET", f"{REQUESTS}/unmatched/near-misses"),
        ("POST", "/__admin/near-misses/request-pattern"),
    ):
        assert ask(anybody, method, path) == {"nearMisses": []}


def test_what_is_not_there(anybody: TestClient) -> None:
    """404 and 405 in the shape of all other errors."""
    assert ask(anybody, "POST", "/__admin/shutdown", status=404)["code"] == "path_not_found"
    assert ask(anybody, "PUT", REQUESTS, status=405)["code"] == "method_not_allowed"
