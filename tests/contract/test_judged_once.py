"""When findings are made: before their entry can leave the journal, once, and from what it keeps.

A finding is made with its entry. So these tests judge again what the journal has kept, and compare.
"""

import json
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from websockets.sync.client import connect

from emulator.apis.evi.contract.frames import judge_frame
from emulator.contract.ledger import Found
from emulator.contract.webhooks import judge_attempt
from emulator.journal.entries import FrameEntry, HttpEntry, NotedFinding, WebhookEntry
from emulator.journal.headers import read_headers
from emulator.jsontext import read
from emulator.outgoing.outbox import Cancel, Done, WebhookRequest, WebhookResult, cancel_nothing
from emulator.server import Server, new_app
from emulator.settings import Settings
from emulator.web.app import App
from emulator.world.world import World
from tests.contract.test_findings import REQUESTS

KEY = {"X-Hume-Api-Key": "k"}
PATIENCE_S = 10
# The finding about these says how much came, of which the journal keeps the beginning.
BEYOND_WHAT_IS_KEPT = {"body_too_large"}
FRAMES: list[dict[str, Any]] = [
    {"type": "user_input"},
    {"type": "user_imput", "text": "Hi"},
    {"type": "session_settings", "audio": {"encoding": "linear16", "channels": "1", "rate": 1}},
    {"type": "tool_response", "content": 7},
    {"type": "user_input", "text": "Hi", "txet": "Hi"},
]
FEW_ENTRIES = 1


def new_client(**settings: Any) -> tuple[App, TestClient]:
    app = new_app(Settings(seed="empty", **settings))
    return app, TestClient(app, headers=KEY)


def found_in(app: App) -> list[Found]:
    return app.worlds.get("k").ledger.found


def as_json(findings: "tuple[NotedFinding, ...] | list[NotedFinding]") -> list[Any]:
    return [each.to_json() for each in findings]


# requests


@pytest.mark.parametrize("code", REQUESTS)
def test_a_request_leaves_the_journal(code: str) -> None:
    """Its finding stays in the report, once, however often somebody looks."""
    (method, path, options), _ = REQUESTS[code]
    app, client = new_client(journal_limit=FEW_ENTRIES)
    client.request(method, path, **options)
    for _ in range(FEW_ENTRIES):
        client.get("/v0/evi/prompts")
    for _ in range(2):
        entries = client.get("/_emulator/journal").json()["entries"]
        assert [each["path"] for each in entries] == ["/v0/evi/prompts"]
        report = client.get("/_emulator/contract").json()["findings"]
        assert [(each["code"], each["count"]) for each in report] == [(code, 1)]


@pytest.mark.parametrize("code", REQUESTS)
def test_requests_that_look_alike(code: str) -> None:
    """They share a finding, which counts each of them; the second is judged as the first was."""
    (method, path, options), _ = REQUESTS[code]
    app, client = new_client()
    for name in ("A", "B"):
        client.request(method, path, **named(options, name))
    first, second = kept_requests(app)
    assert as_json(first.findings) == as_json(second.findings) != []
    [found] = found_in(app)
    assert (found.count, found.first_seq, found.last_seq) == (2, first.seq, second.seq)


@pytest.mark.parametrize("code", sorted(REQUESTS.keys() - BEYOND_WHAT_IS_KEPT))
def test_a_request_is_judged_from_what_was_kept(code: str) -> None:
    """Its entry, sent again to another server, has the same findings."""
    (method, path, options), _ = REQUESTS[code]
    app, client = new_client()
    client.request(method, path, **options)
    [entry] = kept_requests(app)
    other_app, other = new_client()
    other.send(again(entry))
    [judged_later] = kept_requests(other_app)
    assert judged_later.request == entry.request
    assert as_json(judged_later.findings) == as_json(entry.findings) != []


def named(options: dict[str, Any], name: str) -> dict[str, Any]:
    """The request's body has that name, since a name is taken once."""
    return {**options, "json": {**options["json"], "name": name}} if "json" in options else options


def kept_requests(app: App) -> list[HttpEntry]:
    entries = app.worlds.get("k").journal.kept(kind="http")
    return [entry for entry in entries if isinstance(entry, HttpEntry)]


