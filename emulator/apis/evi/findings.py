"""Kinds of findings that only clients of chats can cause."""

from collections.abc import Mapping

from emulator.contract.findings import ERROR, WARNING, FindingKind

EVI_FINDINGS: Mapping[str, FindingKind] = {
    "credential_spelling": FindingKind(
        WARNING,
        "a handshake spells its key or token as official clients did until late 2025",
        "{instead}",
        "the service may refuse the older spelling; newer clients send {instead}",
    ),
    "tool_call_unknown": FindingKind(
        ERROR, "a tool's answer names a tool call that waits for no answer", "{known}", "{hint}"
    ),
    "tool_call_unanswered": FindingKind(
        ERROR,
        "the client leaves, or the chat ends, while a tool call waits for its answer",
        "a tool_response or tool_error for the call",
        "call of {name}",
    ),
    "audio_refused": FindingKind(
        ERROR, "a client that joined a chat sends audio into it", "{message}"
    ),
    "audio_undecodable": FindingKind(
        ERROR,
        "audio can't be decoded",
        "raw 16-bit PCM, WAV, WebM, Ogg, MP3, AAC or MP4",
        "{cause}",
    ),
    "message_in_bytes": FindingKind(
        WARNING,
        "a message comes as a binary frame, which counts as sound",
        "a text frame: binary frames are sound",
    ),
    "variable_missing": FindingKind(
        WARNING, "the prompt has a variable without a value", "{message}"
    ),
    "model_url_unusual": FindingKind(
        WARNING,
        "a config names a custom language model by an https URL that does not end as Hume's guide "
        "wants it",
        "a URL that ends with /chat/completions",
    ),
    "model_type_wrong": FindingKind(
        WARNING,
        "a custom language model answers with a media type other than text/event-stream",
        "Content-Type: text/event-stream",
        "{message}",
    ),
    "model_line_broken": FindingKind(
        ERROR,
        "a line of a custom language model's stream can't be read, so it is skipped",
        "data: and a JSON object of a chat.completion.chunk",
        "{message}",
    ),
    "model_done_missing": FindingKind(
        WARNING,
        "a custom language model's stream ends without its last line",
        "data: [DONE]",
        "{message}",
    ),
    "model_silent": FindingKind(
        WARNING,
        "a custom language model answers without a word, so the assistant says nothing",
        "delta.content with text",
        "{message}",
    ),
    "model_fingerprint_leaked": FindingKind(
        WARNING,
        "a provider's own system_fingerprint becomes the custom session id",
        "no system_fingerprint, or the session's id in it",
        "{message}",
    ),
    "model_tools_parallel": FindingKind(
        WARNING,
        "a custom language model calls several tools at once, of which only the first is called",
        "one tool call in an answer",
        "{message}",
    ),
    "model_arguments_broken": FindingKind(
        ERROR,
        "the arguments of a custom language model's tool call are not a JSON object",
        "the JSON text of an object",
        "{message}",
    ),
    "brain_model_unknown": FindingKind(
        WARNING,
        "the brain refuses a question since it lacks the model, or got no name of one",
        "--brain-model with a model that the server has",
        "{message}",
    ),
    "chat_refused": FindingKind(
        ERROR, "a chat ends at once: its config or group does not exist", "{message}"
    ),
}
