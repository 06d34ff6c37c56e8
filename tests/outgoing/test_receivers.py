"""Webhooks over real sockets, to two receivers that were written without the emulator's code."""

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import httpx
import pytest
from httpx import Client

from emulator.outgoing.sender import MOST_PER_RECEIVER
from emulator.server import Server
from emulator.settings import Settings
from tests.outgoing.calls import (
    EVENTS,
    add_fault,
    advance,
    deliveries,
    drain,
    freeze,
    judge,
    new_config,
    simulate,
    trigger,
)
from tests.outgoing.receiver import (
    PATIENCE_S,
    Answer,
    Received,
    Receiver,
    always,
    node_receiver,
)

pytestmark = pytest.mark.slow

VERDICTS = {
    "stale_timestamp": "timestamp stale",
    "wrong_key": "signature wrong",
    "tampered_body": "signature wrong",
    "missing_headers": "headers missing",
}


class AnyReceiver(Protocol):
    """What both receivers can do."""

    @property
    def url(self) -> str: ...

    def log(self) -> list[Received]: ...


@pytest.fixture(
    params=[
        "python",
        pytest.param(
            "node",
            marks=[
                pytest.mark.process,
                pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
            ],
        ),
    ]
)
def either(request: pytest.FixtureRequest) -> Iterator[AnyReceiver]:
    """One receiver and then the other; both accept what is valid and refuse the rest."""
    with Receiver() if request.param == "python" else node_receiver() as receiver:
        yield receiver


@contextmanager
def listening() -> Iterator[str]:
    """The URL of a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """The URL of a port that answers one request with these bytes, and hangs up."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


class Hanging:
    """Answers that leave everything under one path waiting, until it ends."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._ended = threading.Event()
        self.end = self._ended.set

    def __call__(self, received: Received) -> Answer:
        if received.path == self._path:
            self._ended.wait(PATIENCE_S)
        return Answer(200)


def unused_url() -> str:
    """The URL of a port that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def other_world(remote: Client) -> Client:
    """The same server, as another key."""
    headers = {"X-Hume-Api-Key": remote.headers["X-Hume-Api-Key"] + "-other"}
    return Client(base_url=remote.base_url, headers=headers, timeout=30, trust_env=False)


def names(log: list[Received]) -> list[str]:
    return [received.event_name for received in log]


# what is well behaved


def test_a_chat_is_told_of_byte_by_byte(remote: Client, either: AnyReceiver) -> None:
    """The three events of a chat arrive in order, are accepted, and are what the record says."""
    config_id = new_config(remote, f"{either.url}/hook?of=evi")
    chat_id = simulate(remote, config_id=config_id)
    assert drain(remote) == 0

    log = either.log()
    assert tuple(names(log)) == EVENTS
    assert {received.verdict for received in log} == {"valid"}
    assert {received.path for received in log} == {"/hook?of=evi"}
    for received, delivery in zip(log, deliveries(remote), strict=True):
        [attempt] = delivery["attempts"]
        assert received.body == delivery["body"].encode() == attempt["request"]["body"].encode()
        sent = attempt["request"]["headers"]
        assert received.signature == sent["X-Hume-AI-Webhook-Signature"]
        assert received.timestamp == sent["X-Hume-AI-Webhook-Timestamp"]
        assert (delivery["state"], attempt["status"]) == ("delivered", 200)
        assert attempt["response"]["body"] == "valid"
        assert judge(received.event) == []
        assert (received.event["chat_id"], received.event["config_id"]) == (chat_id, config_id)


def test_letters_of_all_kinds_are_signed_as_sent(remote: Client, either: AnyReceiver) -> None:
    """Whatever is in the payload, the signature is over its bytes."""
    trigger(remote, "chat_ended", either.url, set={"custom_session_id": 'ø "🎧" \\ \u2028 </x>'})
    [received] = either.log()
    assert received.verdict == "valid"
    assert received.event["custom_session_id"] == 'ø "🎧" \\ \u2028 </x>'


