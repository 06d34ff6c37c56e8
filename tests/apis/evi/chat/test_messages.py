"""Our messages and the vendor's types agree, both ways."""

import json
from typing import Any, get_args

import pytest
from hume.core.pydantic_utilities import parse_obj_as
from hume.empathic_voice import types as hume
from hume.empathic_voice.chat.types.publish_event import PublishEvent
from hume.empathic_voice.types.subscribe_event import SubscribeEvent
from pydantic import BaseModel, ValidationError

from emulator.apis.evi.chat import messages as ours
from emulator.apis.evi.chat.messages import (
    ServerMessage,
    client_message,
    read_frame,
    server_message,
    to_json,
)
from emulator.apis.evi.chat.prosody import EMOTIONS
from emulator.apis.evi.chat.script import Script
from tests.apis.evi.chat.chats import WEATHER, config_with, started

Json = dict[str, Any]

ID = "1f32aed9948045578e0c1756ccc23fa6"
CALL = ours.ToolCall(
    name="t", parameters="{}", tool_call_id="c", tool_type="function", response_required=True
)
SCORED = ours.Inference(prosody=ours.Prosody(scores=dict.fromkeys(EMOTIONS, 0.25)))
WORDS = ours.ChatMessage(role="user", content="Hi")
SPAN = ours.Interval(begin=1, end=2)

# Of each type: as little as it may have, and as much as it can.
SENT: list[tuple[ServerMessage, type[BaseModel]]] = [
    (ours.ChatMetadata(chat_id="a", chat_group_id="b", request_id="c"), hume.ChatMetadata),
    (
        ours.UserMessage(
            message=WORDS, models=ours.Inference(), time=SPAN, from_text=True, interim=False
        ),
        hume.UserMessage,
    ),
    (
        ours.UserMessage(
            message=WORDS,
            models=SCORED,
            time=SPAN,
            from_text=False,
            interim=True,
            language="en",
            custom_session_id="mine",
        ),
        hume.UserMessage,
    ),
    (
        ours.AssistantMessage(
            id=ID,
            message=ours.ChatMessage(role="assistant", content="Hi"),
            models=ours.Inference(),
            from_text=False,
            is_quick_response=True,
        ),
        hume.AssistantMessage,
    ),
    (
        ours.AssistantMessage(
            id=ID,
            message=ours.ChatMessage(role="tool", tool_call=CALL),
            models=SCORED,
            from_text=True,
            is_quick_response=False,
            language="en",
        ),
        hume.AssistantMessage,
    ),
    (ours.AssistantProsody(id=ID, models=SCORED), hume.AssistantProsody),
    (ours.AudioOutput(id=ID, index=3, data="UklGRg=="), hume.AudioOutput),
    (ours.AssistantEnd(), hume.AssistantEnd),
    (ours.AssistantEnd(custom_session_id="mine"), hume.AssistantEnd),
    (ours.UserInterruption(time=1_700_000_000_000), hume.UserInterruption),
    (CALL, hume.ToolCallMessage),
    (ours.ToolResponse(tool_call_id="c", content="x"), hume.ToolResponseMessage),
    (
        ours.ToolResponse(
            tool_call_id="c", content="x", tool_name="web_search", tool_type="builtin"
        ),
        hume.ToolResponseMessage,
    ),
    (ours.ToolError(tool_call_id="c", error="e"), hume.ToolErrorMessage),
    (
        ours.ToolError(
            tool_call_id="c", error="e", code="1", content="x", tool_type="builtin", level="warn"
        ),
        hume.ToolErrorMessage,
    ),
    (ours.ErrorMessage(code="E", slug="s", message="m", request_id="r"), hume.WebSocketError),
    (
        ours.SessionSettings(variables={"a": 1.5}, context=ours.Context(text="t")),
        hume.SessionSettings,
    ),
]


def over_the_wire(message: ServerMessage) -> Json:
    content: Json = json.loads(json.dumps(to_json(message)))
    return content


