"""The receiver of webhooks that `evi.webhook_receiver()` gives."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest

from emulator.clock import SystemClock
from emulator.signature import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    WINDOW_S,
    signed_headers,
)
from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.receiver import WebhookReceiver
from emulator.testing.world import Evi
from tests.testing.talking import PATIENCE_S, Started, http

KEY = "a key"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver(KEY) as receiver:
        yield receiver


def body_of(event_name: str = "chat_ended", **fields: Any) -> bytes:
    return json.dumps({"event_name": event_name, **fields}).encode()


def post(
    receiver: WebhookReceiver,
    body: bytes,
    key: str = KEY,
    late_s: int = 0,
    **headers: str | None,
) -> int:
    """The status of the answer. Headers that are None are left out."""
    signed: dict[str, str | None] = {
        **signed_headers(body, SystemClock().now_ms() // 1000 - late_s, key),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    sent = {name: value for name, value in signed.items() if value is not None}
    return httpx.post(receiver.url, content=body, headers=sent).status_code


def test_a_genuine_webhook(receiver: WebhookReceiver) -> None:
    """It is answered 200 and kept, with its headers in lower case."""
    body = body_of(chat_id="c")
    assert post(receiver, body) == 200
    [received] = receiver.received
    assert (received.is_genuine, received.problem, received.event_name) == (
        True,
        None,
        "chat_ended",
    )
    assert received.body == body
    assert received.event == {"event_name": "chat_ended", "chat_id": "c"}
    assert received.headers[TIMESTAMP_HEADER.lower()].isdigit()
    assert receiver.events == [received.event]


NO_SIGNATURE = {SIGNATURE_HEADER.replace("-", "_"): None}
NO_TIMESTAMP = {TIMESTAMP_HEADER.replace("-", "_"): None}


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"key": "another"}, "the signature is wrong"),
        ({"late_s": WINDOW_S + 10}, "the timestamp is too old"),
        (NO_SIGNATURE, "a header is missing"),
        (NO_TIMESTAMP, "a header is missing"),
        ({TIMESTAMP_HEADER.replace("-", "_"): "soon"}, "a header is missing"),
        ({SIGNATURE_HEADER.replace("-", "_"): "0" * 64}, "the signature is wrong"),
    ],
)
def test_a_webhook_that_is_not_genuine(
    receiver: WebhookReceiver, how: dict[str, Any], problem: str
) -> None:
    """It is answered 401, and kept with what is wrong, but is no event."""
    assert post(receiver, body_of(), **how) == 401
    [received] = receiver.received
    assert (received.is_genuine, received.problem) == (False, problem)
    assert receiver.events == []


def test_some_lateness_is_allowed(receiver: WebhookReceiver) -> None:
    """Three minutes, either way."""
    assert post(receiver, body_of(), late_s=WINDOW_S - 10) == 200
    assert post(receiver, body_of(), late_s=10 - WINDOW_S) == 200
    assert post(receiver, body_of(), late_s=-10 - WINDOW_S) == 401


def test_a_body_that_is_no_json(receiver: WebhookReceiver) -> None:
    """It is refused, however well signed."""
    assert post(receiver, b"{") == 401
    assert receiver.received[0].problem == "the body is not JSON"
    with pytest.raises(AssertionError):
        receiver.wait_for("chat_ended", timeout=0.01)


def test_a_body_that_is_no_object(receiver: WebhookReceiver) -> None:
    """Any JSON may come; asking for events goes on working."""
    post(receiver, b"[1]")
    post(receiver, body_of())
    assert receiver.wait_for("chat_ended").is_genuine


def test_a_timestamp_of_strange_digits(
    receiver: WebhookReceiver, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever the headers are, they are judged and answered."""
    connection = HTTPConnection(urlsplit(receiver.url).netloc, timeout=PATIENCE_S)
    connection.putrequest("POST", "/")
    connection.putheader(TIMESTAMP_HEADER, b"\xb2")
    body, timestamp = b"{}", "²"
    good = hmac.new(KEY.encode(), body + b"." + timestamp.encode(), hashlib.sha256)
    connection.putheader(SIGNATURE_HEADER, good.hexdigest())
    connection.putheader("Content-Length", "2")
    connection.endheaders(body)
    try:
        assert connection.getresponse().status == 401
        assert "Traceback" not in capfd.readouterr().err
    finally:
        connection.close()


