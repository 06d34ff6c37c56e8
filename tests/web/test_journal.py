"""The journal over HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx import Client, ReadTimeout
from starlette.testclient import TestClient, WebSocketDenialResponse

from emulator.journal.journal import LONGEST_BODY
from emulator.server import Server, new_app
from emulator.settings import Settings
from emulator.web.app import App
from tests.outgoing.calls import add_fault, ask, drain, freeze, new_config, simulate
from tests.outgoing.receiver import Receiver
from tests.web.wire import Wire

JOURNAL = "/_emulator/journal"


def entries(client: TestClient | Client, query: str = "") -> Any:
    return ask(client, "GET", f"{JOURNAL}?{query}")["entries"]


def move_clock(client: TestClient, times: int) -> None:
    for _ in range(times):
        ask(client, "POST", "/_emulator/clock/advance", {"seconds": 1})


def test_it_begins_empty(client: TestClient) -> None:
    """In a world where nothing has happened yet there is nothing to tell."""
    assert ask(client, "GET", JOURNAL) == {
        "entries": [], "dropped": 0, "first_seq": 1, "last_seq": 0
    }  # fmt: skip


def test_webhooks_are_told_attempt_by_attempt(remote: Client, receiver: Receiver) -> None:
    """Each attempt, and each event that was never sent, is an entry with its chat."""
    add_fault(remote, "drop", event_name="chat_started")
    chat_id = simulate(remote, config_id=new_config(remote, receiver.url))
    drain(remote)

    found = entries(remote, f"kind=webhook&chat_id={chat_id}")
    assert [(entry["event_name"], entry.get("status"), entry["error"]) for entry in found] == [
        ("chat_started", None, "dropped on request: it was never sent"),
        ("tool_call", 200, None),
        ("chat_ended", 200, None),
    ]
    assert {(entry["kind"], entry["url"]) for entry in found} == {("webhook", receiver.url)}
    assert entries(remote, "kind=webhook&chat_id=another") == []


def test_it_can_be_read_on_from_an_entry(client: TestClient) -> None:
    """`after` leaves out what one has seen: entries are numbered from 1."""
    freeze(client)
    move_clock(client, 3)

    assert [entry["seq"] for entry in entries(client)] == [1, 2, 3, 4]
    assert [entry["seq"] for entry in entries(client, "after=2")] == [3, 4]
    assert entries(client, "after=4") == []
    assert [entry["seq"] for entry in entries(client, "after=2&kind=clock")] == [3, 4]
    assert entries(client, "after=2&kind=http") == []


def test_it_can_be_read_in_pages(client: TestClient) -> None:
    """`limit` ends a page; the last number says whether there is another."""
    move_clock(client, 5)

    page = ask(client, "GET", f"{JOURNAL}?after=1&limit=2")
    assert [entry["seq"] for entry in page["entries"]] == [2, 3]
    assert (page["first_seq"], page["last_seq"]) == (1, 5)
    assert len(entries(client, "limit=100")) == 5


def test_a_reset_shows(client: TestClient) -> None:
    """Numbers go on after a reset, and `first_seq` says that what was before is gone."""
    move_clock(client, 3)
    client.post("/_emulator/reset")
    page = ask(client, "GET", f"{JOURNAL}?after=3")
    assert (page["entries"], page["first_seq"], page["last_seq"]) == ([], 4, 3)
    move_clock(client, 1)
    assert [entry["seq"] for entry in entries(client, "after=3")] == [4]


def test_a_reset_ends_a_wait(remote: Client) -> None:
    """Who asks for it is told at once that the world began anew."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(remote.get, f"{JOURNAL}/wait?timeout=60&or_reset=true")
        while not waiting.done():  # it may not have begun to wait yet
            remote.post("/_emulator/reset")
    assert waiting.result().json()["entries"] == []


def test_a_reset_between_two_waits_ends_the_next(client: TestClient) -> None:
    """The caller says which entries it has; one that knows of the reset waits."""
    move_clock(client, 3)
    page = ask(client, "GET", JOURNAL)
    client.post("/_emulator/reset")
    wait = f"{JOURNAL}/wait?or_reset=true&after=3"
    emptied = ask(client, "GET", f"{wait}&timeout=60&first_seq={page['first_seq']}")
    assert (emptied["entries"], emptied["first_seq"]) == ([], 4)
    began = time.monotonic()
    assert ask(client, "GET", f"{wait}&timeout=0.05&first_seq=4") == emptied
    assert time.monotonic() - began >= 0.05


