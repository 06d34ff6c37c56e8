"""The ids that replace those of a recording when its requests are sent again."""

import re
from collections.abc import Iterator

from emulator.jsontext import Json

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,}")
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-f]{32}")


class Renaming:
    """Learns from two answers to one request which new id replaces which recorded one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def learn(self, recorded: Json, got: Json) -> None:
        """Learn the ids of two answers. A recorded id keeps the first partner that it had."""
        for old, new in _ids(recorded, got):
            self._names.setdefault(old, new)

    def apply(self, text: str) -> str:
        """Return the text with recorded ids replaced, as far as they are known by now."""
        if not self._names:
            return text
        return _TOKEN.sub(lambda found: self._names.get(found[0], found[0]), text)


def _ids(recorded: Json, got: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the ids that are at the same places of both."""
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
