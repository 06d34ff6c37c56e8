"""Reads a seed file, and reports every place where its content does not fit the schema."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from emulator.errors import SeedError, closest
from emulator.jsontext import JsonObject
from emulator.openapi.validation import Check
from emulator.resources import bundled
from emulator.source_files import SourceFile, UnreadableError, at, read_source_file, short

BUNDLED_SEEDS = ("demo", "empty")


def refuse_mistakes(seed: SourceFile) -> None:
    """Raise SeedError if there are mistakes, a line for each."""
    if seed.mistakes:
        raise SeedError(seed.describe_mistakes())


def seed_path(name: str) -> Path:
    """Return the file of a bundled seed, or the path itself.

    Raises SeedError if it does not exist.
    """
    if name in BUNDLED_SEEDS:
        return bundled(f"fixtures/{name}.yaml")
    path = Path(name)
    if not path.is_file():
        known = ", ".join(BUNDLED_SEEDS)
        raise SeedError(
            f"no seed {name!r}{closest(name, BUNDLED_SEEDS)}; expected one of {known}, "
            "or the path of a YAML or JSON file"
        )
    return path


def read_seed(name: str) -> SourceFile:
    """Return a seed with the mistakes of its text alone. Raises SeedError if it can't be read."""
    try:
        return read_source_file(seed_path(name), bundled=name in BUNDLED_SEEDS)
    except UnreadableError as error:
        raise SeedError(str(error)) from None


def note_problems(seed: SourceFile, check: Check, keys: Callable[[], Sequence[str]]) -> None:
    """Note every place where the content does not pass `check`.

    `keys` returns every key that a seed may have somewhere.
    """
    for problem in check(seed.content, ()):
        got = at(seed.content, problem.loc)
        if problem.type == "extra_forbidden":
            parent = at(seed.content, problem.loc[:-1])
            known = closest(str(problem.loc[-1]), sorted(set(keys()) - set(parent)))
            seed.mistake(problem.loc[:-1], f"unknown key {str(problem.loc[-1])!r}{known}")
        elif problem.type == "missing":
            seed.mistake(problem.loc[:-1], f"the key {problem.loc[-1]!r} is missing")
        else:
            seed.mistake(problem.loc, f"{problem.msg}, got {short(got)}{_near(problem.msg, got)}")


def _near(message: str, got: Any) -> str:
    options = message.split("'")[1::2]
    return closest(got, options) if isinstance(got, str) and options else ""


def property_names(schema: Any) -> Iterator[str]:
    """Yield every key that a schema describes, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from property_names(part)


def references(schema: Any) -> Iterator[str]:
    """Yield every reference in a schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from references(part)


def properties_of(schema: JsonObject) -> Sequence[str]:
    """Return the keys that a schema of a document describes itself."""
    return tuple(schema.get("properties", {}))