def test_times_are_the_worlds(client: TestClient) -> None:
    """`at_ms` is read from the emulated clock."""
    freeze(client)
    move_clock(client, 2)
    first, second, third = (entry["at_ms"] for entry in entries(client))
    assert (second - first, third - second) == (1_000, 1_000)


def test_old_entries_go() -> None:
    """With `journal_limit` the newest are kept, and the others counted."""
    app = new_app(Settings(seed="empty", journal_limit=2))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    move_clock(client, 5)

    journal = ask(client, "GET", JOURNAL)
    assert [entry["seq"] for entry in journal["entries"]] == [4, 5]
    assert journal["dropped"] == 3


def test_what_is_kept_has_a_size() -> None:
    """With `journal_max_bytes` large answers push out the oldest, however few there are."""
    app = new_app(Settings(journal_max_bytes=65_536))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    for _ in range(40):
        client.get("/v0/evi/configs")  # 4 kB of each are kept

    journal = ask(client, "GET", JOURNAL)
    assert 10 < len(journal["entries"]) < 20
    assert len(journal["entries"]) + journal["dropped"] == 40


@pytest.mark.parametrize("path", ["/v0/evi/configs", "/v0/evi/nowhere", "/v0/evi/chat"])
def test_a_long_query_counts(path: str) -> None:
    """Of a request, whether anything answers it, and of a handshake."""
    app = new_app(Settings(seed="empty", journal_max_bytes=65_536))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    address = f"{path}?event_limit=-1&name={'x' * 40_000}"
    for _ in range(2):
        if path.endswith("chat"):
            with pytest.raises(WebSocketDenialResponse), client.websocket_connect(address):
                pass
        else:
            client.get(address)
    journal = ask(client, "GET", JOURNAL)
    assert (len(journal["entries"]), journal["dropped"]) == (1, 1)


def test_requests_have_their_headers(client: TestClient) -> None:
    """As they were sent; their bytes count against the bound."""
    client.get("/v0/evi/configs", headers={"X-Test-Id": "one", "Authorization": "Bearer s3cret"})
    [entry] = entries(client, "kind=http")
    headers = entry["request_headers"]
    assert (headers["x-test-id"], headers["authorization"]) == ("one", "Bearer (hidden)")
    assert headers["x-hume-api-key"] == "(hidden)"

    small = TestClient(new_app(Settings(journal_max_bytes=65_536)), headers={"X-Hume-Api-Key": "k"})
    for _ in range(5):
        small.get("/v0/evi/nothing", headers={"X-Long": "x" * 30_000})
    assert ask(small, "GET", JOURNAL)["dropped"] == 3


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/v0/evi/custom_voices", 404), ("PUT", "/v0/evi/configs", 405)],
)
def test_a_body_that_leads_nowhere(client: TestClient, method: str, path: str, status: int) -> None:
    """The journal keeps what came with an unknown path or method, up to 4,000 bytes."""
    for body in (b'{"name": "Aria"}', b"", b"x" * 100_000):
        assert client.request(method, path, content=body).status_code == status
    short, none, long = (entry["request"] for entry in entries(client))
    assert (short, none, long) == ('{"name": "Aria"}', "", "x" * LONGEST_BODY)


@pytest.mark.slow
def test_half_a_body_that_leads_nowhere(server: Server, remote: Client, api_key: str) -> None:
    """A client that promises more than it sends is answered, and its journal has what came."""
    half = Wire(server.url, api_key)
    head = f"POST /v0/evi/nowhere HTTP/1.1\r\nHost: emulator\r\nX-Hume-Api-Key: {api_key}\r\n"
    half.send(f"{head}Content-Length: 100\r\n\r\nHello".encode()).read_until(b"path_not_found")
    half.socket.close()
    [entry] = entries(remote, "kind=http")
    assert (entry["status"], entry["request"]) == (404, "Hello")


