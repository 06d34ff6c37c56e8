"""The handle of a chat: what it shows, and what a test can expect of its client."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect as aconnect

from emulator.errors import EmulatorError
from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.world import Evi
from tests.testing.talking import (
    PATIENCE_S,
    Started,
    get,
    http,
    joining,
    talking,
    until_it_waits,
)

RECORDED = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"  # a chat of the demo seed
TOOL = {
    "type": "function",
    "name": "get_current_weather",
    "parameters": '{"type": "object", "properties": {"location": {"type": "string"}}}',
}


class Either:
    """A matcher as dirty-equals has them: equal to any of some values."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return other in self.values

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"Either{self.values}"


# chats as they come


def test_chats_are_told_in_order_and_once(evi: Evi) -> None:
    """Those that were opened before the question count, too; simulated ones don't."""
    evi.simulate(user=["Hello"])
    with talking(evi) as one, talking(evi) as two:
        ids = [each.read_until("chat_metadata")["chat_id"] for each in (one, two)]
        assert [evi.next_chat().id, evi.next_chat().id] == ids
        with pytest.raises(ExpectationFailed, match=r"no chat was opened within 0\.01 s"):
            evi.next_chat(timeout=0.01)


def test_a_chat_that_is_awaited(evi: Evi) -> None:
    """next_chat returns when the chat comes; two threads get two chats."""
    waiting = [Started(lambda: evi.next_chat(timeout=PATIENCE_S).id) for _ in range(2)]
    with talking(evi) as one, talking(evi) as two:
        ids = {each.read_until("chat_metadata")["chat_id"] for each in (one, two)}
        assert {each.result() for each in waiting} == ids


def test_who_joins_a_chat_opens_none(evi: Evi) -> None:
    """A second socket through the control plane is no new chat."""
    with talking(evi, allow_connection="true"):
        chat = evi.next_chat()
        with joining(evi, chat.id) as joined:
            joined.read_until("chat_metadata")
            with pytest.raises(ExpectationFailed):
                evi.next_chat(timeout=0.01)


def test_another_worlds_chats_are_not_told(evi: Evi, evi_server: Any) -> None:
    """A client with another key talks to somebody else."""
    other = evi_server.world()
    try:
        with talking(other):
            other.next_chat()
            with pytest.raises(ExpectationFailed, match="with this world's key"):
                evi.next_chat(timeout=0.01)
    finally:
        other.close()


@pytest.mark.parametrize("begin_again", ["reset", "restore", "seed"])
def test_next_chat_after_a_reset(evi: Evi, begin_again: str) -> None:
    """A world that began again tells its first chat."""
    with talking(evi):
        evi.next_chat()
    if begin_again == "reset":
        evi.reset()
    elif begin_again == "restore":
        evi.restore(evi.snapshot())
    else:
        evi.seed("demo")
    with talking(evi) as client:
        opened = client.read_until("chat_metadata")
        assert evi.next_chat(timeout=0.1).id == opened["chat_id"]


def test_next_chat_across_a_reset(evi: Evi) -> None:
    """Who waits for a chat when the world is reset gets the first one after that."""
    evi.reset()
    waiting = Started(lambda: evi.next_chat(timeout=1).id)
    until_it_waits(evi)
    evi.reset()
    with talking(evi) as client:
        assert client.read_until("chat_metadata")["chat_id"] == waiting.result()


# what it shows


def test_a_recorded_chat(evi: Evi) -> None:
    """A chat of the seed, by its id in any case: the same as over REST."""
    chat = evi.chat(RECORDED.upper())
    shown = get(evi, f"/v0/evi/chats/{RECORDED}?page_size=100")
    assert (chat.id, chat.group_id) == (RECORDED, shown["chat_group_id"])
    assert (chat.status, chat.is_live) == ("USER_ENDED", False)
    assert [each["id"] for each in chat.events] == [each["id"] for each in shown["events_page"]]
    assert repr(chat) == f"<chat {RECORDED} USER_ENDED>"
    assert {who for who, _ in chat.messages} == {"user", "assistant"}


def test_a_chat_that_is_not_there(evi: Evi) -> None:
    """A wrong id is a LookupError that names it, as is a chat whose world was reset."""
    with pytest.raises(LookupError, match="no-such-chat"):
        evi.chat("no-such-chat")
    chat = evi.simulate(user=["Hello"])
    evi.reset()
    with pytest.raises(LookupError, match=f"chat {chat.id} is gone: the world was reset"):
        chat.status  # noqa: B018 - asking is what fails


def test_a_chat_that_goes_on(evi: Evi) -> None:
    """It is live until its client leaves; what is said is there at once."""
    evi.script.on_user("hello").say("Hi there.")
    with talking(evi) as client:
        chat = evi.next_chat()
        client.say("Hello")
        client.read_until("assistant_end")
        assert chat.is_live
        assert chat.status == "ACTIVE"
        assert chat.messages == [("user", "Hello"), ("assistant", "Hi there.")]
    chat.closed()
    assert (chat.is_live, chat.status) == (False, "USER_ENDED")
    assert [each.id for each in evi.chats][-1] == chat.id


