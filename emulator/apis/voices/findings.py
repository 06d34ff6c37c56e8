"""Kinds of findings about voices."""

from collections.abc import Mapping

from emulator.contract.findings import WARNING, FindingKind

VOICES_FINDINGS: Mapping[str, FindingKind] = {
    "voice_unlisted": FindingKind(
        WARNING,
        "a config, or a chat's session settings, name a library voice that the emulator's list "
        "lacks; the real library may have it",
        "a voice that GET /v0/tts/voices lists",
        "{hint}",
        refusable=True,
    ),
}
