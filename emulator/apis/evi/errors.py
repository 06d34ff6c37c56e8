"""EVI's texts of error answers, and the error frames of its chats."""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.audio.decoding.decoder import DECODER_MISSING
from emulator.errors import ErrorText

# 404. Clients have seen the wording of configs and tools (docs/protocol.md#errors).
CONFIG_NOT_FOUND = ErrorText(404, "config_not_found", "Config (ID: {id}) was not found.")
PROMPT_NOT_FOUND = ErrorText(404, "prompt_not_found", "Prompt (ID: {id}) was not found.")
TOOL_NOT_FOUND = ErrorText(404, "tool_not_found", "No tool was found for tool id {id}.")
VERSION_NOT_FOUND = ErrorText(
    404, "version_not_found", "{kind} (ID: {id}) has no version {version}; it has {known}."
)
CHAT_NOT_FOUND = ErrorText(404, "chat_not_found", "Chat (ID: {id}) was not found.")
CHAT_NOT_LIVE = ErrorText(
    404, "chat_not_live", "Chat (ID: {id}) is not live: it has ended, or came with the seed."
)
CHAT_GROUP_NOT_FOUND = ErrorText(
    404, "chat_group_not_found", "Chat group (ID: {id}) was not found."
)
AUDIO_NOT_FOUND = ErrorText(
    404, "audio_not_found", "This URL has no audio. Request the audio again."
)

# 409, or 400 with --name-conflict 400.
NAME_TAKEN = ErrorText(409, "name_taken", "A {kind} named {name!r} already exists (ID: {id}).")

# 400: well-formed, but wrong.
EVI_VERSION_UNKNOWN = ErrorText(
    400, "evi_version_unknown", "evi_version {got!r} is not offered; use one of {known}."
)
PROMPT_UNKNOWN = ErrorText(
    400, "prompt_unknown", "The config names prompt {id!r}{version}, which does not exist."
)
PROMPT_AMBIGUOUS = ErrorText(
    400,
    "prompt_ambiguous",
    "A config's prompt has either 'text', which creates a prompt, or an 'id'; got {got}.",
)
TOOL_UNKNOWN = ErrorText(
    400, "tool_unknown", "The config names tool {id!r}{version}, which does not exist."
)
VOICE_REQUIRED = ErrorText(
    400,
    "voice_required",
    "Attempting to create an EVI3 config without specifying a voice. Voice spec is required.",
)
PARAMETERS_INVALID = ErrorText(
    400,
    "parameters_invalid",
    "A tool's 'parameters' must be a string that holds a JSON object (a JSON Schema): {why}.",
)
WEBHOOK_URL_INVALID = ErrorText(
    400,
    "webhook_url_invalid",
    "The webhook URL {url!r} {why}.",
)
MODEL_URL_INVALID = ErrorText(
    400,
    "model_url_invalid",
    "With the model_provider CUSTOM_LANGUAGE_MODEL, model_resource must be the model's URL; "
    "{url!r} {why}.",
)
STATUS_UNKNOWN = ErrorText(
    400, "status_unknown", "{got!r} is not a chat status{hint}; known: {known}."
)
AUDIO_IMPOSSIBLE = ErrorText(
    400,
    "audio_impossible",
    "The chat lasts {seconds} s; the emulator makes audio of 0 to {longest_s} s.",
)
NO_SUBSCRIBER = ErrorText(
    400,
    "no_subscriber",
    "No webhook of the chat's config subscribes to {event_name}; say where to send it: "
    "'url', or --to on the command line.",
)
SEVERAL_SUBSCRIBERS = ErrorText(
    400,
    "several_subscribers",
    "Several webhooks of the chat's config subscribe to it; choose one with 'url': {urls}.",
)
END_UNREACHABLE = ErrorText(
    400,
    "end_unreachable",
    "The chat can't end with {end_reason}: {why}.",
)

