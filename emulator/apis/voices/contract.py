"""Library voices that the emulator's list lacks: the real library has more than the list."""

import re
from collections.abc import Sequence
from functools import lru_cache

from emulator.apis.voices.library import PRESETS
from emulator.apis.voices.voice_store import CUSTOM_VOICE, HUME_AI, VoiceStore
from emulator.contract.findings import Finding, find
from emulator.errors import Loc, Problem, nearest
from emulator.settings import Settings

_CODE = "voice_unlisted"
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST = 200  # characters of a name that a search for the nearest looks at
_nearest = lru_cache(256)(nearest)  # clients repeat their mistakes, and a search takes 2 ms
_PRESETS = {name.casefold(): name for name in PRESETS}


def refuses_unlisted(settings: Settings) -> bool:
    """True if a library voice that the list lacks is an error."""
    return settings.strict or settings.unknown_voices == "refuse"


def is_voice_id(text: str) -> bool:
    """True if a voice may have this id: they are UUIDs."""
    return _UUID.fullmatch(text) is not None


def nearest_voice(voices: VoiceStore, name: str, provider: str = HUME_AI) -> str:
    """Return what to say about a name that no voice of the provider has, such as the nearest."""
    if provider == HUME_AI and name.casefold() in _PRESETS:
        return f"{_PRESETS[name.casefold()]!r} is a voice of EVI 1 and 2 alone"
    return _nearest(name[:_LONGEST], tuple(voices.names(provider)))


def unlisted(voices: VoiceStore, loc: Loc, named: str) -> Finding:
    """Return the finding about a library voice that the list lacks, by its name or id."""
    hint = "" if is_voice_id(named) else nearest_voice(voices, named)
    return find(_CODE, loc, named, hint=hint or "a seed can add it to the library")


def judge_voice_id(voices: VoiceStore, loc: Loc, named: object) -> Sequence[Finding]:
    """Judge the voice that session settings name, by its id or its name, of either provider."""
    if not isinstance(named, str) or not named:
        return ()
    known = voices.find(named) or any(
        voices.find_name(provider, named) for provider in (HUME_AI, CUSTOM_VOICE)
    )
    return () if known else [unlisted(voices, loc, named)]


def unlisted_problems(findings: Sequence[Finding]) -> list[Problem]:
    """Return the problems of a chat's settings where unlisted voices are refused."""
    return [
        Problem(each.loc, f"No voice has the id or the name {each.got!r}; {each.hint}", _CODE)
        for each in findings
        if each.code == _CODE
    ]
