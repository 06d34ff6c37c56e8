"""The state machine of a chat, without I/O."""

import json
from base64 import b64decode
from typing import Any

import pytest

from emulator.apis.evi.chat.channel import ChatEnded, ChatStarted, ToolCalled
from emulator.apis.evi.chat.config import ChatConfig, EventMessage, ToolSpec, read_config
from emulator.apis.evi.chat.improvised import GOODBYE, INACTIVITY, MAX_DURATION, NUDGE
from emulator.apis.evi.chat.messages import (
    AssistantInput,
    AudioInput,
    BuiltinTool,
    ClientMessage,
    Context,
    PauseAssistantMessage,
    ResumeAssistantMessage,
    ServerMessage,
    SessionSettings,
    Tool,
    ToolError,
    ToolResponse,
    UserInput,
)
from emulator.apis.evi.chat.prosody import EMOTIONS
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat_store import EVENT_ROLES
from emulator.audio.sentences import sentences
from emulator.jsontext import parse
from tests.apis.evi.chat.chats import (
    NOW,
    PLAIN,
    PLAIN_CONTENT,
    WEATHER,
    Chat,
    config_with,
    of_type,
    said,
    started,
    types,
)

ANSWER = ["assistant_message", "audio_output", "assistant_prosody"]  # one sentence
NOBODY = "00000000-0000-4000-8000-000000000000"


def saying(*texts: str) -> Script:
    """A script that says these texts, one for each turn."""
    script = Script()
    for text in texts:
        script.on_anything(times=1).say(text)
    return script


def calling(then: str = "It is {tool_result}.", name: str = "get_weather") -> Script:
    """A script whose every turn calls a tool and speaks of its result."""
    script = Script()
    script.on_anything().call_tool(name, {"location": "Oslo"}).say(then)
    return script


def custom_model_config(url: str) -> ChatConfig:
    """A config with a custom language model, which greets."""
    config = {
        "event_messages": {
            **PLAIN_CONTENT["event_messages"],
            "on_new_chat": {"enabled": True, "text": "Hi."},
        },
        "language_model": {"model_provider": "CUSTOM_LANGUAGE_MODEL", "model_resource": url},
    }
    return read_config({**PLAIN_CONTENT, **config})


def test_a_custom_language_model_without_a_url() -> None:
    """The client is told once, and the assistant itself answers."""
    chat = Chat(custom_model_config("custom-language-model"))
    messages = chat.start()

    assert types(messages)[:3] == ["chat_metadata", "error", "assistant_message"]
    [error] = of_type(messages, "error")
    assert (error.code, error.slug) == ("EMU10", "custom_language_model_error")
    assert error.message.startswith("Custom language model was not called")
    [entry] = chat.journal.entries()
    assert (entry["kind"], entry["finding"]) == ("script", "custom_language_model_error")
    assert entry["message"] == error.message
    answers = chat.type("Hello")
    assert of_type(answers, "error") == []
    assert said(answers)
    assert chat.stored["status"] == "ACTIVE"


def the_call(messages: list[ServerMessage]) -> str:
    """The id of the one tool call in the messages."""
    [call] = of_type(messages, "tool_call")
    return str(call.tool_call_id)


def pause() -> ClientMessage:
    return PauseAssistantMessage()


def resume() -> ClientMessage:
    return ResumeAssistantMessage()


# the start


def test_chat_metadata_comes_first_and_alone() -> None:
    """A chat begins with its ids; without a greeting nothing else is sent."""
    chat = Chat()
    [metadata] = chat.start()

    assert metadata.type == "chat_metadata"
    assert metadata.chat_id == chat.id
    assert metadata.chat_group_id == chat.session.chat_group_id
    assert len(metadata.request_id) == 43
    assert metadata.request_id[36:].isdigit()
    assert chat.told == [ChatStarted(NOW, resumed=False)]


def test_the_chat_can_be_read_from_its_start() -> None:
    """The store has the chat, its group and its first events while it is ACTIVE."""
    chat = started(config_with(id="c", version=4))

    assert chat.stored == {
        "id": chat.id,
        "chat_group_id": chat.session.chat_group_id,
        "status": "ACTIVE",
        "start_timestamp": NOW,
        "end_timestamp": None,
        "metadata": "",
        "config": {"id": "c", "version": 4},
        "event_count": 2,
    }
    assert [event["type"] for event in chat.events()] == ["CHAT_START_MESSAGE", "SYSTEM_PROMPT"]
    assert chat.event_texts("SYSTEM_PROMPT") == ["Be kind."]
    group = chat.store.find_group(chat.session.chat_group_id)
    assert group is not None
    assert group["active"] is True


def test_a_chat_without_a_config_shows_none() -> None:
    """`config` is left out of the chat where no config was named."""
    assert "config" not in started().stored


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Welcome aboard. How are you?", "Ship", ["Welcome aboard.", "How are you?"]),
        ("", "Ship", ["Hello, this is Ship.", "How can I help you?"]),
        ("", "", ["Hello!", "How can I help you?"]),
    ],
)
def test_the_greeting(text: str, name: str, expected: list[str]) -> None:
    """With on_new_chat the assistant speaks first: the text, or what it makes up."""
    chat = Chat(config_with(on_new_chat=EventMessage(True, text), name=name))
    messages = chat.start()

    assert types(messages) == ["chat_metadata", *ANSWER, *ANSWER, "assistant_end"]
    assert said(messages) == expected == chat.event_texts("AGENT_MESSAGE")
    assert not any(message.from_text for message in of_type(messages, "assistant_message"))


def test_a_resumed_group() -> None:
    """The new chat has an id of its own in the same group, and remembers the last words."""
    first = started()
    first.type("I like trains")
    first.type("and boats")
    first.end()
    greeting = config_with(on_new_chat=EventMessage(True))
    group_id = first.session.chat_group_id
    second = Chat(greeting, store=first.store, random_seed=2, resumed_group_id=group_id)
    messages = second.start()

    assert said(messages) == ["Welcome back.", 'Last time you said: "and boats".']
    assert second.id != first.id
    assert of_type(messages, "chat_metadata")[0].chat_group_id == group_id
    assert second.told == [ChatStarted(NOW, resumed=True)]
    group = first.store.find_group(group_id)
    assert group is not None
    assert (group["num_chats"], group["most_recent_chat_id"]) == (2, second.id)