@pytest.mark.parametrize("event_name", EVENTS)
def test_a_triggered_event_is_accepted(
    remote: Client, either: AnyReceiver, event_name: str
) -> None:
    """An event at will is signed like any other."""
    delivery = trigger(remote, event_name, either.url)

    [received] = either.log()
    assert (received.verdict, received.body) == ("valid", delivery["body"].encode())
    assert delivery["state"] == "delivered"


def test_the_api_key_may_be_the_signing_key(either: AnyReceiver) -> None:
    """A server that signs with API keys is accepted by who knows the key of the world."""
    settings = Settings(seed="empty", port=0, sign_webhooks_with="api_key")
    with (
        Server(settings) as server,
        Client(
            base_url=server.url,
            headers={"X-Hume-Api-Key": "emulator-signing-key"},
            trust_env=False,
        ) as good,
        Client(base_url=server.url, headers={"X-Hume-Api-Key": "mine"}, trust_env=False) as bad,
    ):
        trigger(good, "chat_ended", either.url)
        trigger(bad, "chat_ended", either.url)
    assert [received.verdict for received in either.log()] == ["valid", "signature wrong"]


# what misbehaves


@pytest.mark.parametrize(("fault", "verdict"), VERDICTS.items())
def test_what_must_be_refused_is_refused(
    remote: Client, either: AnyReceiver, fault: str, verdict: str
) -> None:
    """Both receivers refuse every bad request, each for its reason; it is tried four times."""
    freeze(remote)
    add_fault(remote, fault, event_name="tool_call")
    simulate(remote, config_id=new_config(remote, either.url))
    advance(remote, 21)

    log = either.log()
    assert names(log) == [*EVENTS, *["tool_call"] * 3]
    assert [received.verdict for received in log] == ["valid", verdict, "valid", *[verdict] * 3]
    [refused] = deliveries(remote, "state=failed")
    assert [attempt["status"] for attempt in refused["attempts"]] == [401] * 4
    assert {tuple(attempt["faults"]) for attempt in refused["attempts"]} == {(fault,)}
    assert refused["attempts"][0]["request"]["body"].encode() == log[1].body


@pytest.mark.parametrize(("fault", "verdict"), VERDICTS.items())
def test_a_bad_event_at_will_is_refused(
    remote: Client, either: AnyReceiver, fault: str, verdict: str
) -> None:
    """A fault may come with a single event; the same event sent again is accepted."""
    bad = trigger(remote, "chat_ended", either.url, faults=[fault])
    answer = remote.post(f"/_emulator/webhooks/deliveries/{bad['id']}/redeliver")

    assert [received.verdict for received in either.log()] == [verdict, "valid"]
    assert (bad["state"], answer.json()["state"]) == ("failed", "delivered")


def test_one_bad_attempt_is_made_up_for(remote: Client, either: AnyReceiver) -> None:
    """A rule for one time makes the first attempt bad; the retry is accepted."""
    freeze(remote)
    add_fault(remote, "wrong_key", times=1)
    simulate(remote, config_id=new_config(remote, either.url))
    advance(remote, 1)

    assert names(either.log()) == [*EVENTS, "chat_started"]
    assert [received.verdict for received in either.log()] == ["signature wrong", *["valid"] * 3]


def test_a_duplicate_comes_twice(remote: Client, either: AnyReceiver) -> None:
    """The receiver sees one event two times, byte by byte the same, and valid."""
    add_fault(remote, "duplicate", event_name="tool_call")
    simulate(remote, config_id=new_config(remote, either.url))
    assert drain(remote) == 0

    log = either.log()
    assert names(log) == ["chat_started", "tool_call", "tool_call", "chat_ended"]
    assert log[1].body == log[2].body
    assert {received.verdict for received in log} == {"valid"}


def test_a_reordered_event_comes_too_late(remote: Client, either: AnyReceiver) -> None:
    """The receiver hears of a tool call in a chat that, as far as it knows, has not begun."""
    add_fault(remote, "reorder", event_name="chat_started")
    simulate(remote, config_id=new_config(remote, either.url))
    assert drain(remote) == 0
    assert names(either.log()) == ["tool_call", "chat_started", "chat_ended"]