def as_the_client_reads(content: Json) -> Any:
    parsed: Any = parse_obj_as(SubscribeEvent, content)  # type: ignore[arg-type]
    return parsed


@pytest.mark.parametrize(
    ("message", "model"), SENT, ids=[f"{message.type}-{n}" for n, (message, _) in enumerate(SENT)]
)
def test_the_vendors_client_reads_what_we_send(
    message: ServerMessage, model: type[BaseModel]
) -> None:
    """The client takes a frame for the type that it is, and finds every field of it."""
    content = over_the_wire(message)
    parsed = as_the_client_reads(content)

    assert type(parsed) is model
    assert not parsed.model_extra, "fields that the vendor does not know"
    seen = json.loads(parsed.json())
    for key, value in content.items():
        if value is not None:
            assert seen[key] == value, key


def test_every_type_that_the_server_sends_is_read() -> None:
    """The list above has every server message, and every type that the client expects."""
    union = server_message.core_schema
    assert union["type"] == "tagged-union"
    assert {message.type for message, _ in SENT} == set(union["choices"])
    assert {model for _, model in SENT} == set(get_args(SubscribeEvent))


def test_the_frames_of_a_chat_are_read() -> None:
    """A whole conversation, with a tool, an error and an interruption, is read frame by frame."""
    script = Script()
    script.on_turn(1).say("One. Two.").call_tool("get_weather")
    script.on_turn(2).use_builtin("web_search", {"query": "q"}).error("E0712").say("Back.")
    script.on_turn(3).use_builtin("web_search", error="broken").error("uncaught")
    chat = started(config_with(tools={"get_weather": WEATHER}), script)
    for _ in range(3):
        chat.hear("Hello", 500)

    assert {message.type for message in chat.messages} == {
        *(message.type for message, _ in SENT)
    } - {"session_settings"}
    for message in chat.messages:
        parsed = as_the_client_reads(over_the_wire(message))
        assert parsed.type == message.type


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (ours.ErrorMessage(code="E", slug="s", message="m", request_id="r"), "custom_session_id"),
        (ours.AssistantEnd(), "custom_session_id"),
    ],
)
def test_the_session_id_is_null_until_it_is_set(message: ServerMessage, field: str) -> None:
    """Every frame has `custom_session_id`; other fields that are not known are left out."""
    assert to_json(message)[field] is None
    plain = ours.ToolResponse(tool_call_id="c", content="x")
    assert set(to_json(plain)) == {"type", "tool_call_id", "content", "custom_session_id"}


# what the vendor's client sends

AUDIO = hume.AudioConfiguration(channels=1, sample_rate=48_000)
RECEIVED: list[BaseModel] = [
    hume.UserInput(text="Hi"),
    hume.UserInput(text="", custom_session_id="mine"),
    hume.AssistantInput(text="Hi"),
    hume.AudioInput(data="AAAA"),
    hume.PauseAssistantMessage(),
    hume.ResumeAssistantMessage(custom_session_id="mine"),
    hume.ToolResponseMessage(tool_call_id="c", content="x"),
    hume.ToolResponseMessage(tool_call_id="c", content="x", tool_name="t", tool_type="function"),
    hume.ToolErrorMessage(tool_call_id="c", error="e"),
    hume.ToolErrorMessage(
        tool_call_id="c", error="e", code="1", content="x", level="warn", tool_type="function"
    ),
    hume.SessionSettings(),
    hume.SessionSettings(audio=AUDIO),
    hume.SessionSettings(context=None),
    hume.SessionSettings(context=hume.Context(text="cats")),
    hume.SessionSettings(
        audio=hume.AudioConfiguration(
            encoding="linear16", channels=2, sample_rate=16_000, codec="pcm"
        ),
        builtin_tools=[
            hume.BuiltinToolConfig(name="web_search", fallback_content="x"),
            hume.BuiltinToolConfig(name="hang_up"),
        ],
        context=hume.Context(text="cats", type="persistent"),
        custom_session_id="mine",
        language_model_api_key="secret",
        metadata={"a": [1, {"b": None}]},
        system_prompt="Hi {{name}}",
        tools=[
            hume.Tool(
                name="t", parameters="{}", type="function", description="d", fallback_content="f"
            )
        ],
        variables={"a": "x", "b": 30, "c": True, "d": 1.5},
        voice_id="v",
    ),
]


