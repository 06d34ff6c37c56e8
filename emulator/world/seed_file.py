"""Reading a seed file: its content fits the schema, or every mistake is told."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from emulator.errors import SeedError, closest
from emulator.jsontext import JsonObject
from emulator.openapi.validation import Validation
from emulator.resources import bundled, read_data
from emulator.source_files import Handwritten, UnreadableError, at, read_handwritten, short

BUNDLED_SEEDS = ("demo", "empty")


def refuse_mistakes(seed: Handwritten) -> None:
    """Raise SeedError if there are mistakes, a line for each."""
    if seed.mistakes:
        raise SeedError(seed.describe_mistakes())


def seed_path(name: str) -> Path:
    """The file of a bundled seed, or the path itself. Raises SeedError if there is none."""
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


def read_seed(name: str, validation: Validation) -> Handwritten:
    """A seed whose content fits the schema. Raises SeedError."""
    try:
        seed = read_handwritten(seed_path(name), bundled=name in BUNDLED_SEEDS)
    except UnreadableError as error:
        raise SeedError(str(error)) from None
    _check_schema(seed, validation)
    refuse_mistakes(seed)
    return seed


@cache
def _schema() -> JsonObject:
    schema: JsonObject = read_data(Path(__file__).with_name("seed_schema.yaml"))
    return schema


def _check_schema(seed: Handwritten, validation: Validation) -> None:
    for problem in validation.check_schema(_schema())(seed.content, ()):
        got = at(seed.content, problem.loc)
        if problem.type == "extra_forbidden":
            parent = at(seed.content, problem.loc[:-1])
            known = closest(str(problem.loc[-1]), _known_keys(parent))
            seed.mistake(problem.loc[:-1], f"unknown key {str(problem.loc[-1])!r}{known}")
        elif problem.type == "missing":
            seed.mistake(problem.loc[:-1], f"the key {problem.loc[-1]!r} is missing")
        else:
            seed.mistake(problem.loc, f"{problem.msg}, got {short(got)}{_near(problem.msg, got)}")


def _known_keys(parent: Any) -> Sequence[str]:
    """Every key that a seed may have anywhere, but for those already there."""
    return sorted({*_property_names(_schema()), *_VERSION_KEYS} - set(parent))


_VERSION_KEYS = (
    "text", "version_description", "prompt_expansion", "parameters", "description",
    "fallback_content", "evi_version", "prompt", "voice", "language_model", "ellm_model", "tools",
    "builtin_tools", "event_messages", "timeouts", "nudges", "webhooks", "interruption",
    "turn_detection",
)  # fmt: skip


def _property_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _property_names(part)


def _near(message: str, got: Any) -> str:
    options = message.split("'")[1::2]
    return closest(got, options) if isinstance(got, str) and options else ""