def test_a_dropped_event_never_comes(remote: Client, either: AnyReceiver) -> None:
    """The receiver never hears of the chat's end."""
    add_fault(remote, "drop", event_name="chat_ended")
    simulate(remote, config_id=new_config(remote, either.url))
    assert drain(remote) == 0
    assert names(either.log()) == ["chat_started", "tool_call"]


def test_a_delayed_event_comes_later(remote: Client, either: AnyReceiver) -> None:
    """On a clock that stands, the receiver hears nothing until the delay is over."""
    freeze(remote)
    add_fault(remote, "delay", event_name="chat_ended", delay_ms=30_000)
    simulate(remote, config_id=new_config(remote, either.url))
    assert drain(remote) == 1
    advance(remote, 29.999)
    assert names(either.log()) == ["chat_started", "tool_call"]

    advance(remote, 0.001)

    assert names(either.log()) == list(EVENTS)
    assert either.log()[-1].verdict == "valid"


def test_a_triggered_event_may_come_before_its_time(remote: Client, either: AnyReceiver) -> None:
    """With `reorder`, a chat's end is told before its start."""
    trigger(remote, "chat_ended", either.url, faults=["reorder"])
    assert drain(remote) == 0
    assert names(either.log()) == ["chat_ended", "chat_started"]


def test_a_triggered_start_may_come_after_its_end(remote: Client, receiver: Receiver) -> None:
    """With `reorder`, a chat's start goes out after the event that follows it."""
    trigger(remote, "chat_started", receiver.url, faults=["reorder"])
    assert drain(remote) == 0
    assert names(receiver.log()) == ["chat_ended", "chat_started"]


# receivers in trouble


def test_a_receiver_that_never_answers_delays_nobody(remote: Client, receiver: Receiver) -> None:
    """While one hangs, other receivers of the same chat, other chats and other worlds are told."""
    with listening() as silent, other_world(remote) as other:
        mine = simulate(remote, config_id=new_config(remote, silent, receiver.url))
        receiver.wait_for(3)
        simulate(remote, config_id=new_config(remote, receiver.url, name="another"))
        receiver.wait_for(6)
        simulate(other, config_id=new_config(other, receiver.url))
        assert drain(other) == 0
        assert len(receiver.log()) == 9

        told = deliveries(remote, f"chat_id={mine}&state=pending")
        stuck = [delivery for delivery in told if delivery["url"] == silent]
        assert tuple(delivery["event_name"] for delivery in stuck) == EVENTS
        assert all(delivery["attempts"] == [] for delivery in stuck)
        remote.post("/_emulator/reset")


def test_many_chats_of_a_silent_receiver_delay_nobody(remote: Client, receiver: Receiver) -> None:
    """Not even as many as a receiver may have requests at once."""
    with listening() as silent:
        freeze(remote)
        config_id = new_config(remote, silent, events=["chat_started"])
        for _ in range(30):
            simulate(remote, config_id=config_id, user=["Hello"])
        trigger(remote, "chat_ended", receiver.url)
        assert len(deliveries(remote, "state=pending")) == 30
        remote.post("/_emulator/reset")


def test_requests_that_hang_hold_up_nobody_at_their_receiver(
    remote: Client, receiver: Receiver
) -> None:
    """While many of its requests hang, a receiver is told of other chats, and by other worlds."""
    receiver.answer = hanging = Hanging("/hang")
    with other_world(remote) as other:
        freeze(remote)
        slow = new_config(remote, f"{receiver.url}/hang", events=["chat_started"])
        for _ in range(2 * MOST_PER_RECEIVER):
            simulate(remote, config_id=slow, user=["Hello"])
        for client in (remote, other):
            delivery = trigger(client, "chat_ended", f"{receiver.url}/prompt")
            assert delivery["state"] == "delivered"
        stuck = deliveries(remote, "state=pending")
        assert [each["attempts"] for each in stuck] == [[]] * 2 * MOST_PER_RECEIVER
        hanging.end()


