"""Kinds of findings about clients of text-to-speech."""

from collections.abc import Mapping

from emulator.contract.findings import ERROR, WARNING, FindingKind

TTS_FINDINGS: Mapping[str, FindingKind] = {
    "instant_mode_ignored": FindingKind(
        WARNING,
        "instant mode is asked for where the answer isn't streamed, so it does nothing",
        "instant_mode left out, or /v0/tts/stream/json or /v0/tts/stream/file",
        refusable=True,
    ),
    "timestamps_ignored": FindingKind(
        WARNING,
        "timestamps are asked for, but version 1 speaks, which has none",
        "version '2', with a voice and without a description",
    ),
    "speech_refused": FindingKind(
        ERROR, "text-to-speech answers a frame of a socket with an error", "{message}"
    ),
}
