"""The ids of a recording, and what stands for them where it is sent again."""

import re
from collections.abc import Iterator

from emulator.jsontext import Json

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,}")
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-f]{32}")


class Renaming:
    """Learns from two answers to one question which id of the second is which of the first."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def learn(self, recorded: Json, got: Json) -> None:
        """An id keeps the first name that it was seen with."""
        for old, new in _ids(recorded, got):
            self._names.setdefault(old, new)

    def apply(self, text: str) -> str:
        """The text with the ids that are known by now."""
        if not self._names:
            return text
        return _TOKEN.sub(lambda found: self._names.get(found[0], found[0]), text)


def _ids(recorded: Json, got: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """The ids at the same places of both."""
    if isinstance(recorded, dict) and isinstance(got, dict):
        for key in recorded.keys() & got.keys():
            yield from _ids(recorded[key], got[key], key)
    elif isinstance(recorded, list) and isinstance(got, list):
        for old, new in zip(recorded, got, strict=False):
            yield from _ids(old, new, name)
    elif isinstance(recorded, str) and isinstance(got, str) and recorded != got:
        yield from [(recorded, got)] if _is_id(name, recorded) else []


def _is_id(name: str, value: str) -> bool:
    return name == "id" or name.endswith("_id") or _ID.fullmatch(value) is not None