def as_the_client_sends(message: BaseModel) -> str:
    """A frame, as the client's `send_publish` writes it."""
    return json.dumps(message.dict())


@pytest.mark.filterwarnings("ignore:The `dict` method is deprecated")
@pytest.mark.parametrize(
    "message", RECEIVED, ids=[f"{type(each).__name__}-{n}" for n, each in enumerate(RECEIVED)]
)
def test_we_read_what_the_vendors_client_sends(message: BaseModel) -> None:
    """A frame of the client is the message of its type, with all that was set."""
    content = json.loads(as_the_client_sends(message))
    parsed = client_message.validate_python(content)

    assert parsed.type == content["type"]
    assert parsed.model_dump(include=set(content), exclude_unset=True) == content
    assert parsed.model_fields_set >= set(content) - {"type"}
    assert read_frame(content) == parsed


def test_every_type_that_the_client_sends_is_read() -> None:
    """The list above has every message of the client."""
    union = client_message.core_schema
    assert union["type"] == "tagged-union"
    assert {type(message) for message in RECEIVED} == set(get_args(PublishEvent))
    assert {json.loads(as_the_client_sends(each))["type"] for each in RECEIVED} == set(
        union["choices"]
    )


def test_a_null_is_not_an_absence() -> None:
    """Whether a context was set to null or not mentioned can be told apart."""
    silent = client_message.validate_python({"type": "session_settings"})
    null = client_message.validate_python({"type": "session_settings", "context": None})
    assert "context" not in silent.model_fields_set
    assert "context" in null.model_fields_set


@pytest.mark.filterwarnings("ignore:The `dict` method is deprecated")
def test_an_editable_context_is_read() -> None:
    """The vendor's docs name a third type of context, and its client sends it."""
    message = hume.SessionSettings(context=hume.Context(text="cats", type="editable"))
    parsed = client_message.validate_json(as_the_client_sends(message))
    assert parsed.type == "session_settings"


def test_numbers_of_a_variable_keep_their_kind() -> None:
    """What is a number, a truth value or a text in JSON stays one."""
    frame = '{"type": "session_settings", "variables": {"a": 30, "b": 30.0, "c": true, "d": "x"}}'
    settings = client_message.validate_json(frame)
    assert isinstance(settings, ours.SessionSettings)
    assert [repr(value) for value in (settings.variables or {}).values()] == [
        "30",
        "30.0",
        "True",
        "'x'",
    ]


# frames that are no messages


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        "{}",
        '{"type": "hello"}',
        '{"type": "user_input"}',
        '{"type": "user_input", "text": 5}',
        '{"type": "tool_response", "content": "x"}',
        '{"type": "session_settings", "audio": {"sample_rate": 1}}',
        '{"type": "chat_metadata"}',
    ],
)
def test_frames_that_are_no_messages(text: str) -> None:
    """What can't be read is told, with what is wrong."""
    problem = read_frame(json.loads(text))
    assert isinstance(problem, str)
    assert problem


def test_unknown_fields_are_kept() -> None:
    """A field that no one knows is no mistake, since clients are newer than servers."""
    parsed = client_message.validate_python({"type": "user_input", "text": "x", "new": [1]})
    assert parsed.model_extra == {"new": [1]}


@pytest.mark.parametrize(
    "scores", [{}, {"Joy": 1.0}, {**dict.fromkeys(EMOTIONS, 0.1), "Glee": 0.1}]
)
def test_prosody_has_all_48_scores(scores: dict[str, float]) -> None:
    """A score too few or too many is refused."""
    with pytest.raises(ValidationError):
        ours.Prosody(scores=scores)