def test_the_event_limit_ends_the_memory() -> None:
    """What lies further back than the event limit is not remembered."""
    first = started()
    first.type("I like trains")
    first.end()
    second = Chat(
        config_with(on_new_chat=EventMessage(True)),
        store=first.store,
        random_seed=2,
        resumed_group_id=first.session.chat_group_id,
        event_limit=1,
    )
    assert said(second.start()) == ["Hello!", "How can I help you?"]


# text and speech


def test_a_typed_turn() -> None:
    """Typed text comes back as user_message, then each sentence, then one assistant_end."""
    chat = started(script=saying("One. Two!"))
    chat.wait(278)
    messages = chat.type("Go on.")

    assert types(messages) == ["user_message", *ANSWER, *ANSWER, "assistant_end"]
    [user] = of_type(messages, "user_message")
    assert (user.message.role, user.message.content) == ("user", "Go on.")
    assert (user.from_text, user.interim, user.models.prosody) == (True, False, None)
    assert (user.time.begin, user.time.end) == (278, 278)
    assert said(messages) == ["One.", "Two!"]
    for message in of_type(messages, "assistant_message"):
        assert message.message.role == "assistant"
        assert message.models.prosody is None
        assert (message.from_text, message.is_quick_response) == (False, False)


def test_a_spoken_turn() -> None:
    """Speech has 48 scores and a span that ends now, counted from the chat's start."""
    chat = started(script=saying("Yes."))
    chat.wait(5_000)
    [user, *_] = chat.hear("Hello there", lasted_ms=1_200)

    assert user.type == "user_message"
    assert user.from_text is False
    assert user.models.prosody is not None
    assert tuple(user.models.prosody.scores) == EMOTIONS
    assert (user.time.begin, user.time.end) == (3_800, 5_000)
    [event] = chat.events("USER_MESSAGE")
    assert json.loads(event["emotion_features"]) == user.models.prosody.scores
    [segment] = json.loads(event["metadata"])["segments"]
    assert segment["content"] == "Hello there"
    assert segment["time"] == {"begin_ms": 3_800, "end_ms": 5_000}


def test_any_text_can_be_read_again() -> None:
    """What was said is in the history, whatever its characters."""
    chat = started()
    chat.type("nothing \0 here")
    assert chat.event_texts("USER_MESSAGE") == ["nothing \0 here"]


def test_speech_does_not_begin_before_the_chat() -> None:
    """A span that would begin too early begins with the chat."""
    chat = started(script=saying("Yes."))
    chat.wait(100)
    [user, *_] = chat.hear("Hello", lasted_ms=900)

    assert user.type == "user_message"
    assert (user.time.begin, user.time.end) == (0, 100)


def test_sentence_sound_and_scores_belong_together() -> None:
    """A sentence, its audio and its prosody share 32 hexadecimal digits; its event has them too."""
    chat = started(script=saying("A fairly long sentence that takes more than a second to say."))
    messages = chat.type("Go")

    [sentence] = of_type(messages, "assistant_message")
    [prosody] = of_type(messages, "assistant_prosody")
    audio = of_type(messages, "audio_output")
    assert len(sentence.id) == 32
    assert int(sentence.id, 16)
    assert {message.id for message in audio} == {prosody.id} == {sentence.id}
    assert [message.index for message in audio] == [0, 1, 2, 3]
    assert all(b64decode(message.data).startswith(b"RIFF") for message in audio)

    [spoken] = chat.events("AGENT_MESSAGE")
    [scored] = chat.events("ASSISTANT_PROSODY")
    assert spoken["id"].replace("-", "") == sentence.id
    assert scored["related_event_id"] == spoken["id"]
    assert json.loads(scored["emotion_features"]) == prosody.models.prosody.scores


def test_scores_inline() -> None:
    """Older clients get the same scores inside of each sentence; the history is the same."""
    framed, inline = (
        started(script=saying("One. Two."), inline_prosody=is_inline) for is_inline in (False, True)
    )
    given = [each.models for each in of_type(framed.type("Go"), "assistant_prosody")]
    messages = inline.type("Go")

    sentence = ["assistant_message", "audio_output"]
    assert types(messages) == ["user_message", *sentence, *sentence, "assistant_end"]
    assert [each.models for each in of_type(messages, "assistant_message")] == given
    assert len(given) == 2
    assert inline.events() == framed.events()


def test_nobody_to_hear_means_no_audio() -> None:
    """Without a voice the messages are the same but for the audio."""
    chat = started(script=saying("Yes."), voiced=False)
    assert types(chat.type("Go")) == [
        "user_message",
        "assistant_message",
        "assistant_prosody",
        "assistant_end",
    ]


def test_a_quick_response_goes_before_the_answer() -> None:
    """EVI 3 with short responses says something short first, marked as such."""
    chat = started(config_with(allow_short_responses=True))
    messages = chat.type("Good news.")

    first, *others = of_type(messages, "assistant_message")
    assert (first.message.content, first.is_quick_response) == ("I see.", True)
    assert [message.message.content for message in others] == [
        'You said: "Good news."',
        "What happened then?",
    ]
    assert not any(message.is_quick_response for message in others)
    assert types(messages).count("assistant_end") == 1


def test_evi_4_mini_has_no_quick_responses() -> None:
    """Short responses are EVI 3's alone."""
    chat = started(config_with(allow_short_responses=True, evi_version="4-mini"))
    messages = of_type(chat.type("Good news."), "assistant_message")
    assert not any(message.is_quick_response for message in messages)