def test_answers_to_order(receiver: WebhookReceiver) -> None:
    """Each status is used once, in order; then the usual ones come again."""
    receiver.answer(500, 204)
    receiver.answer(503)
    assert [post(receiver, body_of()) for _ in range(4)] == [500, 204, 503, 200]
    receiver.answer(200)
    assert post(receiver, body_of(), key="another") == 200
    assert len(receiver.events) == 4


def test_an_answer_without_a_body(receiver: WebhookReceiver) -> None:
    """What is wrong with a webhook is not told with 204: the connection goes on being used."""
    connection = HTTPConnection("127.0.0.1", urlsplit(receiver.url).port or 0, timeout=PATIENCE_S)
    receiver.answer(204)
    try:
        for status, said in ((204, b""), (401, b"a header is missing")):
            connection.request("POST", "/", b"{}")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (status, said)
    finally:
        connection.close()


def test_waiting(receiver: WebhookReceiver) -> None:
    """At once for what is there, else as soon as it comes; by name and fields."""
    waiting = Started(lambda: receiver.wait_for("chat_ended", PATIENCE_S, chat_id="b").event)
    post(receiver, body_of(chat_id="a"))
    post(receiver, body_of(chat_id="b"))
    assert waiting.result()["chat_id"] == "b"
    assert receiver.wait_for("chat_ended").event["chat_id"] == "a"
    with pytest.raises(AssertionError) as failed:
        receiver.wait_for("tool_call", timeout=0.01, chat_id="a")
    assert str(failed.value) == (
        "no webhook {'event_name': 'tool_call', 'chat_id': 'a'} within 0.01 s; "
        "came: chat_ended, chat_ended"
    )


def test_nothing_came(receiver: WebhookReceiver) -> None:
    with pytest.raises(AssertionError, match="came: nothing"):
        receiver.wait_for("chat_ended", timeout=0.01)


def test_waiting_in_an_async_test(receiver: WebhookReceiver) -> None:
    """Like everything that waits, it has a twin that can be awaited."""
    post(receiver, body_of())
    assert asyncio.run(cast(Any, receiver).await_for("chat_ended")).is_genuine


@pytest.mark.slow
def test_many_at_once(receiver: WebhookReceiver) -> None:
    """Every one of them is kept and answered."""
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda n: post(receiver, body_of(number=n)), range(40)))
    assert statuses == [200] * 40
    assert sorted(each["number"] for each in receiver.events) == list(range(40))


def test_its_end() -> None:
    """Afterwards nobody listens; closing it again does no harm; its thread is gone."""
    before = set(threading.enumerate())
    with WebhookReceiver(KEY) as receiver:
        url = receiver.url
    receiver.close()
    with pytest.raises(httpx.ConnectError):
        httpx.post(url)
    assert set(threading.enumerate()) <= before


# with a world