def test_many_silent_receivers_delay_nobody(remote: Client, receiver: Receiver) -> None:
    """Several receivers that hang, with many chats each, leave room for one that answers."""
    with ExitStack() as stack:
        silent = [stack.enter_context(listening()) for _ in range(6)]
        freeze(remote)
        config_id = new_config(remote, *silent, receiver.url, events=["chat_ended"])
        for _ in range(25):
            simulate(remote, config_id=config_id, user=["Hello"])
        receiver.wait_for(25)
        stuck = [each for each in deliveries(remote, "state=pending") if each["url"] in silent]
        assert len(stuck) == 6 * 25
        assert all(delivery["attempts"] == [] for delivery in stuck)
        remote.post("/_emulator/reset")


def test_a_closed_port_is_an_error_of_the_attempt(remote: Client, receiver: Receiver) -> None:
    """Where nobody listens, each attempt says so, and others are told meanwhile."""
    closed = unused_url()
    freeze(remote)
    simulate(remote, config_id=new_config(remote, closed, receiver.url, events=["chat_ended"]))
    assert drain(remote) == 1
    assert len(receiver.log()) == 1
    advance(remote, 21)

    [failed] = deliveries(remote, "state=failed")
    assert (failed["url"], len(failed["attempts"])) == (closed, 4)
    for attempt in failed["attempts"]:
        assert attempt["status"] is None
        assert attempt["error"].startswith("ClientConnectorError: ")


def test_a_receiver_has_so_long_to_answer(receiver: Receiver) -> None:
    """After `webhook_timeout` an attempt is over; the answer comes too late to count."""
    receiver.hold()
    with (
        Server(Settings(seed="empty", port=0, webhook_timeout=1)) as server,
        Client(base_url=server.url, headers={"X-Hume-Api-Key": "k"}, trust_env=False) as client,
    ):
        delivery = trigger(client, "chat_ended", receiver.url)

    [attempt] = delivery["attempts"]
    assert (delivery["state"], attempt["status"]) == ("failed", None)
    assert attempt["error"] == "no answer within 1 s"
    assert 900 <= attempt["duration_ms"] < 5_000


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(remote: Client, receiver: Receiver, status: int) -> None:
    """A receiver that sends elsewhere has not taken the event."""
    with Receiver() as elsewhere:
        location = (("Location", f"{elsewhere.url}/hook"),)
        receiver.answer = lambda received: Answer(status, headers=location)
        delivery = trigger(remote, "chat_ended", receiver.url)
        assert elsewhere.log() == []

    assert (delivery["state"], delivery["attempts"][0]["status"]) == ("failed", status)


def test_a_receiver_that_hangs_up_has_failed(remote: Client) -> None:
    """A connection that ends without an answer is an error of the attempt."""
    with listening() as silent:
        freeze(remote)
        simulate(remote, config_id=new_config(remote, silent, events=["chat_ended"]))
    assert drain(remote) == 1  # it is to be retried

    [pending] = deliveries(remote)
    assert pending["attempts"][0]["status"] is None
    assert pending["attempts"][0]["error"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"", None),
        (b"nonsense\r\n\r\n", None),
        (b"HTTP/1.1 20 OK\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", None),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", 999),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
        (b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff=;;\r\nContent-Length: 0\r\n\r\n", 200),
        (b"HTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
    ],
)
def test_whatever_comes_back_ends_the_attempt(
    remote: Client, answer: bytes, status: int | None
) -> None:
    """An answer that is none is an error of the attempt, and nothing is left hanging."""
    with answering(answer) as url:
        delivery = trigger(remote, "chat_ended", url)

    [attempt] = delivery["attempts"]
    assert attempt["status"] == status
    assert (attempt["error"] is None) == (status is not None)
    assert delivery["state"] == ("delivered" if status in (200, 204) else "failed")


def test_only_the_beginning_of_an_answer_is_kept(remote: Client, receiver: Receiver) -> None:
    """A receiver may answer what it likes: bytes that are no text, and any number of them."""
    receiver.answer = lambda received: Answer(200, b"\xff" * 1_000_000)
    delivery = trigger(remote, "chat_ended", receiver.url)

    kept = delivery["attempts"][0]["response"]["body"]
    assert delivery["state"] == "delivered"
    assert 0 < len(kept) <= 10_000
    assert set(kept) == {"\ufffd"}


