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
        ERROR, "a tool's answer names a call that waits for none", "{known}", "{hint}"
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
        WARNING, "the prompt has a variable that nothing gives a value", "{message}"
    ),
    "chat_refused": FindingKind(
        ERROR, "a chat ends at once: its config or group does not exist", "{message}"
    ),
}
