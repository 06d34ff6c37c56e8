"""Conversations as plain data: what a client sends, and what it is to receive.

Each vendor client has a driver that interprets the actions (`test_chat_python`, and for TypeScript
`tests/node/chat.mjs`); all must come to the same transcript. An action is a dictionary with one of

    send      a client message; "$tool_call_id" stands for the id of the last tool_call
    control   the same, through POST /v0/evi/chat/{chat_id}/send
    audio     one of `sounds.SOUNDS`, in pieces, as `frames`: "json" or "binary"
    frame     a text frame as it is
    await     receive until a message of this type came, or "closed": until the server closed
    freeze    stop the world's clock
    advance   move it forward, by seconds

After the last action the client closes, unless the server did. A transcript has a line for each
message but `audio_output` and `assistant_prosody`: see `transcripts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from _pytest.mark.structures import ParameterSet

Json = dict[str, Any]

NOBODY = "00000000-0000-4000-8000-000000000000"  # an id of nothing


@dataclass(frozen=True)
class Conversation:
    """What is there before (`tools`, `config`, `script`, `heard`, `before`), and what happens."""

    name: str
    actions: Sequence[Json]
    transcript: Sequence[str]
    status: str | None = "USER_ENDED"  # of the chat afterwards; None: there is no chat
    marks: Sequence[str] = ()  # the events of its history that are no messages
    tools: Sequence[Json] = ()
    config: Json | None = None
    connect: Json = field(default_factory=dict)
    script: Json | None = None
    heard: Sequence[str] = ()  # what the user is understood to say
    before: Json | None = None  # a simulation, whose group this one resumes


# actions


def send(type: str, **fields: Any) -> Json:
    return {"send": {"type": type, **fields}}


def say(text: str) -> Json:
    return send("user_input", text=text)


def control(type: str, **fields: Any) -> Json:
    return {"control": {"type": type, **fields}}


def audio(sound: str, frames: str) -> Json:
    return {"audio": sound, "frames": frames}


def until(type: str) -> Json:
    return {"await": type}


def advance(seconds: float) -> Json:
    return {"advance": seconds}


FREEZE: Json = {"freeze": True}


# what is said


def rule(when: str, *answer: str | Json) -> Json:
    return {"when": when, "answer": list(answer)}


ORDER: Json = {
    "rules": [
        rule("order", "Let me look.", "Your order is on its way!"),
        {"answer": "You said: {user_text}"},
    ]
}
ORDER_TURN = (
    "assistant_message Let me look.",
    "assistant_message Your order is on its way!",
    "assistant_end",
)
STORY: Json = {
    "rules": [
        rule("story", "Once upon a time.", {"pause": "5s"}, "They lived happily ever after."),
        {"answer": "As you wish."},
    ]
}
STORY_TURN = ("chat_metadata", "user_message A story", "assistant_message Once upon a time.")
WEATHER_TOOL: Json = {
    "name": "get_weather",
    "description": "Tells the weather.",
    "parameters": '{"type": "object", "properties": {"city": {"type": "string"}}}',
    "fallback_content": "Nobody knows the weather.",
}
WEATHER: Json = {
    "rules": [
        {
            "when": {"regex": r"weather in (?P<city>\w+)"},
            "answer": [
                {"call_tool": "get_weather", "parameters": {"city": "{city}"}},
                "I hear: {tool_result}",
            ],
        }
    ]
}
WEATHER_TURN = (
    "chat_metadata",
    "user_message The weather in Oslo?",
    'tool_call get_weather {"city": "Oslo"} function, response required',
)
TALK: Json = {"rules": [{"answer": "You said: {user_text}"}]}
TOOL_MARKS = ("FUNCTION_CALL", "FUNCTION_CALL_RESPONSE")
RECORDED = ("USER_RECORDING_START_MESSAGE",)
PCM_SETTINGS: Json = {"audio": {"encoding": "linear16", "sample_rate": 16000, "channels": 1}}


def timeouts(**seconds: int) -> Json:
    return {name: {"enabled": True, "duration_secs": each} for name, each in seconds.items()}


def with_timeouts(inactivity: int = 600, max_duration: int = 1800, **messages: str) -> Json:
    """A config; `messages` are its event messages, by name."""
    return {
        "evi_version": "3",
        "timeouts": timeouts(inactivity=inactivity, max_duration=max_duration),
        "event_messages": {
            name: {"enabled": True, "text": text} for name, text in messages.items()
        },
    }


def answered(name: str, *answer: Json, says: str) -> Conversation:
    """A tool call, and how it is answered."""
    return Conversation(
        name,
        tools=[WEATHER_TOOL],
        config={"evi_version": "3"},
        script=WEATHER,
        actions=[say("The weather in Oslo?"), until("tool_call"), *answer, until("assistant_end")],
        transcript=[*WEATHER_TURN, f"assistant_message I hear: {says}", "assistant_end"],
        marks=TOOL_MARKS,
    )


def spoken(name: str, sound: str, frames: str, **more: Any) -> Conversation:
    """A turn of sound, which is over when silence is heard: the clock stands still."""
    return Conversation(
        name,
        script=ORDER,
        heard=["Where is my order?"],
        actions=[FREEZE, audio(sound, frames), {"frame": "[]"}, until("error")],
        transcript=[
            "chat_metadata",
            "user_message (spoken) Where is my order?",
            *ORDER_TURN,
            "error E0101 payload_parse",  # all that was sent has been heard before
        ],
        marks=more.pop("marks", RECORDED),
        **more,
    )


CONVERSATIONS = (
    Conversation(
        "typed turns",
        script=ORDER,
        actions=[
            say("Where is my order?"),
            until("assistant_end"),
            say("Tøbben is 🎧"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "user_message Where is my order?",
            *ORDER_TURN,
            "user_message Tøbben is 🎧",
            "assistant_message You said: Tøbben is 🎧",
            "assistant_end",
        ],
    ),
    Conversation(
        "no script",
        tools=[WEATHER_TOOL],
        config={"evi_version": "3"},
        actions=[
            say("get weather"),
            until("tool_call"),
            send("tool_response", tool_call_id="$tool_call_id", content="Snow."),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "user_message get weather",
            'tool_call get_weather {"city": "get weather"} function, response required',
            "assistant_message get_weather answered: Snow.",
            "assistant_end",
        ],
        marks=TOOL_MARKS,
    ),
    Conversation(
        "nothing but a connection", actions=[until("chat_metadata")], transcript=["chat_metadata"]
    ),
    Conversation(
        "greeting",
        config={
            "evi_version": "3",
            "event_messages": {"on_new_chat": {"enabled": True, "text": "Welcome. Ask me."}},
        },
        actions=[until("assistant_end")],
        transcript=[
            "chat_metadata",
            "assistant_message Welcome.",
            "assistant_message Ask me.",
            "assistant_end",
        ],
    ),
    # sound
    spoken(
        "raw pcm",
        "pcm",
        "json",
        connect={"session_settings": PCM_SETTINGS},
        marks=[
            "SESSION_SETTINGS",
            *RECORDED,
        ],
    ),
    spoken(
        "raw stereo pcm as bytes",
        "stereo",
        "binary",
        connect={
            "session_settings": {
                "audio": {"encoding": "linear16", "sample_rate": 8000, "channels": 2},
            },
        },
        marks=["SESSION_SETTINGS", *RECORDED],
    ),
    spoken("wav as bytes", "wav", "binary"),
    spoken("wav in json", "wav", "json"),
    spoken("wav with a noisy room", "noisy wav", "binary"),
    spoken(
        "wav in odd pieces",
        "noisy wav in odd pieces",
        "binary",
    ),
    spoken("webm as bytes", "webm", "binary"),
    spoken("webm in json", "webm", "json"),
    Conversation(
        "settings of sound that come later",
        script=ORDER,
        heard=["Where is my order?"],
        actions=[
            send("session_settings", **PCM_SETTINGS),
            audio("pcm", "json"),
            until("assistant_end"),
        ],
        transcript=["chat_metadata", "user_message (spoken) Where is my order?", *ORDER_TURN],
        marks=["SESSION_SETTINGS", *RECORDED],
    ),
    Conversation(
        "sound that stops without silence",
        script=ORDER,
        heard=["Where is my order?"],
        connect={"session_settings": PCM_SETTINGS},
        actions=[
            FREEZE,
            audio("pcm without silence", "json"),
            send("user_input", text="Hello"),  # answered after all the sound before it
            until("assistant_end"),
            advance(0.8),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "user_message Hello",
            "assistant_message You said: Hello",
            "assistant_end",
            "user_message (spoken) Where is my order?",
            *ORDER_TURN,
        ],
        marks=["SESSION_SETTINGS", *RECORDED],
    ),
    Conversation(
        "two spoken turns",
        script=TALK,
        heard=["First.", "Second."],
        connect={"session_settings": PCM_SETTINGS},
        actions=[
            audio("pcm", "binary"),
            until("assistant_end"),
            audio("pcm", "binary"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "user_message (spoken) First.",
            "assistant_message You said: First.",
            "assistant_end",
            "user_message (spoken) Second.",
            "assistant_message You said: Second.",
            "assistant_end",
        ],
        marks=["SESSION_SETTINGS", *RECORDED],
    ),
    Conversation(
        "a recorder that starts again",
        script=TALK,
        heard=["First.", "Second."],
        actions=[
            FREEZE,
            audio("webm", "binary"),
            until("assistant_end"),
            audio("webm", "binary"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "user_message (spoken) First.",
            "assistant_message You said: First.",
            "assistant_end",
            "user_message (spoken) Second.",
            "assistant_message You said: Second.",
            "assistant_end",
        ],
        marks=RECORDED,
    ),
    Conversation(
        "the script's user speaks",
        script={**TALK, "user": ["Good evening."]},
        actions=[audio("wav", "binary"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "user_message (spoken) Good evening.",
            "assistant_message You said: Good evening.",
            "assistant_end",
        ],
        marks=RECORDED,
    ),
    Conversation(
        "interim transcripts",
        script=TALK,
        heard=["Where is my order?"],
        connect={"verbose_transcription": True, "session_settings": PCM_SETTINGS},
        actions=[audio("pcm", "json"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "user_message (interim) Where",
            "user_message (interim) Where",
            "user_message (interim) Where is",
            "user_message (interim) Where is my",
            "user_message (spoken) Where is my order?",
            "assistant_message You said: Where is my order?",
            "assistant_end",
        ],
        marks=["SESSION_SETTINGS", *RECORDED],
    ),
    Conversation(
        "sound that can't be heard",
        script=TALK,
        actions=[audio("ogg", "binary"), say("Hello"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "error EMU06 audio_undecodable",
            "user_message Hello",
            "assistant_message You said: Hello",
            "assistant_end",
        ],
        marks=RECORDED,
    ),
    Conversation(
        "sound that is broken",
        actions=[audio("broken wav", "binary"), until("closed")],
        transcript=["chat_metadata", "error I0116 transcription_failure", "closed 1000"],
        status="ERROR",
        marks=RECORDED,
    ),
    # tools
    answered(
        "tool response",
        send("tool_response", tool_call_id="$tool_call_id", content="Snow."),
        says="Snow.",
    ),
    answered(
        "tool error",
        send(
            "tool_error",
            tool_call_id="$tool_call_id",
            error="Connection refused",
            code="offline",
            level="warn",
            content="The weather is closed.",
        ),
        says="The weather is closed.",
    ),
    answered(
        "tool error without content",
        send("tool_error", tool_call_id="$tool_call_id", error="Connection refused"),
        says="Nobody knows the weather.",
    ),
    answered(
        "tool response through the control plane",
        control("tool_response", tool_call_id="$tool_call_id", content="Rain."),
        says="Rain.",
    ),
    Conversation(
        "answer to no tool call",
        script=TALK,
        actions=[
            send("tool_response", tool_call_id="call_me", content="Snow."),
            until("error"),
            say("Hello"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "error EMU02 tool_call_unknown",
            "user_message Hello",
            "assistant_message You said: Hello",
            "assistant_end",
        ],
    ),
    Conversation(
        "web search",
        config={"evi_version": "3", "builtin_tools": [{"name": "web_search"}]},
        script={
            "rules": [
                rule(
                    "snow",
                    {"web_search": "snow", "result": {"summary": "Much.", "references": []}},
                    "The web says: {tool_result.summary}",
                )
            ]
        },
        actions=[say("Is there snow?"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "user_message Is there snow?",
            'tool_response web_search {"summary": "Much.", "references": []}',
            "assistant_message The web says: Much.",
            "assistant_end",
        ],
        marks=TOOL_MARKS,
    ),
    Conversation(
        "web search that fails",
        config={"evi_version": "3", "builtin_tools": [{"name": "web_search"}]},
        script={"rules": [rule("snow", {"web_search": "snow", "error": "No web"}, "Sorry.")]},
        actions=[say("Is there snow?"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "user_message Is there snow?",
            "tool_error No web",
            "assistant_message Sorry.",
            "assistant_end",
        ],
        marks=TOOL_MARKS,
    ),
    # who speaks when
    Conversation(
        "typed interruption",
        script=STORY,
        actions=[
            FREEZE,
            say("A story"),
            until("assistant_prosody"),
            say("Stop"),
            until("assistant_end"),
        ],
        transcript=[
            *STORY_TURN,
            "user_interruption",
            "user_message Stop",
            "assistant_message As you wish.",
            "assistant_end",
        ],
        marks=["USER_INTERRUPTION"],
    ),
    Conversation(
        "spoken interruption",
        script=STORY,
        heard=["Stop!"],
        connect={"session_settings": PCM_SETTINGS},
        actions=[
            FREEZE,
            say("A story"),
            until("assistant_prosody"),
            audio("pcm", "json"),
            until("assistant_end"),
        ],
        transcript=[
            *STORY_TURN,
            "user_interruption",
            "user_message (spoken) Stop!",
            "assistant_message As you wish.",
            "assistant_end",
        ],
        marks=["SESSION_SETTINGS", *RECORDED, "USER_INTERRUPTION"],
    ),
    Conversation(
        "no interruption",
        script=STORY,
        actions=[
            FREEZE,
            say("A story"),
            until("assistant_prosody"),
            advance(5),
            until("assistant_end"),
            say("Thanks"),
            until("assistant_end"),
        ],
        transcript=[
            *STORY_TURN,
            "assistant_message They lived happily ever after.",
            "assistant_end",
            "user_message Thanks",
            "assistant_message As you wish.",
            "assistant_end",
        ],
    ),
    Conversation(
        "pause and resume",
        script=TALK,
        actions=[
            send("pause_assistant_message"),
            say("One"),
            until("user_message"),
            say("Two"),
            until("user_message"),
            send("resume_assistant_message"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "user_message One",
            "user_message Two",
            "assistant_message You said: Two",
            "assistant_end",
        ],
        marks=["PAUSE_ONSET", "RESUME_ONSET"],
    ),
    Conversation(
        "pause in the middle",
        script=STORY,
        actions=[
            FREEZE,
            say("A story"),
            until("assistant_prosody"),
            send("pause_assistant_message"),
            advance(10),
            send("resume_assistant_message"),
            until("assistant_end"),
        ],
        transcript=[
            *STORY_TURN,
            "assistant_message They lived happily ever after.",
            "assistant_end",
        ],
        marks=["PAUSE_ONSET", "RESUME_ONSET"],
    ),
    Conversation(
        "assistant input",
        actions=[
            send("assistant_input", text="I have news. {user_text} {{name}}"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "assistant_message (input) I have news.",
            "assistant_message (input) {user_text} {{name}}",
            "assistant_end",
        ],
    ),
    Conversation(
        "control plane",
        script=TALK,
        actions=[
            control("user_input", text="Hello from afar"),
            until("assistant_end"),
            control("assistant_input", text="I say so."),
            until("assistant_end"),
            control("session_settings", custom_session_id="mine"),
            control("pause_assistant_message"),
            control("user_input", text="Are you there?"),
            until("user_message"),
            control("resume_assistant_message"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "user_message Hello from afar",
            "assistant_message You said: Hello from afar",
            "assistant_end",
            "assistant_message (input) I say so.",
            "assistant_end",
            "user_message [mine] Are you there?",
            "assistant_message [mine] You said: Are you there?",
            "assistant_end [mine]",
        ],
        marks=["SESSION_SETTINGS", "PAUSE_ONSET", "RESUME_ONSET"],
    ),
    # settings
    Conversation(
        "variables",
        script={"rules": [{"answer": "Hello {{name}} from {{city}}."}]},
        connect={
            "session_settings": {
                "custom_session_id": "my-session",
                "system_prompt": "You talk to {{name}} & co?",
                "variables": {"name": "Ada Løve", "city": "Oslo"},
                "event_limit": 100,
                "language_model_api_key": "secret",
            }
        },
        actions=[
            say("Hello"),
            until("assistant_end"),
            send("session_settings", variables={"city": "Rome"}, custom_session_id="another"),
            say("Hello"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata [my-session]",
            "user_message [my-session] Hello",
            "assistant_message [my-session] Hello Ada Løve from Oslo.",
            "assistant_end [my-session]",
            "user_message [another] Hello",
            "assistant_message [another] Hello Ada Løve from Rome.",
            "assistant_end [another]",
        ],
        marks=["SESSION_SETTINGS", "SESSION_SETTINGS"],
    ),
    Conversation(
        "settings that are null",
        config={"evi_version": "3", "prompt": {"text": "Be kind to {{name}} and {{nobody}}."}},
        script=TALK,
        connect={
            "session_settings": {
                "audio": None,
                "context": None,
                "custom_session_id": None,
                "system_prompt": None,
                "variables": {"name": "Ada"},
            }
        },
        actions=[say("Hello"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "user_message Hello",
            "error EMU01 variable_missing",  # so the config's prompt is still there
            "assistant_message You said: Hello",
            "assistant_end",
        ],
        marks=["SESSION_SETTINGS"],
    ),
    Conversation(
        "variable without a value",
        config={"evi_version": "3", "prompt": {"text": "You talk to {{name}}."}},
        script=TALK,
        actions=[say("Hello"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "user_message Hello",
            "error EMU01 variable_missing",
            "assistant_message You said: Hello",
            "assistant_end",
        ],
    ),
    Conversation(
        "context",
        script={"rules": [{"answer": "I know: {context}"}]},
        connect={"session_settings": {"context": {"text": "It snows.", "type": "temporary"}}},
        actions=[
            say("One"),
            until("assistant_end"),
            say("Two"),
            until("assistant_end"),
            send("session_settings", context={"text": "It rains.", "type": "persistent"}),
            say("Three"),
            until("assistant_end"),
            say("Four"),
            until("assistant_end"),
            send("session_settings", context=None),
            say("Five"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "user_message One",
            "assistant_message I know: It snows.",
            "assistant_end",
            "user_message Two",
            "assistant_message I know:",
            "assistant_end",
            "user_message Three",
            "assistant_message I know: It rains.",
            "assistant_end",
            "user_message Four",
            "assistant_message I know: It rains.",
            "assistant_end",
            "user_message Five",
            "assistant_message I know:",
            "assistant_end",
        ],
        marks=["SESSION_SETTINGS", "SESSION_SETTINGS", "SESSION_SETTINGS"],
    ),
    Conversation(
        "tools of the session",
        script=WEATHER,
        actions=[
            send(
                "session_settings",
                tools=[{"type": "function", **WEATHER_TOOL}],
                builtin_tools=[{"name": "hang_up"}],
                metadata={"of": "a test"},
            ),
            say("The weather in Oslo?"),
            until("tool_call"),
            send("tool_error", tool_call_id="$tool_call_id", error="Connection refused"),
            until("assistant_end"),
        ],
        transcript=[
            *WEATHER_TURN,
            "assistant_message I hear: Nobody knows the weather.",
            "assistant_end",
        ],
        marks=["SESSION_SETTINGS", *TOOL_MARKS],
    ),
    Conversation(
        "resumed group",
        before={"user": ["My name is Ada"]},
        config={"evi_version": "3", "event_messages": {"on_new_chat": {"enabled": True}}},
        script=TALK,
        actions=[until("assistant_end"), say("Hello"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "assistant_message Welcome back.",
            'assistant_message Last time you said: "My name is Ada".',
            "assistant_end",
            "user_message Hello",
            "assistant_message You said: Hello",
            "assistant_end",
        ],
    ),
    # ends
    Conversation(
        "inactivity",
        config=with_timeouts(inactivity=60),
        script=TALK,
        actions=[
            FREEZE,
            advance(59),
            say("Hello"),
            until("assistant_end"),
            advance(59.9),
            advance(0.1),
            until("closed"),
        ],
        transcript=[
            "chat_metadata",
            "user_message Hello",
            "assistant_message You said: Hello",
            "assistant_end",
            "error E0714 inactivity_timeout",
            "closed 1000",
        ],
        status="INACTIVITY_TIMEOUT",
    ),
    Conversation(
        "inactivity with a message",
        config=with_timeouts(inactivity=60, on_inactivity_timeout="Still there?"),
        script=TALK,
        actions=[
            FREEZE,
            advance(60),
            until("assistant_end"),
            advance(14),
            say("Yes"),
            until("assistant_end"),
            advance(60),
            until("assistant_end"),
            advance(15),
            until("closed"),
        ],
        transcript=[
            "chat_metadata",
            "assistant_message Still there?",
            "assistant_end",
            "user_message Yes",
            "assistant_message You said: Yes",
            "assistant_end",
            "assistant_message Still there?",
            "assistant_end",
            "error E0714 inactivity_timeout",
            "closed 1000",
        ],
        status="INACTIVITY_TIMEOUT",
    ),
    Conversation(
        "max duration",
        config=with_timeouts(max_duration=120),
        script=TALK,
        actions=[
            advance(100),
            say("Hello"),
            until("assistant_end"),
            advance(20),
            until("closed"),
        ],
        transcript=[
            "chat_metadata",
            "user_message Hello",
            "assistant_message You said: Hello",
            "assistant_end",
            "error E0715 max_duration_timeout",
            "closed 1000",
        ],
        status="MAX_DURATION_TIMEOUT",
    ),
    Conversation(
        "max duration with a message",
        config=with_timeouts(max_duration=120, on_max_duration_timeout="Time is up."),
        actions=[FREEZE, advance(120), until("closed")],
        transcript=[
            "chat_metadata",
            "assistant_message Time is up.",
            "assistant_end",
            "error E0715 max_duration_timeout",
            "closed 1000",
        ],
        status="MAX_DURATION_TIMEOUT",
    ),
    Conversation(
        "half an hour",
        config={
            "evi_version": "3",
            "timeouts": {"inactivity": {"enabled": False}, "max_duration": {"enabled": False}},
        },
        actions=[FREEZE, advance(1799), advance(1), until("closed")],
        transcript=["chat_metadata", "error E0715 max_duration_timeout", "closed 1000"],
        status="MAX_DURATION_TIMEOUT",
    ),
    Conversation(
        "hang up",
        config={"evi_version": "3", "builtin_tools": [{"name": "hang_up"}]},
        script={"rules": [rule("bye", "Goodbye!", {"hang_up": True})]},
        actions=[say("Bye"), until("closed")],
        transcript=[
            "chat_metadata",
            "user_message Bye",
            "assistant_message Goodbye!",
            "assistant_end",
            "closed 1000",
        ],
        marks=["FUNCTION_CALL"],
    ),
    Conversation(
        "error that ends",
        script={"rules": [rule("break", "Oh.", {"error": "uncaught"})]},
        actions=[say("Break"), until("closed")],
        transcript=[
            "chat_metadata",
            "user_message Break",
            "assistant_message Oh.",
            "error I0100 uncaught",
            "closed 1000",
        ],
        status="ERROR",
    ),
    Conversation(
        "error that doesn't end",
        script={"rules": [rule("break", {"error": "E0712"}, "I am back.")]},
        actions=[say("Break"), until("assistant_end")],
        transcript=[
            "chat_metadata",
            "user_message Break",
            "error E0712 custom_language_model_timed_out",
            "assistant_message I am back.",
            "assistant_end",
        ],
    ),
    # mistakes
    Conversation(
        "malformed frames",
        script=TALK,
        actions=[
            {"frame": '{"type": "user_input", "text": '},
            until("error"),
            {"frame": "[]"},
            until("error"),
            {"frame": '{"text": "Hello"}'},
            until("error"),
            {"frame": '{"type": "dance"}'},
            until("error"),
            {"frame": '{"type": "user_input"}'},
            until("error"),
            {"frame": '{"type": "audio_input", "data": "not base64!"}'},
            until("error"),
            say("Hello"),
            until("assistant_end"),
        ],
        transcript=[
            "chat_metadata",
            "error E0100 invalid_json",
            *["error E0101 payload_parse"] * 5,
            "user_message Hello",
            "assistant_message You said: Hello",
            "assistant_end",
        ],
    ),
    Conversation(
        "unmatched strict script",
        script={**STORY, "strict": True, "rules": STORY["rules"][:1]},
        actions=[say("Hello"), until("error")],
        transcript=["chat_metadata", "user_message Hello", "error EMU03 script_unmatched"],
    ),
    Conversation(
        "unknown config",
        connect={"config_id": NOBODY},
        actions=[until("closed")],
        transcript=["error EMU05 config_not_found", "closed 1000"],
        status=None,
    ),
    Conversation(
        "unknown group",
        connect={"resumed_chat_group_id": NOBODY},
        actions=[until("closed")],
        transcript=["error E0708 chat_group_not_found", "closed 1000"],
        status=None,
    ),
)


def prepare(remote: httpx.Client, conversation: Conversation) -> Json:
    """Set the world up. Returns the options with which the client is to connect."""
    options = dict(conversation.connect)
    if conversation.before is not None:
        earlier = _done(remote.post("/_emulator/simulate", json=conversation.before))
        options["resumed_chat_group_id"] = earlier["chat_group_id"]
    if conversation.config is not None:
        tools = [_done(remote.post("/v0/evi/tools", json=each)) for each in conversation.tools]
        named = [{"id": tool["id"]} for tool in tools]
        body = {"name": conversation.name, **conversation.config, "tools": named}
        options["config_id"] = _done(remote.post("/v0/evi/configs", json=body))["id"]
    if conversation.script is not None:
        _done(remote.put("/_emulator/script", json={"script": conversation.script}))
    for text in conversation.heard:
        _done(remote.post("/_emulator/heard", json={"text": text}))
    return options


def _done(response: httpx.Response) -> Json:
    assert response.is_success, response.text
    answer: Json = response.json()
    return answer


def params() -> list[ParameterSet]:
    """The conversations for `pytest.mark.parametrize`."""
    return [pytest.param(each, id=each.name.replace(" ", "-")) for each in CONVERSATIONS]
