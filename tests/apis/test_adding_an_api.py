"""Adding a folder to the tuple is all that an API needs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from emulator.apis.apis import APIS
from emulator.contract.coverage import cover
from emulator.contract.findings import FINDINGS
from emulator.server import Server
from emulator.settings import Settings
from emulator.web.app import App
from tests.apis.toy.api import CLOSED, TOYS

KEY = {"X-Hume-Api-Key": "toys"}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """An emulator with one more API, and a seed that has a section of it."""
    monkeypatch.setitem(FINDINGS, "toy_grey", TOYS.findings["toy_grey"])
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"toys": [{"name": "ball", "colour": "red"}]}))
    return App(Settings(seed=str(seed)), (*APIS, TOYS))


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(app, headers=KEY) as client:
        yield client


def entries(client: TestClient, **wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/_emulator/journal", params=wanted).json()["entries"]
    return found


def talk(server: Server) -> str:
    return f"ws{server.url.removeprefix('http')}/v0/toys/talk?api_key=toys"


def test_its_operations_are_served(client: TestClient) -> None:
    """By its document: what they read is validated, and journaled under the operation's id."""
    assert client.get("/v0/toys?colour=red").json() == [{"name": "ball", "colour": "red"}]
    assert client.post("/v0/toys", json={"name": "car"}).status_code == 201
    refused = client.post("/v0/toys", json={"name": "car", "colour": "green"})
    assert refused.json()["detail"][0]["loc"] == ["body", "colour"]
    assert [each["operation"] for each in entries(client, kind="http")] == [
        "list-toys", "create-toy", "create-toy",
    ]  # fmt: skip
    assert client.get("/v0/toy").json()["message"].endswith("the closest is GET /v0/toys.")


def test_its_answers_may_stream(client: TestClient) -> None:
    """The journal has the answer's size once it has ended."""
    answer = client.get("/v0/toys/sound")
    assert (answer.content, answer.headers["content-type"]) == (b"RIFFbeep", "audio/wav")
    assert entries(client)[-1]["response_bytes"] == 8


def test_its_limits_are_its_own(client: TestClient) -> None:
    """A body larger than the operation takes is refused."""
    assert client.post("/v0/toys", json={"name": "x" * 300}).status_code == 413


def test_its_socket_is_open(app: App) -> None:
    """Frames go both ways, break on request, and are in the journal; a bug of it closes it."""
    with Server(app.settings, (), (*APIS, TOYS)) as server, httpx.Client(headers=KEY) as client:
        rule = {"kind": "socket", "fault": "duplicate", "type": "echo"}
        client.post(f"{server.url}/_emulator/faults", json=rule)
        with connect(talk(server)) as socket:
            socket.send('{"hello": 1}')
            assert json.loads(socket.recv()) == {"type": "echo", "said": {"hello": 1}, "toys": 1}
            assert json.loads(socket.recv())["said"] == {"hello": 1}
            socket.send('"noise"')
            assert socket.recv() == b"BEEP"
            socket.send(b"noise")
            with pytest.raises(ConnectionClosedError) as closed:
                socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011
        journal = client.get(f"{server.url}/_emulator/journal").json()["entries"]
    assert [each["direction"] for each in journal if each["kind"] == "frame"] == [
        "in",
        "out",
        "in",
        "out",
        "out",
    ]
    bugs = [each["error"] for each in journal if each["kind"] == "bug"]
    assert bugs == ["ValueError: toys hear nothing"]


def test_its_socket_has_its_own_limit(app: App) -> None:
    """A larger frame closes the connection with 1009."""
    with Server(app.settings, (), (*APIS, TOYS)) as server, connect(talk(server)) as socket:
        socket.send(json.dumps({"hello": "x" * 100}))
        with pytest.raises(ConnectionClosedError, match="1009"):
            socket.recv()


def test_its_world_is_kept(client: TestClient) -> None:
    """Its state is in snapshots, is restored, and a reset takes it back to the seed."""
    client.post("/v0/toys", json={"name": "car"})
    kept = client.get("/_emulator/snapshot").json()
    client.post("/_emulator/reset")
    assert len(client.get("/v0/toys").json()) == 1
    assert client.put("/_emulator/snapshot", json=kept).status_code == 204
    assert len(client.get("/v0/toys").json()) == 2


def test_a_snapshot_from_before_it_loads(client: TestClient) -> None:
    """What was written when the API did not exist lacks its part."""
    old = TestClient(App(Settings(seed="empty"), APIS), headers=KEY)
    kept = old.get("/_emulator/snapshot").content
    assert client.put("/_emulator/snapshot", content=kept).status_code == 204
    assert client.get("/v0/toys").json() == []


def test_faults_and_stubs_know_it(client: TestClient) -> None:
    """A rule and a stub may name its operations."""
    rule = {"kind": "http", "fault": "status", "operation": "list-toys", "status": 503, "times": 1}
    assert client.post("/_emulator/faults", json=rule).status_code == 201
    assert client.get("/v0/toys").status_code == 503
    stub = {"operation": "list-toys", "body": [{"name": "stub"}]}
    assert client.post("/_emulator/stubs", json=stub).status_code == 201
    assert client.get("/v0/toys").json() == [{"name": "stub"}]
    wrong = {"operation": "list-toys", "body": {"name": "stub"}}
    assert client.post("/_emulator/stubs", json=wrong).status_code == 422


def add_fault(client: TestClient, **rule: Any) -> Any:
    """A rule for one request of HTTP: what the route answers."""
    answer = client.post("/_emulator/faults", json={"kind": "http", "times": 1, **rule})
    return answer.json()