def again(entry: HttpEntry) -> Any:
    """The request of an entry, made of what the journal has."""
    client = TestClient(new_app(Settings(seed="empty")))
    headers = read_headers(entry.request_headers)
    url = httpx.URL("http://testserver", raw_path=entry.path.encode() + b"?" + entry.query)
    request = client.build_request(entry.method, str(url), content=entry.request)
    request.headers.clear()
    request.headers.update(headers)
    return request


# sockets


def test_frames_are_judged_from_what_was_kept(server: Server, api_key: str) -> None:
    """A client sends each mistake twice: both entries have it, and their text is judged alike."""
    address = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
    with connect(address, proxy=None) as chat:
        for frame in (*FRAMES, *FRAMES):
            chat.send(json.dumps(frame))
        chat.send(json.dumps({"type": "user_input", "text": "Goodbye"}))
        while json.loads(chat.recv(PATIENCE_S))["type"] != "assistant_end":
            pass
    world = server.app.worlds.get(api_key)
    sent = [each for each in kept_frames(world) if each.direction == "in"][: 2 * len(FRAMES)]
    for entry in sent:
        assert isinstance(entry.content, bytes)
        judged_later = judge_frame(read(bytes(entry.content))).findings
        assert as_json(list(judged_later)) == as_json(entry.findings) != []
    counts = {found.count for found in world.ledger.found if found.subject == "chat socket"}
    assert counts == {2}


def test_a_frame_leaves_the_journal(api_key: str) -> None:
    """Its finding stays in the report, once."""
    settings = Settings(seed="empty", port=0, journal_limit=FEW_ENTRIES)
    with Server(settings) as server:
        address = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
        with connect(address, proxy=None) as chat:
            chat.send(json.dumps(FRAMES[0]))
            chat.send(json.dumps({"type": "user_input", "text": "Goodbye"}))
            while json.loads(chat.recv(PATIENCE_S))["type"] != "assistant_end":
                pass
        world = server.app.worlds.get(api_key)
        assert len(list(world.journal.kept())) == FEW_ENTRIES
        assert [(each.finding.code, each.count) for each in world.ledger.found] == [
            ("frame_invalid", 1)
        ]


def kept_frames(world: World) -> list[FrameEntry]:
    return [each for each in world.journal.kept(kind="frame") if isinstance(each, FrameEntry)]


# webhooks

RESULTS = [
    WebhookResult(500, None, 20),
    WebhookResult(None, "connection refused", 1),
    WebhookResult(200, None, 4_000),
    WebhookResult(404, None, 4_000),
]


class Receiver:
    """Answers each webhook with one result, at once."""

    def __init__(self, result: WebhookResult) -> None:
        self._result = result

    def __call__(self, request: WebhookRequest, done: Done) -> Cancel:
        done(self._result)
        return cancel_nothing


def told_world(result: WebhookResult, *faults: str, **settings: Any) -> World:
    """A world that has told a receiver of two events, and got that result both times."""
    app, _ = new_client()
    world = World("k", app.worlds.seed, Settings(**settings), None, Receiver(result))
    for _ in range(2):
        event = {"event_name": "chat_ended", "chat_id": "c"}
        world.outbox.trigger(event, "http://127.0.0.1:9/", dict.fromkeys(faults, 0))
    return world


@pytest.mark.parametrize("result", RESULTS, ids=str)
def test_webhooks_are_judged_from_what_was_kept(result: WebhookResult) -> None:
    """Both attempts have the finding in their entries, from which it can be made again."""
    check_attempts(told_world(result))


def test_a_forged_webhook_is_judged_from_what_was_kept() -> None:
    check_attempts(told_world(WebhookResult(200, None, 20), "wrong_key"))


def check_attempts(world: World) -> None:
    entries = [each for each in world.journal.kept() if isinstance(each, WebhookEntry)]
    assert len(entries) == 2
    for entry in entries:
        result = WebhookResult(entry.status, entry.error, entry.duration_ms or 0)
        judged_later = judge_attempt(result, entry.faults or (), world.settings.webhook_timeout)
        assert as_json(list(judged_later)) == as_json(entry.findings) != []
    assert {found.count for found in world.ledger.found} == {2}


@pytest.mark.parametrize("result", RESULTS, ids=str)
def test_an_attempt_leaves_the_journal(result: WebhookResult) -> None:
    """Its finding stays in the report, where the second attempt is counted, too."""
    world = told_world(result, journal_limit=FEW_ENTRIES)
    assert len(list(world.journal.kept())) == FEW_ENTRIES
    assert {found.count for found in world.ledger.found} == {2}