def test_what_a_test_sends(evi: Evi) -> None:
    """`send` goes through the control plane: the client sees its effect, and expects nothing."""
    with talking(evi) as client:
        chat = evi.next_chat()
        chat.send(type="user_input", text="From the test")
        assert client.read_until("user_message")["message"]["content"] == "From the test"
        with pytest.raises(ExpectationFailed):
            chat.expect("user_input", timeout=0.01)
    chat.closed()
    with pytest.raises(LookupError, match="not live any more"):
        chat.send(type="user_input", text="Too late")


def test_what_cannot_be_sent(evi: Evi) -> None:
    """A message that is none is refused in the emulator's words."""
    with talking(evi):
        chat = evi.next_chat()
        with pytest.raises(EmulatorError, match="'user_input'"):
            chat.send(type="user_inptu", text="Hello")


# expect


def test_frames_are_met_in_order(evi: Evi) -> None:
    """Each expectation looks after the frame that the one before has met."""
    with talking(evi) as client:
        chat = evi.next_chat()
        for text in ("one", "two", "one"):
            client.say(text)
        first = chat.expect("user_input", text="one")
        assert first == {"type": "user_input", "text": "one"}
        assert chat.expect("user_input")["text"] == "two"
        assert chat.expect("user_input", text="one")
        with pytest.raises(ExpectationFailed):
            chat.expect("user_input", text="one", timeout=0.01)
        # another handle begins anew
        assert evi.chat(chat.id).expect("user_input", text="two")


def test_a_frame_that_is_still_to_come(evi: Evi) -> None:
    """expect returns as soon as it is there."""
    with talking(evi) as client:
        chat = evi.next_chat()
        waiting = Started(lambda: chat.expect("user_input", text="late", timeout=PATIENCE_S))
        client.say("early")
        client.say("late")
        assert waiting.result()["text"] == "late"


def test_an_expectation_that_failed_takes_nothing(evi: Evi) -> None:
    """What did not fit may meet the next one."""
    with talking(evi) as client:
        chat = evi.next_chat()
        client.say("Hello")
        with pytest.raises(ExpectationFailed):
            chat.expect("user_input", text="Bye", timeout=0.05)
        assert chat.expect("user_input", text="Hello")


def test_matchers(evi: Evi) -> None:
    """A field is compared with ==, whatever its value is; nested ones as a whole."""
    with talking(evi) as client:
        chat = evi.next_chat()
        client.send(type="session_settings", variables={"name": "Ada"}, context=None)
        assert chat.expect("session_settings", variables={"name": Either("Eve", "Ada")})
        client.say("Hello")
        with pytest.raises(
            ExpectationFailed, match=r"text: wanted Either\('a', 'b'\), got 'Hello'"
        ):
            chat.expect("user_input", text=Either("a", "b"), timeout=0.05)
        assert chat.expect("user_input", text=Either("Hi", "Hello"))


def test_a_tool_call(evi: Evi) -> None:
    """The client's answer is expected by its content; {tool_result} is what it said."""
    evi.script.on_user("weather").call_tool("get_current_weather", {"location": "Oslo"}).say(
        "{tool_result}"
    )
    with talking(evi) as client:
        chat = evi.next_chat()
        client.send(type="session_settings", tools=[TOOL])
        client.say("What's the weather?")
        call = client.read_until("tool_call")
        answer = {"tool_call_id": call["tool_call_id"], "content": '{"celsius": -4}'}
        client.send(type="tool_response", **answer)
        chat.expect("user_input", text="What's the weather?")
        response = chat.expect_tool_response(content='{"celsius": -4}')
        assert response["tool_call_id"] == call["tool_call_id"]
        client.read_until("assistant_end")
    chat.closed(code=1000)
    assert chat.messages[-1] == ("assistant", '{"celsius": -4}')


def test_frames_that_are_no_messages(evi: Evi) -> None:
    """Nonsense is no candidate, and no obstacle; sound is told by its size."""
    with talking(evi) as client:
        chat = evi.next_chat()
        client.socket.send("nonsense")
        client.socket.send("[1]")
        client.send(type="audio_input", data="AAAA" * 10)
        client.socket.send(bytes(12))
        assert chat.expect("audio_input")["data"] == "(40 characters)"
        assert chat.expect("audio") == {"type": "audio", "bytes": 12}
        client.say("Hello")
        assert chat.expect("user_input")


def test_only_its_client_meets_expectations(evi: Evi) -> None:
    """What a monitor sends through the control plane is not what the app under test sent."""
    with talking(evi, allow_connection="true"):
        chat = evi.next_chat()
        with joining(evi, chat.id) as joined:
            joined.say("From the control plane")
            joined.read_until("user_message")
        with pytest.raises(ExpectationFailed):
            chat.expect("user_input", timeout=0.05)


