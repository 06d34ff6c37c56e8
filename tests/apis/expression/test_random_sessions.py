"""Random messages through real sockets: the answers, and the run that is left."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.expression.media import jpeg, loud, silence
from tests.apis.expression.sessions import types
from tests.apis.expression.test_realtime import events, newest, session
from tests.apis.expression.test_state_machine import EVENTS

TEXTS = [b"{", b"null", b'{"type":"session.update"}', b'{"type":"session.update","face":{}}']
AUDIO = st.sampled_from([loud(900), loud(900), silence(700), silence(100), b"", b"abc"])
VIDEO = st.sampled_from([jpeg(), jpeg(), jpeg(99, 9_999), b"no image", b""])
PAUSES = st.integers(1, 2_000)
OFTEN = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def moves(media: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[Any]]:
    """Return lists of frames, messages (as texts) and pauses."""
    texts = st.sampled_from([text.decode() for text in TEXTS])
    return st.lists(st.one_of(media, media, media, PAUSES, texts), max_size=15)


@pytest.fixture
def evi(evi_server: Emulator) -> Evi:
    """A world whose time is moved."""
    return evi_server.world(clock="manual", expression_idle_timeout=3_600)


def talk(evi: Evi, endpoint: str, done: Sequence[Any]) -> list[Any]:
    """Do all this in one session, then close it; return what came."""
    with session(evi, endpoint) as client:
        with suppress(ConnectionClosed):  # an error may end it before
            for each in done:
                if isinstance(each, int):
                    client.socket.ping(ack_on_close=True).wait(10)  # what was sent before has come
                    evi.clock.advance(ms=each)
                else:
                    client.socket.send(each)
            client.say("session.close")
        return client.rest()


def check_end(evi: Evi, messages: Sequence[Any]) -> None:
    """The last message is the end, and the run has the errors that were sent."""
    kinds = types(messages)
    assert kinds.count("session.closed") == 1
    assert kinds[-1] == "session.closed"
    reason = messages[-1]["reason"]
    assert reason == ("error" if "config_invalid" in kinds else "client_request")
    assert [kind for kind, _ in events(evi)] == [EVENTS[kind] for kind in kinds if kind in EVENTS]
    run = newest(evi)
    assert (run["run_id"], run["close_reason"]) == (messages[-1]["session_id"], reason)


@given(done=moves(AUDIO))
@OFTEN
def test_audio(evi: Evi, done: list[Any]) -> None:
    """Every utterance that ends was measured."""
    messages = talk(evi, "audio", done)
    check_end(evi, messages)
    measured = {each["utterance_id"] for each in messages if each["type"] == "measurement.result"}
    ended = {each["utterance_id"] for each in messages if each["type"] == "utterance.end"}
    assert ended <= measured
    if messages[-1]["reason"] != "error":
        assert len(ended) == messages[-1]["produced"]["utterances"]


@given(done=moves(VIDEO))
@OFTEN
def test_video(evi: Evi, done: list[Any]) -> None:
    """Every frame before the end has one reply."""
    messages = talk(evi, "video", done)
    check_end(evi, messages)
    replies = [
        kind
        for kind in types(messages)
        if kind in ("measurement.result", "invalid_image_frame", "rate_limited", "internal_error")
    ]
    if messages[-1]["reason"] == "client_request":
        assert len(replies) == sum(isinstance(each, bytes) for each in done)
    taken = sum(reply != "rate_limited" for reply in replies)
    assert newest(evi)["metered_seconds"] == (max(10, round(taken / 3, 3)) if taken else 0)
