"""The messages of a chat, one union each way (docs/protocol.md#messages).

The chat socket is not in the OpenAPI document, so these models are its schema.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from emulator.apis.evi.chat.prosody import EMOTIONS
from emulator.audio.decoding.pcm import MOST_CHANNELS, SAMPLE_RATES
from emulator.jsontext import Json, JsonObject

LONGEST_SESSION_ID = 1_000  # characters: every frame repeats it
ToolType: TypeAlias = Literal["function", "builtin"]


class _Part(BaseModel):
    """A part of a message. Unknown fields are kept, and have no effect."""

    model_config = ConfigDict(extra="allow", frozen=True)


class _Message(_Part):
    custom_session_id: str | None = Field(default=None, max_length=LONGEST_SESSION_ID)


# client → server


class AudioSettings(_Part):
    """The format of raw audio input; `sample_rate` is in Hz."""

    encoding: Literal["linear16"]
    channels: int = Field(ge=1, le=MOST_CHANNELS)
    sample_rate: int = Field(ge=SAMPLE_RATES[0], le=SAMPLE_RATES[1])
    codec: str | None = None


class Context(_Part):
    """Text that accompanies the next user message, or every later one.

    'editable', which the SDK's type also names, lasts as 'persistent' does.
    """

    text: str
    type: Literal["temporary", "persistent", "editable"] = "temporary"


class Tool(_Part):
    """A tool for this chat alone; `parameters` is a JSON schema as text."""

    type: ToolType
    name: str
    parameters: str
    description: str | None = None
    fallback_content: str | None = None


class BuiltinTool(_Part):
    name: Literal["web_search", "hang_up"]
    fallback_content: str | None = None


class SessionSettings(_Message):
    """Changes the settings that it names, and no others; a null `context` ends the context."""

    type: Literal["session_settings"] = "session_settings"
    audio: AudioSettings | None = None
    builtin_tools: list[BuiltinTool] | None = None
    context: Context | None = None
    event_limit: int | None = Field(default=None, ge=0, le=1_000_000)
    language_model_api_key: str | None = None
    metadata: JsonObject | None = None
    system_prompt: str | None = None
    tools: list[Tool] | None = None
    variables: dict[str, str | int | float | bool] | None = None
    voice_id: str | None = None


class AudioInput(_Message):
    """Sound from the user, in base64."""

    type: Literal["audio_input"] = "audio_input"
    data: str


class UserInput(_Message):
    type: Literal["user_input"] = "user_input"
    text: str


class AssistantInput(_Message):
    """Text for the assistant to speak."""

    type: Literal["assistant_input"] = "assistant_input"
    text: str


class PauseAssistantMessage(_Message):
    type: Literal["pause_assistant_message"] = "pause_assistant_message"


class ResumeAssistantMessage(_Message):
    type: Literal["resume_assistant_message"] = "resume_assistant_message"


# both ways


class ToolResponse(_Message):
    """A tool's result, from the client, or from the server for a built-in tool."""

    type: Literal["tool_response"] = "tool_response"
    tool_call_id: str
    content: str
    tool_name: str | None = None
    tool_type: ToolType | None = None


class ToolError(_Message):
    """A tool's failure; `content` takes the place of its result."""

    type: Literal["tool_error"] = "tool_error"
    tool_call_id: str
    error: str
    code: str | None = None
    content: str | None = None
    level: Literal["warn"] | None = "warn"
    tool_type: ToolType | None = None


# server → client


class ChatMetadata(_Message):
    type: Literal["chat_metadata"] = "chat_metadata"
    chat_id: str
    chat_group_id: str
    request_id: str


class ToolCall(_Message):
    """A call of a tool; `parameters` is the JSON text of the arguments."""

    type: Literal["tool_call"] = "tool_call"
    name: str
    parameters: str
    tool_call_id: str
    tool_type: ToolType
    response_required: bool


class ChatMessage(_Part):
    role: Literal["assistant", "system", "user", "all", "tool", "context"]
    content: str | None = None
    tool_call: ToolCall | None = None
    tool_result: ToolResponse | ToolError | None = None


class Prosody(_Part):
    """Scores of all 48 emotions."""

    scores: dict[Literal[EMOTIONS], float] = Field(  # type: ignore[valid-type]
        min_length=len(EMOTIONS)
    )


class Inference(_Part):
    prosody: Prosody | None = None


class Interval(_Part):
    """A span from `begin` to `end`, in ms since the chat's start."""

    begin: int
    end: int


class UserMessage(_Message):
    type: Literal["user_message"] = "user_message"
    message: ChatMessage
    models: Inference
    time: Interval
    from_text: bool
    interim: bool
    language: str | None = None


class AssistantMessage(_Message):
    """One sentence. Its audio and prosody share its `id`: 32 hexadecimal digits."""

    type: Literal["assistant_message"] = "assistant_message"
    id: str
    message: ChatMessage
    models: Inference
    from_text: bool
    is_quick_response: bool
    language: str | None = None


class AssistantProsody(_Message):
    type: Literal["assistant_prosody"] = "assistant_prosody"
    id: str
    models: Inference


class AudioOutput(_Message):
    """A WAV file in base64; `index` counts from 0 within one `id`."""

    type: Literal["audio_output"] = "audio_output"
    id: str
    index: int
    data: str


class AssistantEnd(_Message):
    type: Literal["assistant_end"] = "assistant_end"


class UserInterruption(_Message):
    """The user interrupted the assistant at `time`, in ms since the Unix epoch."""

    type: Literal["user_interruption"] = "user_interruption"
    time: int


class ErrorMessage(_Message):
    type: Literal["error"] = "error"
    code: str
    slug: str
    message: str
    request_id: str


ClientMessage: TypeAlias = (
    SessionSettings
    | AudioInput
    | UserInput
    | AssistantInput
    | ToolResponse
    | ToolError
    | PauseAssistantMessage
    | ResumeAssistantMessage
)
ServerMessage: TypeAlias = (
    ChatMetadata
    | UserMessage
    | AssistantMessage
    | AssistantProsody
    | AudioOutput
    | AssistantEnd
    | UserInterruption
    | ToolCall
    | ToolResponse
    | ToolError
    | ErrorMessage
    | SessionSettings
)
client_message: TypeAdapter[ClientMessage] = TypeAdapter(
    Annotated[ClientMessage, Field(discriminator="type")]
)
server_message: TypeAdapter[ServerMessage] = TypeAdapter(
    Annotated[ServerMessage, Field(discriminator="type")]
)


def to_json(message: ServerMessage) -> JsonObject:
    """Return a message as it is sent: without unknown fields, except `custom_session_id`.

    Session settings, which are mirrored, keep what the client said: a null context ends it.
    """
    if isinstance(message, SessionSettings):
        return {"type": message.type, **message.model_dump(exclude_unset=True)}
    content = message.model_dump(exclude_none=True)
    content.setdefault("custom_session_id", None)
    return content


def read_frame(content: Json) -> ClientMessage | str:
    """Return the message of a text frame, or what is wrong with its content."""
    try:
        return client_message.validate_python(content)
    except ValidationError as error:
        return first_problem(error)


def first_problem(error: ValidationError) -> str:
    """Return the first problem of a message, and its place."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"][1:])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
