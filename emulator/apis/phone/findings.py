"""Kinds of findings about programs that pass calls to EVI, and about their media streams."""

from collections.abc import Mapping

from emulator.contract.findings import ERROR, FindingKind

PHONE_FINDINGS: Mapping[str, FindingKind] = {
    "call_field_missing": FindingKind(
        ERROR,
        "the form of a call lacks a field that Twilio always sends, or its CallSid can't be one; "
        "the caller hears an apology",
        "{expected}",
        "forward Twilio's form as it came",
    ),
    "call_refused": FindingKind(
        ERROR,
        "a call can't begin a chat: the caller hears an apology",
        "{message}",
        "the config_id in the URL of the number's voice webhook counts",
    ),
    "stream_message_invalid": FindingKind(
        ERROR, "a message of a media stream can't be read, and is ignored", "{message}"
    ),
}