def test_assistant_input_is_spoken_as_it_is() -> None:
    """The client's words for the assistant are spoken verbatim, marked as text."""
    chat = started()
    messages = chat.send(AssistantInput(text="Say {user_text} {{name}}. Twice."))

    assert types(messages) == [*ANSWER, *ANSWER, "assistant_end"]
    assert said(messages) == ["Say {user_text} {{name}}.", "Twice."]
    assert all(message.from_text for message in of_type(messages, "assistant_message"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said: "No." Then he left.', ['He said: "No."', "Then he left."]),
        ("Version 3.5 is out", ["Version 3.5 is out"]),
        ("  Hm.  \n\n  Well.  ", ["Hm.", "Well."]),
        ("", [""]),
        ("...", ["..."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    """Text is split where a sentence ends and a space follows."""
    assert sentences(text) == expected


def test_an_answer_takes_its_time_at_the_pace_of_life() -> None:
    """At the pace of 1 the assistant thinks 0.6 to 1 s first; at 0 it answers at once."""
    chat = started(script=saying("Yes."), pace=1)
    assert types(chat.type("Go")) == ["user_message"]
    due_ms = chat.session.next_due_ms
    assert due_ms is not None
    assert 600 <= due_ms - NOW <= 1_000

    assert types(chat.wait(5_000)) == [*ANSWER, "assistant_end"]
    assert types(started(script=saying("Yes.")).type("Go"))[-1] == "assistant_end"


def test_a_pause_in_an_answer() -> None:
    """The assistant stops for the time that the script says, even at the pace of 0."""
    script = Script()
    script.on_anything().say("Wait.").pause("2s").say("Now.")
    chat = started(script=script)

    assert said(chat.type("Go")) == ["Wait."]
    assert chat.wait(1_999) == []
    messages = chat.wait(1)
    assert said(messages) == ["Now."]
    assert types(messages)[-1] == "assistant_end"


def test_an_answer_begins_when_the_setting_says() -> None:
    """It thinks exactly as long, a fifth of that at the pace of a fifth; a pause goes first."""
    for pace, due_ms in ((1, 300), (0.2, 60)):
        chat = started(script=saying("Yes."), pace=pace, first_audio_ms=300)
        chat.type("Go")
        assert chat.session.next_due_ms == NOW + due_ms

    script = Script()
    script.on_anything().pause("2s").say("Yes.")
    chat = started(script=script, pace=1, first_audio_ms=300)
    chat.type("Go")
    assert said(chat.wait(1_999)) == []
    assert said(chat.wait(1)) == ["Yes."]


def test_a_tools_answer_is_thought_about_as_long() -> None:
    """Even if that is no time at all."""
    script = Script()
    script.on_anything().call_tool("get_weather").say("Sunny.")
    chat = started(script=script, pace=1, first_audio_ms=0)
    [call] = of_type(chat.type("Go"), "tool_call")
    answer = ToolResponse(tool_call_id=call.tool_call_id, content="{}")
    assert said(chat.send(answer)) == ["Sunny."]


def test_sound_that_comes_late() -> None:
    """Each chunk after the one before, at most by the jitter, then the scores of the sentence."""
    text = "I have been speaking for quite some time now, as you may have noticed."
    chat = started(script=saying(text), pace=1, first_audio_ms=0, jitter_ms=50)
    assert types(chat.type("Go"))[:2] == ["user_message", "assistant_message"]
    whole = started(script=saying(text))
    whole.type("Go")

    last_ms = NOW
    chunks = of_type(whole.messages, "audio_output")
    while len(of_type(chat.messages, "audio_output")) < len(chunks):
        due_ms = chat.session.next_due_ms
        assert due_ms is not None
        assert last_ms <= due_ms <= last_ms + 50
        chat.wait(due_ms - last_ms)
        last_ms = due_ms
    assert last_ms > NOW
    chat.wait(5_000)
    assert [each.data for each in of_type(chat.messages, "audio_output")] == [
        each.data for each in chunks
    ]
    assert types(chat.messages) == types(whole.messages)


# interruptions


def test_an_interruption() -> None:
    """Speaking while the assistant is at it stops it: no more of it, no assistant_end."""
    chat = started(script=saying("One. Two. Three.", "Sorry."), pace=1)
    chat.type("Count")
    assert said(chat.wait(1_000)) == ["One."]

    messages = chat.type("Stop")
    assert types(messages) == ["user_interruption", "user_message"]
    [interruption] = of_type(messages, "user_interruption")
    assert interruption.time == NOW + 1_000
    assert [event["timestamp"] for event in chat.events("USER_INTERRUPTION")] == [NOW + 1_000]

    later = chat.wait(10_000)
    assert said(later) == ["Sorry."]
    assert types(chat.messages).count("assistant_end") == 1


def test_speech_after_the_end_of_a_turn_is_no_interruption() -> None:
    """Once everything is generated, the user does not interrupt, though audio still plays."""
    chat = started(script=saying("One.", "Two."))
    chat.type("Count")
    assert types(chat.type("More"))[0] == "user_message"
    assert chat.events("USER_INTERRUPTION") == []


def test_speech_while_a_tool_is_awaited_is_an_interruption() -> None:
    """The call that was interrupted is no longer awaited; its answer is unknown."""
    chat = started(config_with(tools={"get_weather": WEATHER}), calling())
    call_id = the_call(chat.type("Weather"))
    assert types(chat.type("Never mind"))[:2] == ["user_interruption", "user_message"]

    [error] = chat.send(ToolResponse(tool_call_id=call_id, content="late"))
    assert error.type == "error"
    assert error.slug == "tool_call_unknown"


def test_speech_that_was_cut_off_is_not_waited_for() -> None:
    """After an interruption the silence counts from the end of the new answer's speech."""
    long = "This sentence takes a very long time to say, " * 5 + "and nobody hears its end. More."
    chat = started(config_with(nudge_ms=5_000), saying(long, "Yes."), pace=1)
    chat.type("Go")
    chat.wait(1_100)
    chat.type("Stop")
    chat.wait(3_000)  # the short answer is over

    due_ms = chat.session.next_due_ms
    assert due_ms is not None
    assert due_ms <= chat.clock.now_ms() + 5_000


# pausing


def test_a_paused_assistant_keeps_silent() -> None:
    """While paused, user turns are heard but not answered; resuming answers the latest."""
    script = Script()
    script.on_anything().say("You said {user_text}.")
    chat = started(script=script)
    assert chat.send(pause()) == []
    assert types(chat.type("one")) == ["user_message"]
    assert types(chat.type("two")) == ["user_message"]

    messages = chat.send(resume())
    assert said(messages) == ["You said two."]
    assert types(messages) == [*ANSWER, "assistant_end"]
    assert chat.event_texts("USER_MESSAGE") == ["one", "two"]
    assert [event["type"] for event in chat.events("PAUSE_ONSET", "RESUME_ONSET")] == [
        "PAUSE_ONSET",
        "RESUME_ONSET",
    ]


def test_pausing_twice_and_resuming_twice_change_nothing() -> None:
    """Only the first of two equal messages counts."""
    chat = started()
    for message in (resume(), pause(), pause(), resume(), resume()):
        assert chat.send(message) == []
    assert len(chat.events("PAUSE_ONSET", "RESUME_ONSET")) == 2


def test_a_turn_under_way_is_held() -> None:
    """A pause in the middle of an answer holds its rest, which resuming lets go on."""
    chat = started(script=saying("One. Two."), pace=1)
    chat.type("Count")
    assert said(chat.wait(1_000)) == ["One."]
    chat.send(pause())
    assert chat.wait(60_000) == []

    chat.send(resume())
    chat.wait(2_000)
    assert said(chat.messages) == ["One.", "Two."]
    assert types(chat.messages)[-1] == "assistant_end"


def test_a_held_turn_gives_way_to_what_the_user_says() -> None:
    """Words during the pause replace the answer that was held, without an interruption."""
    chat = started(script=saying("One. Two.", "Fine."), pace=1)
    chat.type("Count")
    chat.wait(1_000)
    chat.send(pause())
    assert types(chat.type("Enough")) == ["user_message"]

    chat.send(resume())
    chat.wait(5_000)
    assert said(chat.messages) == ["One.", "Fine."]


def test_assistant_input_waits_for_the_end_of_a_pause() -> None:
    """What the assistant is to say is held while it is paused, and said before its answer."""
    chat = started(script=saying("Fine."))
    chat.send(pause())
    assert chat.send(AssistantInput(text="By the way.")) == []
    chat.type("Hm")
    assert said(chat.send(resume())) == ["By the way.", "Fine."]


# tools


def test_a_tool_call() -> None:
    """The assistant calls a function with JSON text, waits, and speaks of what came back."""
    chat = started(config_with(tools={"get_weather": WEATHER}), calling("It is {tool_result.sky}."))
    messages = chat.type("Weather?")

    assert types(messages) == ["user_message", "tool_call"]
    [call] = of_type(messages, "tool_call")
    assert (call.name, json.loads(call.parameters)) == ("get_weather", {"location": "Oslo"})
    assert (call.tool_type, call.response_required) == ("function", True)
    assert chat.session.waits_for == call
    assert chat.told[1:] == [ToolCalled(NOW, call)]
    [event] = chat.events("FUNCTION_CALL")
    assert json.loads(event["message_text"]) == {
        "name": "get_weather",
        "parameters": '{"location": "Oslo"}',
        "tool_call_id": call.tool_call_id,
        "tool_type": "function",
        "response_required": True,
    }
    assert chat.wait(60_000) == []

    result = '{"sky": "grey"}'
    answer = chat.send(ToolResponse(tool_call_id=call.tool_call_id, content=result))
    assert said(answer) == ["It is grey."]
    assert types(answer)[-1] == "assistant_end"
    assert chat.event_texts("FUNCTION_CALL_RESPONSE") == [result]
    assert chat.session.waits_for is None


@pytest.mark.parametrize(
    ("content", "fallback", "expected"),
    [
        ("no answer", "unknown", "It is no answer."),
        (None, "unknown", "It is unknown."),
        ("no answer", None, "It is no answer."),
        ("", "unknown", "It is ."),
    ],
)
def test_a_tool_error(content: str | None, fallback: str | None, expected: str) -> None:
    """In place of the result stands the error's content, else the tool's fallback."""
    tool = ToolSpec("get_weather", "{}", fallback)
    chat = started(config_with(tools={"get_weather": tool}), calling())
    call_id = the_call(chat.type("Weather?"))

    error = ToolError(tool_call_id=call_id, error="timeout 0x17", content=content)
    assert said(chat.send(error)) == [expected]


def test_the_error_of_a_tool_is_not_spoken() -> None:
    """Neither the user nor the model sees `error`, though nothing stands in its place."""
    chat = started(config_with(tools={"get_weather": WEATHER}), calling())
    call_id = the_call(chat.type("Weather?"))

    spoken = said(chat.send(ToolError(tool_call_id=call_id, error="timeout 0x17")))
    assert spoken
    assert not any("0x17" in text for text in spoken)


def test_an_answer_that_nobody_waits_for() -> None:
    """An unknown tool_call_id gives an error frame and a journal entry; the chat goes on."""
    chat = started(config_with(tools={"get_weather": WEATHER}), calling())
    call_id = the_call(chat.type("Weather?"))
    [error] = chat.send(ToolResponse(tool_call_id=call_id[:-1], content="?"))

    assert error.type == "error"
    assert (error.code, error.slug) == ("EMU02", "tool_call_unknown")
    assert call_id in error.message  # as the closest one
    [entry] = chat.journal.entries(kind="script")
    assert (entry["chat_id"], entry["finding"]) == (chat.id, "tool_call_unknown")
    assert entry["message"] == error.message
    assert said(chat.send(ToolResponse(tool_call_id=call_id, content="fine"))) == ["It is fine."]


def test_a_second_answer_is_unknown() -> None:
    """A call is answered once."""
    chat = started(config_with(tools={"get_weather": WEATHER}), calling())
    answer = ToolResponse(tool_call_id=the_call(chat.type("Weather?")), content="fine")
    chat.send(answer)
    assert [message.type for message in chat.send(answer)] == ["error"]
    assert chat.event_texts("FUNCTION_CALL_RESPONSE") == ["fine"]


def test_a_tool_that_the_user_names_is_called() -> None:
    """Without a script a tool is called by its name, with arguments that fit its schema."""
    chat = started(config_with(tools={"get_weather": WEATHER}))
    [call] = of_type(chat.type("Please get weather for Oslo"), "tool_call")
    assert json.loads(call.parameters) == {"location": "Oslo"}

    answer = chat.send(ToolResponse(tool_call_id=call.tool_call_id, content="sunny"))
    assert said(answer) == ["get_weather answered: sunny"]


def test_a_script_that_calls_a_tool_the_config_lacks_is_noted() -> None:
    """The journal names the tool and the closest one that there is; the client sees nothing."""
    config = config_with(id="a-config", tools={"get_weather": WEATHER})
    chat = started(config, calling(name="get_wether"))

    [entry] = chat.journal.entries(kind="script")
    assert entry["finding"] == "script_tool_unknown"
    assert "'get_wether'" in entry["message"]
    assert "did you mean 'get_weather'?" in entry["message"]
    assert entry["message"].endswith("; add it to the config")
    assert types(chat.messages) == ["chat_metadata"]


def test_a_script_that_calls_a_tool_without_a_config_is_noted() -> None:
    """The journal says how the chat gets the tool."""
    chat = started(config_with(id=None), calling())
    [entry] = chat.journal.entries(kind="script")
    assert "a tool that the chat lacks" in entry["message"]
    assert "connect with the config_id of a config that has the tool" in entry["message"]


SCHEMAS = [
    '{"type": "object", "properties": [], "required": ["x"]}',
    '{"type": "object", "properties": null}',
    '{"properties": {"x": {"enum": 5}}}',
    '{"properties": {"x": {"examples": {"a": 1}}}}',
    '{"properties": {"x": {"type": "integer", "minimum": "3"}}}',
    '{"properties": {"x": {"type": {}}}}',
    '{"properties": {}, "required": 5}',
    "[" * 100_000,
    pytest.param(
        '{"properties": {"x": {"default": ' + "[" * 700 + "]" * 700 + "}}}",
    ),
    pytest.param(
        '{"properties": {"x": {"default": NaN}}}',
    ),
    "[]",
    "nonsense",
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema[:50])
def test_no_schema_stops_the_chat(schema: str) -> None:
    """Whatever a client sends as a tool's parameters, the tool is called with an object."""
    chat = started()
    tool = Tool(type="function", name="lookup", parameters=schema)
    chat.send(SessionSettings(tools=[tool]))
    [call] = of_type(chat.type("lookup 7"), "tool_call")
    assert isinstance(parse(call.parameters.encode()), dict)


def test_no_number_is_too_long() -> None:
    """A number that the user says is an argument, however many digits it has."""
    chat = started()
    schema = '{"properties": {"n": {"type": "integer", "maximum": 10}}}'
    tool = Tool(type="function", name="count", parameters=schema)
    chat.send(SessionSettings(tools=[tool]))
    [call] = of_type(chat.type("count " + "9" * 5_000), "tool_call")
    assert set(json.loads(call.parameters)) == {"n"}


def test_braces_that_the_user_types_are_no_placeholders() -> None:
    """What the user says reaches a tool as it is."""
    chat = started(config_with(tools={"get_weather": WEATHER}, builtin_tools={"web_search": None}))
    [call] = of_type(chat.type("get weather {user_text}"), "tool_call")
    assert json.loads(call.parameters) == {"location": "{user_text}"}

    chat.type("search the web for {context}")
    found = json.loads(chat.events("FUNCTION_CALL")[-1]["message_text"])
    assert json.loads(found["parameters"]) == {"query": "search the web for {context}"}


def test_a_deep_result_is_a_result() -> None:
    """A tool's answer that is nested too deep to be read is spoken as text."""
    chat = started(config_with(tools={"get_weather": WEATHER}), calling("{tool_result.a}"))
    call_id = the_call(chat.type("Weather?"))
    deep = "[" * 100_000
    assert said(chat.send(ToolResponse(tool_call_id=call_id, content=deep))) == [deep]


def test_a_web_search() -> None:
    """The server answers web_search itself: a tool_response, no tool_call, both events."""
    script = Script()
    result = {"summary": "Rain.", "references": []}
    script.on_anything().use_builtin("web_search", {"query": "{user_text}"}, result).say(
        "{tool_result.summary}"
    )
    chat = started(config_with(builtin_tools={"web_search": None}), script)
    messages = chat.type("weather")

    assert types(messages) == ["user_message", "tool_response", *ANSWER, "assistant_end"]
    [response] = of_type(messages, "tool_response")
    assert json.loads(response.content) == result
    assert (response.tool_name, response.tool_type) == ("web_search", "builtin")
    assert said(messages) == ["Rain."]
    [call] = chat.event_texts("FUNCTION_CALL")
    assert json.loads(json.loads(call)["parameters"]) == {"query": "weather"}
    assert json.loads(call)["tool_call_id"] == response.tool_call_id
    assert chat.event_texts("FUNCTION_CALL_RESPONSE") == [response.content]
    assert not any(isinstance(event, ToolCalled) for event in chat.told)


def test_placeholders_in_the_result_of_a_web_search() -> None:
    """A scripted result may speak of what the user said, as the docs show it."""
    script = Script()
    script.on_anything().use_builtin("web_search", result={"summary": "Snow: {user_text}"}).say(
        "{tool_result.summary}"
    )
    chat = started(config_with(builtin_tools={"web_search": None}), script)
    assert said(chat.type("Oslo")) == ["Snow: Oslo"]


@pytest.mark.parametrize(
    ("fallback", "expected"), [("No luck.", ["No luck."]), (None, None), ("", None)]
)
def test_a_web_search_that_fails(fallback: str | None, expected: list[str] | None) -> None:
    """A failure is a tool_error with the fallback; the error itself is not spoken."""
    script = Script()
    script.on_anything().use_builtin("web_search", {"query": "x"}, error="HTTP 500").say(
        "{tool_result}"
    )
    chat = started(config_with(builtin_tools={"web_search": fallback}), script)
    messages = chat.type("Go")

    [error] = of_type(messages, "tool_error")
    assert (error.error, error.tool_type, error.level) == ("HTTP 500", "builtin", "warn")
    if expected is not None:
        assert said(messages) == expected


def test_hang_up_ends_the_chat() -> None:
    """The assistant says goodbye, its turn ends, and so does the chat, as USER_ENDED."""
    chat = started(config_with(builtin_tools={"hang_up": None}))
    messages = chat.type("Goodbye!")

    assert types(messages) == ["user_message", *ANSWER, *ANSWER, "assistant_end"]
    assert " ".join(said(messages)) == GOODBYE
    assert chat.session.is_over
    assert chat.stored["status"] == "USER_ENDED"
    assert len(chat.events("FUNCTION_CALL")) == 1


def test_hang_up_from_outside() -> None:
    """The assistant can be told to end the chat at any time."""
    chat = started()
    assert " ".join(said(chat.hang_up())) == GOODBYE
    assert chat.stored["status"] == "USER_ENDED"


def test_hang_up_does_not_wait_for_a_tool() -> None:
    """A chat that is told to end does so, though a tool call is still to be answered."""
    chat = started(config_with(tools={"get_weather": WEATHER}), calling())
    chat.type("Weather?")
    chat.hang_up()
    assert chat.session.is_over


def test_hang_up_does_not_wait_for_the_end_of_a_pause() -> None:
    """A chat that is told to end does so, though a turn is held."""
    chat = started(script=saying("One. Two."), pace=1)
    chat.type("Count")
    chat.wait(1_000)
    chat.send(pause())
    chat.hang_up()
    chat.wait(60_000)
    assert chat.session.is_over


def test_nobody_interrupts_a_goodbye_from_outside() -> None:
    """A chat that is told to end does so, whatever the user says meanwhile."""
    chat = started(pace=1)
    chat.hang_up()
    chat.wait(500)
    chat.type("No, wait!")
    chat.wait(10_000)
    assert chat.stored["status"] == "USER_ENDED"


# errors


@pytest.mark.parametrize(
    ("error", "code", "ends"),
    [
        ("uncaught", "I0100", True),
        ("I0116", "I0116", True),
        ("E0712", "E0712", False),
        ("custom_language_model_disconnected", "E0705", False),
    ],
)
def test_scripted_errors(error: str, code: str, ends: bool) -> None:
    """An error frame by slug or code; some end the chat with the status ERROR."""
    script = Script()
    script.on_anything().error(error).say("Back again.")
    chat = started(script=script)
    messages = chat.type("Go")

    [frame] = of_type(messages, "error")
    assert frame.code == code
    assert chat.session.is_over is ends
    assert chat.session.status == ("ERROR" if ends else "ACTIVE")
    assert said(messages) == ([] if ends else ["Back again."])


@pytest.mark.parametrize("error", ["uncaught", "E0712"])
def test_a_scripted_error_has_the_message_of_the_script(error: str) -> None:
    """The message that a script gives an error is the one that is sent."""
    script = Script()
    script.on_anything().error(error, "Boom.")
    chat = started(script=script)
    [frame] = of_type(chat.type("Go"), "error")
    assert frame.message == "Boom."


# session settings


def test_settings_at_the_start() -> None:
    """Connect-time settings are an event with texts for variables, and fill the prompt."""
    settings = SessionSettings(
        custom_session_id="mine",
        system_prompt="Greet {{name}}, {{ age }}, {{ok}}.",
        variables={"name": "John", "age": 30.0, "ok": True},
        event_limit=100,
        voice_id="v",
        context=Context(text="Hm", type="persistent"),
        language_model_api_key="secret",
        metadata={"topic": "x"},
    )
    chat = started(settings=settings)

    assert chat.messages[0].custom_session_id == "mine"
    assert [event["type"] for event in chat.events()] == [
        "CHAT_START_MESSAGE",
        "SESSION_SETTINGS",
        "SYSTEM_PROMPT",
    ]
    assert json.loads(chat.event_texts("SESSION_SETTINGS")[0]) == {
        "type": "session_settings",
        "custom_session_id": "mine",
        "system_prompt": "Greet {{name}}, {{ age }}, {{ok}}.",
        "variables": {"name": "John", "age": "30.0", "ok": "true"},
        "event_limit": 100,
        "voice_id": "v",
        "context": {"text": "Hm", "type": "persistent"},
        "language_model_api_key": "(hidden)",
        "metadata": {"topic": "x"},
    }
    assert chat.event_texts("SYSTEM_PROMPT") == ["Greet John, 30.0, true."]
    assert json.loads(chat.stored["metadata"]) == {"topic": "x"}


def test_each_settings_message_is_an_event() -> None:
    """No frame answers settings; an event has what the message carried, and a changed prompt."""
    chat = started()
    assert chat.send(SessionSettings(variables={"n": 1})) == []
    assert chat.send(SessionSettings(system_prompt="{{n}} {{m}}")) == []
    assert chat.send(SessionSettings(variables={"m": 2})) == []

    assert [json.loads(text) for text in chat.event_texts("SESSION_SETTINGS")] == [
        {"type": "session_settings", "variables": {"n": "1"}},
        {"type": "session_settings", "system_prompt": "{{n}} {{m}}"},
        {"type": "session_settings", "variables": {"m": "2"}},
    ]
    assert chat.event_texts("SYSTEM_PROMPT") == ["Be kind.", "1 {{m}}", "1 2"]


def test_a_missing_variable_is_told_once() -> None:
    """A variable without a value gives one error frame, before the first answer."""
    chat = started(config_with(prompt="Hi {{name}}, {{name}} and {{other}}!"))
    assert types(chat.messages) == ["chat_metadata"]
    errors = of_type(chat.type("Go"), "error")

    assert [error.code for error in errors] == ["EMU01", "EMU01"]
    assert "{{name}}" in errors[0].message
    assert "{{other}}" in errors[1].message
    assert of_type(chat.type("On"), "error") == []
    assert [entry["finding"] for entry in chat.journal.entries()] == ["variable_missing"] * 2


def greeting(text: str, **changes: Any) -> ChatConfig:
    """A config whose chats begin with this text."""
    return config_with(on_new_chat=EventMessage(enabled=True, text=text), **changes)


def test_variables_in_event_messages() -> None:
    """The greeting and what is said at the timeouts have the session's variables, too."""
    config = greeting(
        "Hello {{name}}!",
        on_inactivity_timeout=EventMessage(enabled=True, text="Still there, {{name}}?"),
        on_max_duration_timeout=EventMessage(enabled=True, text="Bye, {{ name }}."),
        inactivity_ms=30_000,
        max_duration_ms=40_000,
    )
    chat = Chat(config, settings=SessionSettings(variables={"name": "Ada"}))

    assert said(chat.start()) == ["Hello Ada!"]
    assert said(chat.wait(30_000)) == ["Still there, Ada?"]
    assert said(chat.wait(10_000)) == ["Bye, Ada."]
    assert of_type(chat.messages, "error")[:-1] == []  # the last one says why it ended


def test_a_missing_variable_of_an_event_message() -> None:
    """The placeholder stays, and one error frame says so, though the prompt lacks it as well."""
    chat = Chat(greeting("Hello {{name}}!", prompt="Greet {{name}}."))
    messages = chat.start()

    [error] = of_type(messages, "error")
    assert (error.code, error.slug) == ("EMU01", "variable_missing")
    assert error.message.startswith("An event message uses {{name}}, but no session settings")
    assert said(messages) == ["Hello {{name}}!"]
    assert of_type(chat.type("Hi"), "error") == []


def test_variables_do_not_make_an_event_message_endless() -> None:
    """Past the bound an error frame says so, and the assistant greets in its own words."""
    settings = SessionSettings(variables={"name": "x" * 1_000})
    messages = Chat(greeting("{{name}}" * 1_000), settings=settings).start()

    [error] = of_type(messages, "error")
    assert (error.slug, "an event message: " in error.message) == ("text_too_long", True)
    assert said(messages) == ["Hello!", "How can I help you?"]


def test_a_greeting_of_the_assistants_own_is_not_filled() -> None:
    """What the user said before is quoted as it was said."""
    first = Chat(greeting("Hi"), settings=SessionSettings(variables={"name": "Ada"}))
    first.start()
    first.type("I am {{name}}")
    first.end()
    group_id = first.session.chat_group_id

    again = Chat(
        greeting(""),
        store=first.store,
        random_seed=2,
        resumed_group_id=group_id,
        settings=SessionSettings(variables={"name": "Ada"}),
    )

    assert "I am {{name}}" in " ".join(said(again.start()))


def test_variables_in_a_scripted_text() -> None:
    """An answer's {{name}} is the session's variable."""
    chat = started(script=saying("Hello {{name}}.", "Hello {{name}}."))
    assert said(chat.type("one")) == ["Hello {{name}}."]
    chat.send(SessionSettings(variables={"name": "Ada"}))
    assert said(chat.type("two")) == ["Hello Ada."]


def known(chat: Chat, text: str) -> bool:
    """Whether the answer to a turn shows the context `cats`."""
    return "I keep in mind: cats." in said(chat.type(text))


def test_a_temporary_context_goes_with_one_message() -> None:
    """Without a type, context counts for the next user message alone."""
    chat = started()
    chat.send(SessionSettings(context=Context(text="cats")))
    assert [known(chat, "one."), known(chat, "two.")] == [True, False]


def test_a_persistent_context_ends_with_null() -> None:
    """A persistent context stays through other settings, until a null ends it."""
    chat = started()
    chat.send(SessionSettings(context=Context(text="cats", type="persistent")))
    assert [known(chat, "one."), known(chat, "two.")] == [True, True]
    chat.send(SessionSettings(variables={"n": 1}))
    assert known(chat, "three.")
    chat.send(SessionSettings(context=None))
    assert not known(chat, "four.")


def test_a_temporary_context_goes_with_a_message_that_is_not_answered() -> None:
    """The next user message takes the context along, even if it gets no answer for a pause."""
    chat = started()
    chat.send(pause())
    chat.send(SessionSettings(context=Context(text="cats")))
    chat.type("one.")
    chat.type("two.")
    assert "I keep in mind: cats." not in said(chat.send(resume()))


def test_tools_of_the_session() -> None:
    """Tools that settings bring are called as the config's, with their own fallback."""
    chat = started()
    tool = Tool(type="function", name="lookup", parameters="{}", fallback_content="nothing")
    chat.send(SessionSettings(tools=[tool], builtin_tools=[BuiltinTool(name="hang_up")]))

    call_id = the_call(chat.type("lookup"))
    spoken = said(chat.send(ToolError(tool_call_id=call_id, error="broken")))
    assert spoken == ["lookup answered: nothing"]
    chat.type("bye")
    assert chat.session.is_over


def test_the_session_id_is_echoed_from_then_on() -> None:
    """Any message can set the custom_session_id; every frame after it carries it."""
    chat = started(config_with(tools={"get_weather": WEATHER}), calling())
    assert chat.messages[0].custom_session_id is None
    messages = chat.send(UserInput(text="Weather?", custom_session_id="mine"))
    assert [message.custom_session_id for message in messages] == ["mine", "mine"]

    chat.send(PauseAssistantMessage(custom_session_id="other"))
    [message] = chat.type("Hm")
    assert message.custom_session_id == "other"
    assert [
        event.call.custom_session_id for event in chat.told[1:] if type(event) is ToolCalled
    ] == ["mine"]


# recording


def test_audio_that_is_not_understood_is_recorded_once() -> None:
    """The first audio input is an event; audio alone is no user message."""
    chat = started(config_with(inactivity_ms=30_000))
    for _ in range(3):
        assert chat.send(AudioInput(data="AAAA")) == []
        chat.wait(5_000)
    chat.hear("Hello", lasted_ms=500)
    assert len(chat.events("USER_RECORDING_START_MESSAGE")) == 1


# timeouts


def test_inactivity_ends_the_chat() -> None:
    """Without a user message for so long, an error frame says why, and the chat is over."""
    chat = started(config_with(inactivity_ms=30_000))
    assert chat.wait(29_999) == []
    [error] = chat.wait(1)

    assert error.type == "error"
    assert (error.code, error.slug) == ("E0714", "inactivity_timeout")
    assert error.message == ("Chat was ended because no user message was received in 30 seconds.")
    assert chat.told[-1] == ChatEnded(NOW, NOW + 30_000, "INACTIVITY_TIMEOUT")
    assert chat.stored["status"] == "INACTIVITY_TIMEOUT"
    assert chat.stored["end_timestamp"] == NOW + 30_000


def test_inactivity_counts_from_the_last_user_message() -> None:
    """Each user message, not what else a client sends, starts the time anew."""
    chat = started(config_with(inactivity_ms=30_000))
    chat.wait(20_000)
    chat.type("Still here")
    chat.wait(20_000)
    chat.send(AssistantInput(text="Hm"))
    chat.send(SessionSettings(variables={"n": 1}))
    chat.send(AudioInput(data="AAAA"))
    chat.wait(9_999)
    assert not chat.session.is_over
    chat.wait(1)
    assert chat.session.is_over


@pytest.mark.parametrize(("text", "expected"), [("Hello? Hm.", "Hello? Hm."), ("", INACTIVITY)])
def test_inactivity_with_an_event_message(text: str, expected: str) -> None:
    """The assistant speaks at the limit, and the chat ends 15 s later."""
    message = EventMessage(True, text)
    chat = started(config_with(inactivity_ms=30_000, on_inactivity_timeout=message))
    messages = chat.wait(30_000)
    assert " ".join(said(messages)) == expected
    assert types(messages)[-1] == "assistant_end"

    assert chat.wait(14_999) == []
    [error] = chat.wait(1)
    assert error.type == "error"
    assert "30 seconds" in error.message
    assert chat.stored["end_timestamp"] == NOW + 45_000


def test_a_reply_in_the_grace_keeps_the_chat_alive() -> None:
    """A user message within the 15 s cancels the end, and the time starts anew."""
    message = EventMessage(True, "Hello?")
    chat = started(config_with(inactivity_ms=30_000, on_inactivity_timeout=message))
    chat.wait(44_999)
    chat.type("Yes")
    chat.wait(29_999)
    assert said(chat.messages).count("Hello?") == 1
    assert "Hello?" in said(chat.wait(1))
    chat.wait(15_000)
    assert chat.stored["end_timestamp"] == NOW + 44_999 + 45_000


def test_the_inactivity_message_comes_through_a_pause() -> None:
    """A paused assistant still says that it will end the chat."""
    message = EventMessage(True, "Hello?")
    chat = started(config_with(inactivity_ms=30_000, on_inactivity_timeout=message))
    chat.send(pause())
    assert said(chat.wait(30_000)) == ["Hello?"]
    chat.wait(15_000)
    assert chat.session.is_over


def test_the_greatest_duration_ends_the_chat() -> None:
    """After the max duration an error frame says why, whatever goes on."""
    chat = started(config_with(max_duration_ms=60_000))
    for _ in range(11):
        chat.wait(5_000)
        chat.type("Go on")
    chat.wait(4_999)
    assert not chat.session.is_over
    [error] = chat.wait(1)

    assert error.type == "error"
    assert (error.code, error.slug) == ("E0715", "max_duration_timeout")
    assert error.message == "Chat was ended because it exceeded the max duration of 60 seconds."
    assert chat.stored["status"] == "MAX_DURATION_TIMEOUT"


@pytest.mark.parametrize(("text", "expected"), [("Time is up.", "Time is up."), ("", MAX_DURATION)])
def test_the_greatest_duration_with_an_event_message(text: str, expected: str) -> None:
    """The assistant drops what it was at, says its message, and ends the chat."""
    message = EventMessage(True, text)
    script = Script()
    script.on_anything().say("One.").pause("10m").say("Two.")
    config = config_with(max_duration_ms=60_000, on_max_duration_timeout=message)
    chat = started(config, script)
    chat.type("Go")
    messages = chat.wait(60_000)

    assert types(messages)[-2:] == ["assistant_end", "error"]
    assert " ".join(said(messages)) == expected
    assert chat.stored["status"] == "MAX_DURATION_TIMEOUT"


def test_nobody_interrupts_the_last_words() -> None:
    """While the assistant says why it ends the chat, it hears and says nothing else."""
    message = EventMessage(True, "Time is up. Bye.")
    config = config_with(max_duration_ms=60_000, on_max_duration_timeout=message)
    chat = started(config, pace=1)
    chat.wait(61_000)
    for input in (UserInput(text="No"), AssistantInput(text="No"), pause(), resume()):
        assert chat.send(input) == []
    assert chat.hear("No") == []
    assert chat.hang_up() == []
    chat.wait(10_000)
    assert said(chat.messages) == ["Time is up.", "Bye."]
    assert chat.stored["status"] == "MAX_DURATION_TIMEOUT"


def test_without_timeouts_the_cap_remains() -> None:
    """A chat without an inactivity timeout goes on in silence, to the greatest duration."""
    chat = started(PLAIN)
    assert chat.wait(1_799_999) == []
    chat.wait(1)
    assert chat.stored["status"] == "MAX_DURATION_TIMEOUT"


def test_a_present_user_may_be_silent() -> None:
    """Neither inactivity nor nudges concern a user who is known to be there."""
    chat = started(config_with(inactivity_ms=30_000, nudge_ms=5_000), user_is_present=True)
    assert chat.wait(1_799_999) == []


def test_nudges() -> None:
    """A silent user is prompted each time the interval passes after the last was heard."""
    chat = started(config_with(nudge_ms=5_000))
    assert chat.wait(4_999) == []
    assert " ".join(said(chat.wait(1))) == NUDGE
    spoken_ms = chat.session.assistant.quiet_since_ms - chat.clock.now_ms()
    assert 1_500 <= spoken_ms <= 2_500
    assert chat.wait(spoken_ms + 4_999) == []
    assert said(chat.wait(1)) != []


def test_a_user_message_puts_off_the_nudge() -> None:
    """The interval starts anew with each user message and its answer; a pause ends it."""
    chat = started(config_with(nudge_ms=5_000), saying("Ok."))
    chat.wait(4_000)
    chat.type("Hm")
    assert chat.wait(5_000) == []
    chat.send(pause())
    assert chat.wait(60_000) == []
    chat.send(resume())
    assert chat.wait(4_999) == []
    assert said(chat.wait(1)) != []


def test_nudges_do_not_keep_a_chat_alive() -> None:
    """Inactivity counts from the user's words, not the assistant's."""
    chat = started(config_with(nudge_ms=5_000, inactivity_ms=30_000))
    chat.wait(30_000)
    assert chat.stored["status"] == "INACTIVITY_TIMEOUT"
    assert chat.stored["end_timestamp"] == NOW + 30_000


# the end


@pytest.mark.parametrize(
    ("status", "slug", "sent"),
    [("USER_ENDED", None, []), ("USER_TIMEOUT", None, []), ("ERROR", "uncaught", ["error"])],
)
def test_ends_from_outside(status: str, slug: str | None, sent: list[str]) -> None:
    """A client that goes ends the chat without a word; an error says its name first."""
    chat = started()
    chat.wait(1_000)
    assert types(chat.end(status, slug)) == sent
    assert chat.stored["status"] == status
    assert chat.stored["end_timestamp"] == NOW + 1_000
    assert chat.told[-1] == ChatEnded(NOW, NOW + 1_000, status)


def test_nothing_happens_after_the_end() -> None:
    """A chat that is over sends nothing, stores nothing, and has nothing to do."""
    chat = started(script=saying("One. Two."), pace=1)
    chat.type("Go")
    chat.end()
    events, told, stored = chat.events(), list(chat.told), chat.stored
    chat.clock.advance(3_600_000)

    for message in (
        UserInput(text="Hello?", custom_session_id="late"),
        SessionSettings(metadata={"late": True}, system_prompt="late"),
        AudioInput(data=""),
        AssistantInput(text="late"),
        ToolResponse(tool_call_id=NOBODY, content=""),
        pause(),
        resume(),
    ):
        assert chat.send(message) == []
    assert chat.hear("late") == []
    assert chat.hang_up() == []
    assert chat.end("ERROR", "uncaught") == []
    assert chat.wait(60_000) == []
    assert (chat.events(), chat.told, chat.stored) == (events, told, stored)
    assert chat.session.next_due_ms is None
    assert chat.session.status == "USER_ENDED"


def test_every_type_of_event_occurs_with_its_role() -> None:
    """One chat can have all thirteen types of events, each with the role that belongs to it."""
    script = Script()
    script.on_user("weather").call_tool("get_weather").say("It is {tool_result}. Really.")
    chat = started(
        config_with(tools={"get_weather": WEATHER}), script, settings=SessionSettings(), pace=1
    )
    chat.hear("The weather")
    call_id = the_call(chat.wait(2_000))
    chat.send(ToolResponse(tool_call_id=call_id, content="fine"))
    chat.wait(1_000)
    chat.type("Thank you")
    chat.send(pause())
    chat.send(resume())
    chat.wait(10_000)
    chat.end()

    events = chat.events()
    assert {event["type"]: event["role"] for event in events} == EVENT_ROLES
    assert (events[0]["type"], events[-1]["type"]) == ("CHAT_START_MESSAGE", "CHAT_END_MESSAGE")
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert chat.stored["event_count"] == len(events)
    assert {event["chat_id"] for event in events} == {chat.id}
    assert len({event["id"] for event in events}) == len(events)
    assert all(
        ("related_event_id" in event) == (event["type"] == "ASSISTANT_PROSODY") for event in events
    )