def test_a_receiver_in_trouble_gets_everything_in_the_end(
    remote: Client, receiver: Receiver
) -> None:
    """A receiver that is down for ten seconds misses nothing; each retry has its own time."""
    freeze(remote)
    receiver.answer = always(503)
    simulate(remote, config_id=new_config(remote, receiver.url))
    assert drain(remote) == 3
    assert names(receiver.log()) == list(EVENTS)
    advance(remote, 10)
    receiver.answer = always(200)
    advance(remote, 11)

    came = names(receiver.log())
    assert [sorted(came[i : i + 3]) for i in range(0, len(came), 3)] == [sorted(EVENTS)] * 4
    assert [delivery["state"] for delivery in deliveries(remote)] == ["delivered"] * 3


def test_a_receiver_that_refuses_a_start_hears_of_the_end(
    remote: Client, receiver: Receiver
) -> None:
    """On a clock that stands no retry comes, and still the end of the chat is told."""
    freeze(remote)
    receiver.answer = lambda received: Answer(500 if received.event_name == EVENTS[0] else 200)
    simulate(remote, config_id=new_config(remote, receiver.url))
    assert drain(remote) == 1
    assert names(receiver.log()) == list(EVENTS)


def test_a_reset_leaves_nothing_on_its_way(remote: Client, receiver: Receiver) -> None:
    """What was pending is not sent any more, and an answer that comes late changes nothing."""
    receiver.hold()
    simulate(remote, config_id=new_config(remote, receiver.url))
    receiver.wait_for(1)
    remote.post("/_emulator/reset")
    receiver.release()
    assert drain(remote) == 0

    trigger(remote, "chat_ended", receiver.url)
    assert names(receiver.log()) == ["chat_started", "chat_ended"]
    assert len(deliveries(remote)) == 1
    webhooks = remote.get("/_emulator/journal?kind=webhook").json()["entries"]
    assert [json.loads(receiver.log()[1].body)["chat_id"]] == [each["chat_id"] for each in webhooks]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/_emulator/reset"), ("DELETE", "/_emulator/world")]
)
def test_a_receiver_that_recovers_hears_nothing_of_a_world_that_is_gone(
    remote: Client, receiver: Receiver, method: str, path: str
) -> None:
    """Requests that hang are cancelled, and what is queued behind them never goes out."""
    receiver.answer = hanging = Hanging("/hook")
    config_id = new_config(remote, f"{receiver.url}/hook")
    for _ in range(3 * MOST_PER_RECEIVER):
        simulate(remote, config_id=config_id, user=["Hello"])
    receiver.wait_for(MOST_PER_RECEIVER)
    remote.request(method, path)

    for _ in range(2):  # what was sent before the reset has come once these have
        httpx.post(f"{receiver.url}/other", trust_env=False)
    before = len(receiver.log())
    hanging.end()
    with other_world(remote) as other:
        trigger(other, "tool_call", f"{receiver.url}/other")
    assert len(receiver.log()) == before + 1
    assert deliveries(remote) == []


def test_both_receivers_may_be_told_of_one_chat(remote: Client, either: AnyReceiver) -> None:
    """A config may have several webhooks; each receiver gets its own events, in order."""
    with Receiver() as second:
        body = {
            "name": "two",
            "evi_version": "3",
            "webhooks": [
                {"url": either.url, "events": ["chat_started", "chat_ended"]},
                {"url": second.url, "events": ["tool_call"]},
                {"url": f"{second.url}/all", "events": list(EVENTS)},
            ],
        }
        config_id = remote.post("/v0/evi/configs", json=body).json()["id"]
        simulate(remote, config_id=config_id)
        assert drain(remote) == 0

        assert names(either.log()) == ["chat_started", "chat_ended"]
        assert [(each.path, each.event_name) for each in second.log()] == [
            ("/all", "chat_started"),
            ("/", "tool_call"),
            ("/all", "tool_call"),
            ("/all", "chat_ended"),
        ]