# closed


def test_codes(evi: Evi) -> None:
    """The code of whoever closed; another one is told."""
    with talking(evi) as client:
        chat = evi.next_chat()
        waiting = Started(lambda: chat.closed(code=4001, timeout=PATIENCE_S))
        client.socket.close(4001, "mine")
    waiting.result()
    with pytest.raises(ExpectationFailed, match="code: wanted 1000, got 4001"):
        chat.closed()


def test_a_socket_that_stays_open(evi: Evi) -> None:
    """closed fails in time, and shows what happened."""
    with talking(evi):
        chat = evi.next_chat()
        with pytest.raises(ExpectationFailed, match=r"not closed with 1000 within 0\.01 s"):
            chat.closed(timeout=0.01)


def test_the_server_closes(evi: Evi) -> None:
    """After the assistant hung up, the close is the server's."""
    evi.script.on_user("bye").say("Bye.").hang_up()
    with http(evi) as rest:
        tools = [{"name": "hang_up"}]
        body = {"name": "Hangs up", "evi_version": "3", "builtin_tools": tools}
        config = rest.post("/v0/evi/configs", json=body).json()
    with talking(evi, config_id=config["id"]) as client:
        chat = evi.next_chat()
        client.say("bye")
        chat.closed(code=1000)
    [entry] = [each for each in evi.journal.entries("frame", chat_id=chat.id) if "close" in each]
    assert entry["direction"] == "out"


@pytest.mark.evi(clock="manual")
def test_time_closes(evi: Evi) -> None:
    """Twenty emulated minutes of silence end a chat, now."""
    with talking(evi):
        chat = evi.next_chat()
        evi.clock.advance(minutes=20)
        chat.closed(code=1000)
    assert chat.status == "INACTIVITY_TIMEOUT"


def test_a_client_that_vanishes(evi: Evi) -> None:
    """Without a close frame the code is 1006, as everywhere."""
    with talking(evi) as client:
        chat = evi.next_chat()
        client.socket.socket.shutdown(2)
        chat.closed(code=1006)
    assert chat.status == "USER_ENDED"


def test_only_its_client_closes_it(evi: Evi) -> None:
    """A monitor that leaves ends nothing."""
    with talking(evi, allow_connection="true"):
        chat = evi.next_chat()
        with joining(evi, chat.id) as joined:
            joined.read_until("chat_metadata")
        evi.journal.wait_for("frame", joined=True, close=1000)
        with pytest.raises(ExpectationFailed):
            chat.closed(timeout=0.01)


# the twins that can be awaited


def test_everything_can_be_awaited(evi: Evi) -> None:
    """The client's own tasks go on while the test waits, in one loop."""
    evi.script.on_user("weather").call_tool("get_current_weather").say("{tool_result}")

    async def app() -> None:
        """An app under test: it asks, answers tool calls, and leaves after the answer."""
        url = f"{evi.ws_url}?api_key={evi.api_key}"
        async with aconnect(url, proxy=None, max_queue=None) as socket:
            await socket.send(json.dumps({"type": "session_settings", "tools": [TOOL]}))
            await socket.send(json.dumps({"type": "user_input", "text": "The weather?"}))
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "tool_call":
                    answer = {"tool_call_id": message["tool_call_id"], "content": "Snow."}
                    await socket.send(json.dumps({"type": "tool_response", **answer}))
                if message["type"] == "assistant_message" and "Snow" in frame_text(message):
                    return

    async def play() -> list[tuple[str, str]]:
        running = asyncio.create_task(app())
        chat = await evi.anext_chat()
        await chat.aexpect("user_input", text="The weather?")
        await chat.aexpect_tool_response(content="Snow.")
        await chat.aclosed(code=1000)
        await running
        with pytest.raises(ExpectationFailed):
            await chat.aexpect("user_input", timeout=0.01)
        with pytest.raises(ExpectationFailed):
            await chat.aclosed(code=1011, timeout=0.01)
        with pytest.raises(ExpectationFailed):
            await evi.anext_chat(timeout=0.01)
        return chat.messages

    assert asyncio.run(play())[-1] == ("assistant", "Snow.")


def frame_text(message: dict[str, Any]) -> str:
    return str(message["message"]["content"])


def test_waiting_can_be_cancelled(evi: Evi) -> None:
    """A task that gives up leaves nothing behind, and takes no chat away."""

    async def play() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await evi.anext_chat(timeout=60)

    asyncio.run(play())
    with talking(evi) as client:
        opened = client.read_until("chat_metadata")
        assert evi.next_chat().id == opened["chat_id"]
    assert evi.world.journal.watchers == []


def test_a_simulated_client_sends_no_frames(evi: Evi) -> None:
    """A test that expects one learns that its program has to open the chat."""
    chat = evi.simulate(user=["Hello"], end_reason="ACTIVE")
    with pytest.raises(ExpectationFailed, match=r"let your program open the chat"):
        chat.expect_tool_response(timeout=0.01)
