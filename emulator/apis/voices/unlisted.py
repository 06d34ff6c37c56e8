"""Library voices that the emulator's list lacks: the real library has more than the list."""

import re
from functools import lru_cache

from emulator.apis.voices.library import PRESETS
from emulator.apis.voices.voice_store import CUSTOM_VOICE, HUME_AI, VoiceStore
from emulator.contract.findings import shown_value
from emulator.errors import Loc, Problem, nearest
from emulator.settings import Settings

UNLISTED = "voice_unlisted"
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
    """Return a hint about a name that no voice of the provider has, such as the nearest name."""
    if provider == HUME_AI and name.casefold() in _PRESETS:
        return f"{_PRESETS[name.casefold()]!r} is a voice of EVI 1 and 2 alone"
    return _nearest(name[:_LONGEST], tuple(voices.names(provider)))


def unlisted_hint(voices: VoiceStore, named: str) -> str:
    """Return what to do about a library voice that the list lacks, by its name or id."""
    hint = "" if is_voice_id(named) else nearest_voice(voices, named)
    return hint or "a seed can add it to the library"


def unlisted_name(voices: VoiceStore, named: object) -> str | None:
    """Return the id or name that session settings give, if no voice of either provider has it."""
    if not isinstance(named, str) or not named or voices.find(named):
        return None
    known = any(voices.find_name(provider, named) for provider in (HUME_AI, CUSTOM_VOICE))
    return None if known else named


def voice_problems(
    settings: Settings, voices: VoiceStore, loc: Loc, named: object
) -> list[Problem]:
    """List what the settings refuse about the voice that session settings name."""
    if not refuses_unlisted(settings):
        return []
    name = unlisted_name(voices, named)
    if name is None:
        return []
    shown, hint = shown_value(loc, name), unlisted_hint(voices, name)
    return [Problem(loc, f"No voice has the id or the name {shown!r}; {hint}", UNLISTED)]
