"""Schemas of files that describe a world: a base, and a part for each API."""

from collections.abc import Iterable

from emulator.jsontext import JsonObject


def combined(base: JsonObject, parts: Iterable[JsonObject]) -> JsonObject:
    """Return the base with the properties, required keys and definitions of the parts.

    Raises ValueError if two of them describe the same key.
    """
    whole = {**base, "properties": dict(base["properties"]), "$defs": dict(base.get("$defs", {}))}
    whole["required"] = list(base.get("required", ()))
    for part in parts:
        for place in ("properties", "$defs"):
            added = part.get(place, {})
            if twice := whole[place].keys() & added.keys():
                raise ValueError(f"two parts describe {', '.join(sorted(twice))}")
            whole[place].update(added)
        whole["required"] += part.get("required", ())
    return whole