# Handshakes that are refused.
TOO_MANY_CHATS = ErrorText(
    429, "too_many_chats", "{limit} chats are live in this world, the most that --max-chats allows."
)
TOO_MANY_EVENTS = ErrorText(
    429,
    "too_many_events",
    "The chats of this world have {limit} events, the most that --max-events allows: reset or "
    "delete the world, or allow more.",
)
TOO_MANY_JOINED = ErrorText(
    429,
    "too_many_joined",
    "{limit} clients have joined chat (ID: {id}) and are still connected, the most that may join "
    "one; close one of them first.",
)
CONNECTION_REFUSED = ErrorText(
    403,
    "connection_not_allowed",
    "Chat (ID: {id}) may not be joined: its client has to connect with allow_connection=true.",
)
CHAT_ID_MISSING = ErrorText(
    404,
    "chat_id_missing",
    "{path} names no chat: a chat is opened at /v0/evi/chat, and joined at "
    "/v0/evi/chat/CHAT_ID/connect. (Hume's Python control_plane.connect leaves the id out.)",
)


@dataclass(frozen=True, slots=True)
class ChatErrorText:
    """One kind of error frame in a chat; `ends` is True if it ends the chat."""

    code: str
    slug: str
    message: str
    ends: bool = False


# Error frames by slug. Codes with E and I are the service's (docs/protocol.md#errors-in-a-chat);
# codes with EMU are errors that only an emulator has.
CHAT_ERRORS: Mapping[str, ChatErrorText] = {
    text.slug: text
    for text in (
        ChatErrorText("I0100", "uncaught", "An unexpected error occurred.", True),
        ChatErrorText(
            "I0116",
            "transcription_failure",
            "Unable to transcribe audio. Please ensure that your audio is appropriately encoded.",
            True,
        ),
        ChatErrorText(
            "I0118", "transcription_disconnected", "The transcription was disconnected.", True
        ),
        ChatErrorText(
            "E0712",
            "custom_language_model_timed_out",
            "Custom language model timed out during connection attempt.",
        ),
        ChatErrorText(
            "E0705",
            "custom_language_model_disconnected",
            "The custom language model was disconnected.",
        ),
        ChatErrorText(
            "EMU10",
            "custom_language_model_error",
            "Custom language model {url} gave no answer: {problem}.",
        ),
        ChatErrorText(
            "EMU11",
            "brain_failed",
            "The brain gave no answer: {problem}.",
        ),
        ChatErrorText(
            "E0714",
            "inactivity_timeout",
            "Chat was ended because no user message was received in {seconds} seconds.",
            True,
        ),
        ChatErrorText(
            "E0715",
            "max_duration_timeout",
            "Chat was ended because it exceeded the max duration of {seconds} seconds.",
            True,
        ),
        ChatErrorText("E0100", "invalid_json", "The frame is not valid JSON: {problem}."),
        ChatErrorText("E0101", "payload_parse", "The frame is not a message: {problem}."),
        ChatErrorText("E0708", "chat_group_not_found", "{problem}", True),
        ChatErrorText("E0709", "config_not_found", "{problem}", True),
        ChatErrorText(
            "EMU01",
            "variable_missing",
            "{text} uses {{{{{name}}}}}, but no session settings gave it a value.",
        ),
        ChatErrorText(
            "EMU02",
            "tool_call_unknown",
            "No tool call {id!r} waits for an answer{hint}.",
        ),
        ChatErrorText(
            "EMU03",
            "script_unmatched",
            "No rule of the strict script matches turn {turn}, {text!r}; its rules: {rules}.",
        ),
        ChatErrorText(
            "EMU04",
            "script_exhausted",
            "The strict script has no rule left for turn {turn}, {text!r}: each is used up.",
        ),
        ChatErrorText(
            "EMU07",
            "audio_decoder_missing",
            DECODER_MISSING,
        ),
        ChatErrorText(
            "EMU08", "audio_refused", "A client that joined a chat can't send audio into it."
        ),
        ChatErrorText(
            "EMU09",
            "text_too_long",
            "A text is too long: {problem}.",
        ),
        ChatErrorText("EMU12", TOO_MANY_EVENTS.code, TOO_MANY_EVENTS.message, True),
    )
}
