"""Reading a seed file, and telling where in it a mistake is."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from emulator.errors import Loc, SeedError, closest
from emulator.jsontext import JsonObject, JsonTextError, parse, render
from emulator.openapi.validation import Validation
from emulator.resources import Loader, bundled, read_data

BUNDLED_SEEDS = ("demo", "empty")
_PLACES_OF_A_KEY = 2  # `_walk` tells the place of a key and that of its value


@dataclass
class SeedDocument:
    """A seed's content, and the mistakes found in it so far."""

    path: Path
    content: JsonObject
    mistakes: list[tuple[Loc, str]] = field(default_factory=list)

    def mistake(self, loc: Loc, message: str) -> None:
        """Note a mistake at a place such as ('configs', 0, 'name')."""
        self.mistakes.append((loc, message))

    def refuse_mistakes(self) -> None:
        """Raise SeedError if there are mistakes, a line for each: file:line: pointer: message."""
        if self.mistakes:
            lines = _lines(self.path)
            raise SeedError(
                "\n".join(
                    f"{self.path.name}:{_line(lines, loc)}: {_pointer(loc)}: {message}"
                    for loc, message in self.mistakes
                )
            )


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


def read_seed(name: str, validation: Validation) -> SeedDocument:
    """A seed whose content fits the schema. Raises SeedError."""
    path = seed_path(name)
    try:
        content = read_data(path)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SeedError(f"{path.name}:{line}: {error.problem}") from None
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise SeedError(f"{path.name}: {error}") from None
    document = SeedDocument(path, _as_json(path, {} if content is None else content))
    if name not in BUNDLED_SEEDS:  # which the tests check
        _check_duplicates(document)
    _check_schema(document, validation)
    document.refuse_mistakes()
    return document


def _check_duplicates(document: SeedDocument) -> None:
    """A key that stands twice in one object: YAML and JSON would drop the first in silence."""
    places = [loc for loc, _ in _walk(_compose(document.path), ()) if loc]
    keys = [loc for loc in places if isinstance(loc[-1], str)]
    for loc, count in Counter(keys).items():
        if count > _PLACES_OF_A_KEY:
            document.mistake(loc, "this key stands twice in one object")


def _as_json(path: Path, content: Any) -> Any:
    """The content as the API would read it; a date of YAML is a text. Raises SeedError."""
    try:
        return parse(render(content))
    except (TypeError, JsonTextError) as error:
        raise SeedError(f"{path.name}: something in it can't be JSON: {error}") from None


@cache
def _schema() -> JsonObject:
    schema: JsonObject = read_data(Path(__file__).with_name("schema.yaml"))
    return schema


def _check_schema(document: SeedDocument, validation: Validation) -> None:
    for problem in validation.check_schema(_schema())(document.content, ()):
        got = _at(document.content, problem.loc)
        if problem.type == "extra_forbidden":
            parent = _at(document.content, problem.loc[:-1])
            known = closest(str(problem.loc[-1]), _known_keys(parent))
            document.mistake(problem.loc[:-1], f"unknown key {str(problem.loc[-1])!r}{known}")
        elif problem.type == "missing":
            document.mistake(problem.loc[:-1], f"the key {problem.loc[-1]!r} is missing")
        else:
            document.mistake(
                problem.loc, f"{problem.msg}, got {_short(got)}{_near(problem.msg, got)}"
            )


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


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _at(content: Any, loc: Loc) -> Any:
    for step in loc:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return None
    return content


def _pointer(loc: Loc) -> str:
    return "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in loc)


def _lines(path: Path) -> dict[Loc, int]:
    """The line of every place in the file."""
    return dict(_walk(_compose(path), ()))


def _compose(path: Path) -> Any:
    with path.open("rb") as file:
        return yaml.compose(file, Loader)


def _walk(node: Any, loc: Loc) -> Iterator[tuple[Loc, int]]:
    yield loc, node.start_mark.line + 1 if node is not None else 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk(value, (*loc, key.value))
            yield (*loc, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*loc, index))


def _line(lines: dict[Loc, int], loc: Loc) -> int:
    while loc not in lines:
        loc = loc[:-1]
    return lines[loc]
