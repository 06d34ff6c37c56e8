"""An API that words all errors itself, and takes no credentials in the query."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from emulator.apis.apis import APIS
from emulator.contract.findings import FINDINGS
from emulator.error_shapes import Refused
from emulator.errors import ApiError, ValidationFailed
from emulator.settings import Settings
from emulator.web.app import App
from tests.apis.toy.api import TOYS

KEY = {"X-Hume-Api-Key": "toys"}
TALK = "/v0/toys/talk"


def plainly(error: ApiError, refused: Refused) -> ApiError:
    """The status, the path and an id; a 422 becomes a 400."""
    status = 400 if isinstance(error, ValidationFailed) else error.status
    id = refused.ids and refused.ids.uuid()
    said = error.body.get("message", error.body)
    return ApiError(status, {"toy": refused.path, "id": id, "said": said}, error.headers)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setitem(FINDINGS, "toy_grey", TOYS.findings["toy_grey"])
    toys = replace(TOYS, reworded=plainly, prefix="/v0/toys/", takes_query_credentials=False)
    return App(Settings(seed="empty", random_seed=1), (*APIS, toys))


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(app, headers=KEY) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v0/toys", 400),  # without a body
        ("POST", "/v0/toys/sound", 405),
        ("GET", "/v0/toys/nowhere", 404),
        ("GET", TALK, 426),
    ],
)
def test_every_refusal_has_its_words(
    client: TestClient, method: str, path: str, status: int
) -> None:
    """Those of the document's checks, of the router and of sockets."""
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["toy"] == path


def test_so_have_faults_and_bugs(client: TestClient, app: App) -> None:
    """And what `Prefer` asks for, and the limit; the caller's world gives ids, which repeat."""
    world = app.worlds.get("toys")
    expected = world.ids.fork()
    client.post("/_emulator/faults", json={"kind": "http", "fault": "status", "times": 1})
    assert client.get("/v0/toys").json()["id"] == expected.uuid()
    assert client.get("/v0/toys", headers={"Prefer": "code=418"}).json()["id"] == expected.uuid()
    quiet = client.get("/v0/toys/nowhere", headers={"X-EVI-Emulator-Quiet": "1"})
    assert quiet.json()["id"] is None
    assert client.get("/v0/toys/nowhere").json()["id"] == expected.uuid()


def test_other_apis_keep_theirs(client: TestClient) -> None:
    """A path that begins otherwise is no path of this API."""
    assert client.get("/v0/toy").json()["code"] == "path_not_found"
    assert client.post("/v0/evi/configs", json={}).status_code == 422


def test_what_was_wrong_is_found_all_the_same(client: TestClient, app: App) -> None:
    """The contract judges the error as it was raised, problem by problem."""
    client.post("/v0/toys", json={"colour": "green"})
    found = [each.finding for each in app.worlds.get("toys").ledger.found]
    assert [(each.code, each.place) for each in found] == [
        ("request_invalid", "/body/name"),
        ("request_invalid", "/body/colour"),
    ]


def test_the_query_holds_no_key(app: App) -> None:
    """Neither that of a request nor that of a handshake; the answer says where it belongs."""
    client = TestClient(app)
    for query in ("api_key=toys", "access_token=x", "apiKey=toys"):
        refused = client.get(f"/v0/toys?{query}")
        assert refused.status_code == 401
        assert "send the header X-Hume-Api-Key" in json.dumps(refused.json())
        with pytest.raises(WebSocketDenialResponse) as denied:
            client.websocket_connect(f"{TALK}?{query}").__enter__()
        assert denied.value.status_code == 401
        assert denied.value.json()["toy"] == TALK
    assert client.get("/v0/evi/configs?api_key=toys").status_code == 200
    [found] = app.worlds.others.found[:1]
    assert "they do not count in the query" in str(found.finding.got)


def test_a_key_in_a_header_counts(client: TestClient, app: App) -> None:
    """One in the query beside it is a finding."""
    assert client.get("/v0/toys?api_key=x").status_code == 200
    assert [each.finding.code for each in app.worlds.get("toys").ledger.found] == ["key_in_query"]
