"""Findings about clients that name library voices which the emulator's list lacks."""

from collections.abc import Sequence

from emulator.apis.voices.unlisted import UNLISTED, unlisted_hint, unlisted_name
from emulator.apis.voices.voice_store import VoiceStore
from emulator.contract.findings import Finding, find
from emulator.errors import Loc


def unlisted(voices: VoiceStore, loc: Loc, named: str) -> Finding:
    """Return the finding about a library voice that the list lacks, by its name or id."""
    return find(UNLISTED, loc, named, hint=unlisted_hint(voices, named))


def judge_voice_id(voices: VoiceStore, loc: Loc, named: object) -> Sequence[Finding]:
    """Judge the voice in session settings, given by id or name, of either provider."""
    name = unlisted_name(voices, named)
    return () if name is None else [unlisted(voices, loc, name)]