def test_a_chat_that_ends(evi: Evi) -> None:
    """The world's webhooks come with its own key, and its record agrees."""
    receiver = evi.webhook_receiver()
    with http(evi) as client:
        events = ["chat_started", "chat_ended"]
        webhooks = [{"url": receiver.url, "events": events}]
        body = {"name": "Hooked", "evi_version": "3", "webhooks": webhooks}
        config = client.post("/v0/evi/configs", json=body).json()
    chat = evi.simulate(user=["Hello"], config_id=config["id"])
    ended = receiver.wait_for("chat_ended", chat_id=chat.id)
    assert ended.is_genuine
    assert ended.event["config_id"] == config["id"]
    assert [each["event_name"] for each in receiver.events] == ["chat_started", "chat_ended"]
    assert evi.webhooks.wait_for("chat_ended", chat_id=chat.id)["state"] == "delivered"


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("stale_timestamp", "the timestamp is too old"),
        ("wrong_key", "the signature is wrong"),
        ("tampered_body", "the signature is wrong"),
        ("missing_headers", "a header is missing"),
    ],
)
def test_it_sees_every_fault(evi: Evi, fault: str, problem: str) -> None:
    """What an app's own handler should refuse, it refuses, and says why."""
    receiver = evi.webhook_receiver()
    evi.webhooks.misbehave(fault, times=1)
    evi.webhooks.trigger("chat_ended", url=receiver.url)
    assert receiver.received[0].problem == problem
    evi.webhooks.trigger("chat_ended", url=receiver.url)
    assert receiver.received[1].is_genuine


@pytest.mark.evi(signing_key="mine")
def test_a_signing_key_of_ones_own(evi: Evi) -> None:
    """The receiver knows the world's."""
    receiver = evi.webhook_receiver()
    evi.webhooks.trigger("chat_ended", url=receiver.url)
    assert receiver.received[0].is_genuine


@pytest.mark.evi(sign_webhooks_with="api_key")
def test_webhooks_signed_with_the_api_key(evi: Evi) -> None:
    """signing_key and the receiver follow the setting."""
    assert evi.signing_key == evi.api_key
    receiver = evi.webhook_receiver()
    evi.webhooks.trigger("chat_ended", url=receiver.url)
    assert receiver.received[0].is_genuine


@pytest.mark.evi(webhook_time="world", clock="manual", random_seed=1)
def test_the_worlds_own_time(evi: Evi) -> None:
    """With webhook_time='world', which repeatable webhooks need, the receiver reads that clock."""
    receiver = evi.webhook_receiver()
    evi.webhooks.trigger("chat_ended", url=receiver.url)
    assert receiver.received[0].problem is None


def test_a_closed_receiver_takes_nothing(evi: Evi) -> None:
    """Its port may soon be another receiver's, which would miss what the old one still takes."""
    receiver = evi.webhook_receiver()
    evi.webhooks.trigger("chat_started", url=receiver.url)
    receiver.close()
    assert evi.webhooks.trigger("chat_ended", url=receiver.url)["state"] == "failed"


def test_it_is_closed_with_its_world(evi_server: Any) -> None:
    """A test need not think of it."""
    evi = evi_server.world()
    url = evi.webhook_receiver().url
    evi.close()
    with pytest.raises(httpx.ConnectError):
        httpx.post(url)


# what failures say


def test_a_failed_wait_shows_what_the_receiver_said(evi: Evi) -> None:
    """Status and beginning of the body of each attempt that failed, or why there was no answer."""
    receiver = evi.webhook_receiver()
    receiver.answer(200)
    evi.webhooks.trigger("chat_ended", receiver.url)
    evi.webhooks.trigger("chat_ended", receiver.url, faults=["wrong_key"])
    receiver.answer(500)
    evi.webhooks.trigger("chat_started", receiver.url)
    receiver.close()
    evi.webhooks.trigger("chat_ended", receiver.url)
    with pytest.raises(ExpectationFailed) as failed:
        evi.webhooks.wait_for("chat_ended", timeout=0, chat_id="nobody")
    lines = str(failed.value).splitlines()
    attempt = f"attempt 1 of chat_ended to {receiver.url}"
    assert f"{attempt} was answered 401: the signature is wrong" in lines
    assert any(line.startswith(f"{attempt} had no answer: ") for line in lines)
    assert not any("answered 200" in line or "of chat_started" in line for line in lines)
    with pytest.raises(ExpectationFailed, match="was answered 500: .no body."):
        evi.webhooks.wait_for("chat_started", timeout=0)
    with pytest.raises(AssertionError, match="came: chat_ended, chat_ended .the signature is wro"):
        receiver.wait_for("tool_call", timeout=0)
