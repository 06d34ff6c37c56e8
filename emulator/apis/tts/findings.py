"""Kinds of findings about clients of text-to-speech."""

from collections.abc import Mapping

from emulator.contract.findings import ERROR, WARNING, FindingKind

TTS_FINDINGS: Mapping[str, FindingKind] = {
    "instant_mode_ignored": FindingKind(
        WARNING,
        "a request asks for instant mode, but does not stream its answer, so the mode does nothing",
        "instant_mode left out, or /v0/tts/stream/json or /v0/tts/stream/file",
        refusable=True,
    ),
    "timestamps_ignored": FindingKind(
        WARNING,
        "a request asks for timestamps, but for version 1, which has none",
        "version '2', with a voice and without a description",
    ),
    "speech_refused": FindingKind(
        ERROR, "text-to-speech answers a frame of a socket with an error", "{message}"
    ),
}