def test_half_a_body_of_a_client_that_leaves(server: Server, remote: Client, api_key: str) -> None:
    """It is noted at once, and nobody waits for the rest."""
    gone = Wire(server.url, api_key)
    head = f"POST /v0/evi/nowhere HTTP/1.1\r\nHost: emulator\r\nX-Hume-Api-Key: {api_key}\r\n"
    gone.send(f"{head}Content-Length: 100\r\n\r\nHello".encode())
    gone.socket.close()
    [entry] = ask(remote, "GET", f"{JOURNAL}/wait?kind=http&timeout=10")["entries"]
    assert (entry["status"], entry["request"]) == (404, "Hello")


def test_a_world_has_its_own(app: App, client: TestClient) -> None:
    """Nobody reads another world's journal, and a reset begins a new one."""
    other = TestClient(app, headers={"X-Hume-Api-Key": "another journal"})
    freeze(client)
    assert entries(other) == []
    assert TestClient(app).get(JOURNAL).status_code == 401
    client.post("/_emulator/reset")
    assert entries(client) == []


@pytest.mark.parametrize(
    ("query", "loc", "kind"),
    [
        ("kind=webhok", ["query", "kind"], "enum"),
        ("kind=", ["query", "kind"], "enum"),
        ("after=x", ["query", "after"], "int_parsing"),
        ("after=-1", ["query", "after"], "int_parsing"),
        ("after=", ["query", "after"], "int_parsing"),
        ("after=1.5", ["query", "after"], "int_parsing"),
        ("after=%C2%B2", ["query", "after"], "int_parsing"),
        ("limit=x", ["query", "limit"], "int_parsing"),
        ("limit=0", ["query", "limit"], "greater_than_equal"),
    ],
)
def test_a_bad_question_is_refused(
    client: TestClient, query: str, loc: list[str], kind: str
) -> None:
    """A mistake is a 422 with its place."""
    [problem] = ask(client, "GET", f"{JOURNAL}?{query}", status=422)["detail"]
    assert (problem["loc"], problem["type"]) == (loc, kind)


def test_an_unknown_kind_is_helped_with(client: TestClient) -> None:
    """The message lists the kinds, and the one that was probably meant."""
    [problem] = ask(client, "GET", f"{JOURNAL}?kind=webhok", status=422)["detail"]
    assert "did you mean 'webhook'" in problem["msg"]


def test_a_number_of_any_length_is_answered(server: Server, api_key: str) -> None:
    """A number beyond all entries leaves nothing, or is refused; it is no bug of ours."""
    headers = {"X-Hume-Api-Key": api_key}
    with Client(base_url=server.url, headers=headers, trust_env=False) as client:
        for name in ("after", "status"):
            answer = client.get(f"{JOURNAL}?{name}={'9' * 5000}")
            assert answer.status_code in (200, 422), answer.text


def test_the_servers_end_ends_a_wait(capfd: pytest.CaptureFixture[str]) -> None:
    """Who still waits is answered; nobody is left to be cut off with a complaint."""
    with Server(Settings(seed="empty", port=0)) as server, ThreadPoolExecutor(1) as pool:
        headers = {"X-Hume-Api-Key": "k"}
        with Client(base_url=server.url, headers=headers, timeout=30, trust_env=False) as client:
            client.get(JOURNAL)  # which makes the world, before two threads ask for it
            waiting = pool.submit(client.get, f"{JOURNAL}/wait?timeout=60")
            watchers = server.app.worlds.get("k").journal.watchers
            while not watchers:
                client.get(JOURNAL)
            server.stop()
            assert waiting.result().json()["entries"] == []
    assert "Cancel" not in capfd.readouterr().err


def test_a_wait_ends_with_its_client(server: Server, api_key: str) -> None:
    """Nobody watches for a client that has gone."""
    headers = {"X-Hume-Api-Key": api_key}
    with Client(base_url=server.url, headers=headers, trust_env=False) as client:
        client.get(JOURNAL)
        watchers = server.app.worlds.get(api_key).journal.watchers
        with pytest.raises(ReadTimeout):
            client.get(f"{JOURNAL}/wait?timeout=60", timeout=0.2)
        while watchers:
            client.get(JOURNAL)
