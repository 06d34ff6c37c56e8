"""Tool calls that the app of a test never answers: the test fails, and says so."""

import json
from collections.abc import Iterator
from functools import partial

import pytest
from websockets.sync.client import connect

from emulator import Emulator
from emulator.apis.evi.testing.tool_calls import DEFAULT_PATIENCE_S
from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.world import Evi
from tests.testing.talking import PATIENCE_S, talking, within


def ask_for_a_tool(evi: Evi) -> None:
    evi.script.on_user("weather").call_tool("get_weather", {"city": "Oslo"}).say("{tool_result}")


def app(evi: Evi) -> list[str]:
    """A client that knows no tools: it reads until the assistant is done, or the chat is over."""
    seen: list[str] = []
    with connect(f"{evi.ws_url}?api_key={evi.api_key}", proxy=None, max_queue=None) as socket:
        socket.send(json.dumps({"type": "user_input", "text": "weather"}))
        for text in socket:
            frame = json.loads(text)
            seen.append(frame["type"])
            if frame["type"] == "error":
                seen.append(frame["message"])
            if frame["type"] == "assistant_end":
                break
    return seen


@pytest.fixture
def own(evi_server: Emulator) -> Iterator[Evi]:
    """A world that may end with unanswered calls: the fixture `evi` would fail the test."""
    world = evi_server.world()
    yield world
    world.close()


@pytest.mark.parametrize("is_frozen", [False, True])
def test_an_app_that_never_answers_ends(own: Evi, is_frozen: bool) -> None:
    """Its chat is ended after a while, also where the world's clock stands; it is said why."""
    ask_for_a_tool(own)
    own.tool_call_patience_s = 0.01
    if is_frozen:
        own.clock.freeze()
    *_, kind, message = within(PATIENCE_S, lambda: app(own))

    [call] = own.journal.entries(kind="frame", direction="out", content=OfToolCall())
    told = f"tool_call {call['content']['tool_call_id']} was never answered"
    assert (kind, told in message) == ("error", True)
    with pytest.raises(AssertionError, match=told):
        own.check_tool_calls()
    assert own.next_chat().status == "ERROR"


def test_a_chat_that_waits_for_a_frozen_clock_ends(evi_server: Emulator) -> None:
    """Nobody moves the clock, and the assistant speaks as fast as people do."""
    own = evi_server.world(pace="realtime")
    own.tool_call_patience_s = 0.01
    own.clock.freeze()
    *_, kind, message = within(PATIENCE_S, lambda: app(own))
    assert kind == "error"
    assert "clock is frozen, and nobody has moved it for 0.01 s" in message
    with pytest.raises(AssertionError, match="call evi.clock.advance"):
        own.check_tool_calls()
    own.close()


def test_a_chat_whose_clock_is_moved_goes_on(evi_server: Emulator) -> None:
    """A look that finds the clock elsewhere than the one before ends nothing."""
    own = evi_server.world(pace="realtime")
    own.clock.freeze()
    with talking(own) as talk:
        talk.say("Hello")
        chat = own.next_chat()
        talk.read_until("user_message")
        look = partial(own._tool_calls._look_at_clock, chat.id, 30)
        own._bridge.call(partial(look, (0, 1)))
        assert chat.is_live
        own.clock.advance(minutes=1)
        talk.read_until("assistant_end")
    own.check_tool_calls()
    own.close()


class OfToolCall:
    """Equals each tool_call."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and other["type"] == "tool_call"

    __hash__ = None  # type: ignore[assignment]


def test_an_app_that_answers_is_left_alone(evi: Evi) -> None:
    """When the time for an answered call is over, nothing happens to its chat."""
    ask_for_a_tool(evi)
    with talking(evi) as talk:
        talk.say("weather")
        id = talk.read_until("tool_call")["tool_call_id"]
        chat = evi.next_chat()
        talk.send(type="tool_response", tool_call_id=id, content="snow")
        talk.read_until("assistant_end")
        evi._bridge.call(lambda: evi._tool_calls._look(chat.id, id, "get_weather", 30))
        assert chat.is_live
    evi.check_tool_calls()


def test_patience_has_no_end_if_asked(evi: Evi) -> None:
    """By default a client has long enough for a debugger's breakpoint, or any time at all."""
    assert evi.tool_call_patience_s == DEFAULT_PATIENCE_S >= 30
    evi.tool_call_patience_s = None
    assert evi.tool_call_patience_s is None


def test_a_wait_that_fails_names_the_call(evi: Evi) -> None:
    """Whatever a test waited for meanwhile: an answer, a close, an entry or a webhook."""
    ask_for_a_tool(evi)
    with talking(evi) as talk:
        talk.say("weather")
        id = talk.read_until("tool_call")["tool_call_id"]
        chat = evi.next_chat()
        for wait in (
            lambda: chat.expect_tool_response(timeout=0),
            lambda: chat.closed(timeout=0),
            lambda: evi.journal.wait_for(close=1000, timeout=0),
            lambda: evi.webhooks.wait_for("chat_ended", timeout=0),
        ):
            with pytest.raises(ExpectationFailed, match=f"tool_call {id} was never answered"):
                wait()
