"""What was said in a chat, as a model is told."""

import json

from emulator.apis.evi.chat.messages import ToolResponse
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.model.conversation import Said, read_conversation
from tests.apis.evi.chat.chats import WEATHER, Chat, config_with


def told(chat: Chat) -> list[Said]:
    return chat.session._history.said(chat.session.start_ms)


def test_words_of_both_have_their_times() -> None:
    """In ms since the chat began; a typed message takes no time and has no scores."""
    script = Script()
    script.on_anything().say("Hello there. How are you?")
    chat = Chat(script=script)
    chat.start()
    chat.wait(500)
    chat.type("Hi")
    user, first, second = told(chat)
    assert (user.role, user.text, user.scores, user.begin_ms) == ("user", "Hi", None, 500)
    assert [(each.role, each.text) for each in (first, second)] == [
        ("assistant", "Hello there."),
        ("assistant", "How are you?"),
    ]
    assert first.end_ms > first.begin_ms >= 500
    assert second.end_ms > second.begin_ms >= first.end_ms
    message = user.to_message(with_extras=True)
    assert message == {
        "role": "user",
        "content": "Hi",
        "models": {"prosody": None},
        "time": {"begin": 500, "end": 500},
    }
    assert user.to_message(with_extras=False) == {"role": "user", "content": "Hi"}


def test_spoken_words_have_scores() -> None:
    """All 48 of them."""
    chat = Chat()
    chat.start()
    chat.wait(3_000)
    chat.hear("Hi", lasted_ms=400)
    message = told(chat)[0].to_message(with_extras=True)
    assert len(message["models"]["prosody"]["scores"]) == 48
    assert message["time"] == {"begin": 2_600, "end": 3_000}


def test_a_tool_call_comes_with_its_answer() -> None:
    """A call that nobody has answered is left out, since servers refuse it."""
    script = Script()
    script.on_anything().call_tool("get_weather", {"location": "Oslo"}).say("{tool_result}")
    chat = Chat(config_with(tools={"get_weather": WEATHER}), script)
    chat.start()
    messages = chat.type("The weather?")
    assert [each.role for each in told(chat)] == ["user"]
    [call] = [each for each in messages if each.type == "tool_call"]
    chat.send(ToolResponse(tool_call_id=call.tool_call_id, content="Cold."))
    user, asked, result, said = told(chat)
    shown = asked.to_message(with_extras=False)
    assert shown["content"] is None
    [tool_call] = shown["tool_calls"]
    assert tool_call["id"] == call.tool_call_id
    assert json.loads(tool_call["function"]["arguments"]) == {"location": "Oslo"}
    assert result.to_message(with_extras=False) == {
        "role": "tool",
        "content": "Cold.",
        "tool_call_id": call.tool_call_id,
    }
    assert (said.role, said.text) == ("assistant", "Cold.")


def test_the_past_has_no_time() -> None:
    """It was said before the chat began, and times count from there."""
    event = {"emotion_features": "", "metadata": ""}
    scores = {"emotion_features": json.dumps({"Joy": 1.0})}
    segments = {"segments": [{"time": {"begin_ms": 400, "end_ms": 900}}]}
    spoken = {**event, **scores, "metadata": json.dumps(segments)}
    events = [
        {**spoken, "type": "USER_MESSAGE", "message_text": "Hi", "timestamp": 100},
        {**event, "type": "AGENT_MESSAGE", "message_text": "Hello.", "timestamp": 990},
        {**spoken, "type": "USER_MESSAGE", "message_text": "Me again", "timestamp": 1_900},
    ]
    times = [(each.begin_ms, each.end_ms) for each in read_conversation(events, 1_000)]
    assert times == [(0, 0), (0, 0), (400, 900)]


def test_ids_of_the_model() -> None:
    """They take the place of the chat's, in a call as in its result."""
    call = Said("assistant", "", tool_calls=({"id": "a", "type": "function"},))
    assert call.with_ids({"a": "b"}).tool_calls == ({"id": "b", "type": "function"},)
    assert Said("tool", "x", tool_call_id="a").with_ids({"a": "b"}).tool_call_id == "b"
    assert call.with_ids({}) is call


def test_a_result_whose_call_is_cut_off() -> None:
    """As the past of a resumed chat may begin with: servers refuse it, so it is left out."""
    event = {"timestamp": 5, "emotion_features": "", "metadata": ""}
    events = [
        {**event, "type": "FUNCTION_CALL_RESPONSE", "message_text": "Cold."},
        {**event, "type": "USER_MESSAGE", "message_text": "Hi"},
    ]
    assert [each.text for each in read_conversation(events, 0)] == ["Hi"]