def test_its_errors_have_their_own_shape(client: TestClient, app: App) -> None:
    """Those of faults, of `Prefer` and of the limit; those of other APIs stay as they are."""
    add_fault(client, fault="status", status=503, operation="list-toys")
    faulty = client.get("/v0/toys").json()
    assert faulty == {"status_code": 503, "message": "A fault that was asked for.", "code": "fault"}
    preferred = client.get("/v0/toys", headers={"Prefer": "code=418"})
    assert (preferred.status_code, preferred.json()["status_code"]) == (418, 418)
    assert client.get("/v0/evi/configs", headers={"Prefer": "code=418"}).json()["code"]
    limited = TestClient(App(Settings(requests_per_second=1), (*APIS, TOYS)), headers=KEY)
    answers = [limited.get("/v0/toys") for _ in range(2)]
    assert answers[1].json()["status_code"] == 429
    assert answers[1].headers["Retry-After"] == "1"


def test_a_refusal_of_its_socket_has_that_shape(app: App) -> None:
    """The handshake is answered as a request would be."""
    with Server(app.settings, (), (*APIS, TOYS)) as server, httpx.Client(headers=KEY) as client:
        rule = {"kind": "socket", "fault": "refuse", "times": 1}
        client.post(f"{server.url}/_emulator/faults", json=rule)
        with pytest.raises(InvalidStatus) as refused, connect(talk(server)):
            pass
    assert json.loads(refused.value.response.body or b"")["status_code"] == 503


def test_its_errors_are_named(client: TestClient) -> None:
    """By code or slug; that gives the status, unless the rule says another one."""
    for rule, status in (({"error": "T1"}, 400), ({"error": "tired", "status": 402}, 402)):
        added = add_fault(client, fault="status", **rule)
        assert (added["error"], added["status"]) == ("tired", status)
        answer = client.get("/v0/toys")
        assert answer.status_code == status
        shown = {"status_code": status, "message": "Toys are tired.", "code": "tired"}
        assert answer.json() == shown
    [problem] = add_fault(client, fault="status", error="tyred")["detail"]
    assert problem["loc"] == ["body", "error"]
    assert problem["msg"].startswith("no error of requests 'tyred' (did you mean 'tired'?); known:")
    [problem] = add_fault(client, fault="status", error="hidden")["detail"]
    assert problem["msg"].startswith("no error of requests 'hidden'")
    [problem] = add_fault(client, fault="status", error="tired", body={})["detail"]
    assert problem["msg"] == "an error has its own body: leave out 'error' or 'body'"


@pytest.mark.parametrize(
    ("rule", "number", "slug"),
    [
        ({}, 0, "fault"),
        ({"error": "T1"}, 0, "tired"),
        ({"error": "tired", "after": 2}, 2, "tired"),
        ({"after": 9}, 4, "fault"),
    ],
)
def test_an_error_ends_its_streams(
    client: TestClient, rule: dict[str, Any], number: int, slug: str
) -> None:
    """The answer begins with 200, and its last line is the error in the place of another."""
    CLOSED.clear()
    add_fault(client, fault="error_line", **rule)
    assert client.get("/v0/toys").status_code == 200  # which is no stream
    answer = client.get("/v0/toys/lines")
    *lines, error = map(json.loads, answer.text.splitlines())
    assert answer.status_code == 200
    assert lines == [{"name": f"toy {each}"} for each in range(number)]
    assert (error["type"], error["slug"]) == ("error", slug)
    assert error["name"] == f"toy {min(number, 3)}"
    streams = entries(client, kind="http", operation="stream-toys")
    assert (streams[0]["ended"], streams[0]["response_bytes"]) == ("complete", len(answer.content))
    assert [each["operation"] for each in entries(client, kind="fault")] == ["stream-toys"]
    assert len(CLOSED) == 1
    assert len(client.get("/v0/toys/lines").text.splitlines()) == 4


def test_an_error_line_for_another_operation_is_refused(client: TestClient) -> None:
    """The message names those that stream lines."""
    [problem] = add_fault(client, fault="error_line", operation="list-toys")["detail"]
    assert problem["loc"] == ["body", "operation"]
    assert "'list-toys' answers with no stream of JSON lines; these do: " in problem["msg"]
    assert "stream-toys" in problem["msg"]


def test_the_contract_knows_it(client: TestClient, app: App) -> None:
    """Its findings are kept, and its operations count once one was answered."""
    ledger = app.worlds.get("toys").ledger
    assert cover(ledger, app.surfaces).parts[0].total == 35
    client.post("/v0/toys", json={"name": "car", "size": 3})
    found = {each.finding.code for each in ledger.found}
    assert found == {"toy_grey", "field_unknown"}
    assert cover(ledger, app.surfaces).parts[0].total == 39


def test_its_control_routes_are_served(client: TestClient) -> None:
    """They act on the caller's world, and are part of the control document."""
    assert client.delete("/_emulator/toys").json() == {"broken": 1}
    document = client.get("/openapi/control.json").json()
    assert document["paths"]["/_emulator/toys"]["delete"]["operationId"] == "break-toys"


def test_the_server_tells_of_it(client: TestClient) -> None:
    """Health counts its operations, and its document is served."""
    health = client.get("/_emulator/health").json()
    assert (health["operations"], health["apis"]) == (
        35,
        {"evi": 35, "voices": 3, "tts": 6, "phone": 1, "expression": 5, "toys": 4},
    )
    assert client.get("/openapi/toys.json").json()["info"]["title"] == "Toys"
    assert client.get("/openapi/voices.json").json()["info"]["title"] == "Voices"
    assert client.get("/openapi.json").json() == client.get("/openapi/evi.json").json()
    assert client.get("/openapi/toy.json").status_code == 404
