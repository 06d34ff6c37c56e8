"""Reads files that people write in YAML or JSON, and says where their mistakes are."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from emulator.errors import Loc, UsageError, pointer
from emulator.jsontext import Json, JsonTextError, parse, render
from emulator.resources import YamlSyntaxError, read_data, read_nodes

_PLACES_OF_A_KEY = 2  # `_walk` yields the place of a key and the place of its value


class UnreadableError(ValueError):
    """The file is neither YAML nor JSON; the message names the file and, if known, the line."""

    def __init__(self, path: Path, reason: str, line: int | None = None) -> None:
        place = path.name if line is None else f"{path.name}:{line}"
        super().__init__(f"{place}: {reason}")
        self.reason = reason
        self.line = line  # from 1


class LocatedMistake(NamedTuple):
    """A mistake, with the line of its place (from 1), if known."""

    line: int | None
    loc: Loc
    message: str


@dataclass
class SourceFile:
    """A file's content, and the mistakes found in it so far."""

    path: Path
    content: Json
    mistakes: list[tuple[Loc, str]] = field(default_factory=list)

    def mistake(self, loc: Loc, message: str) -> None:
        """Note a mistake at a place such as ('configs', 0, 'name')."""
        self.mistakes.append((loc, message))

    def located_mistakes(self) -> list[LocatedMistake]:
        """Return the mistakes with their lines."""
        lines = dict(_walk(read_nodes(self.path), ()))
        return [LocatedMistake(_line(lines, loc), loc, message) for loc, message in self.mistakes]

    def describe_mistakes(self) -> str:
        """Return one line for each mistake: file:line: pointer: message."""
        return "\n".join(
            f"{self.path.name}:{line}: {pointer(loc)}: {message}"
            for line, loc, message in self.located_mistakes()
        )


def read_source_file(path: Path, bundled: bool = False) -> SourceFile:
    """Read the file, and note each key that appears twice in one object.

    Bundled files are not checked for such keys. An empty file is an empty object. Raises
    UnreadableError.
    """
    try:
        content = read_data(path)
    except (OSError, ValueError, RecursionError) as error:
        line = error.line if isinstance(error, YamlSyntaxError) else None
        raise UnreadableError(path, str(error), line) from None
    file = SourceFile(path, _as_json(path, {} if content is None else content))
    if not bundled:
        _note_duplicates(file)
    return file


def file_beside(source: Path, named: str) -> Path:
    """Return the file that a source file names, in its own folder or below.

    Raises UsageError for one that lies elsewhere.
    """
    folder = source.parent.resolve()
    path = (folder / named).resolve()
    if not path.is_relative_to(folder):
        raise UsageError(
            f"{named!r} leads out of the folder of {source.name}: name a file in it or below"
        )
    return path


def at(content: Any, loc: Loc) -> Any:
    """Return the value at a place, or None."""
    for step in loc:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return None
    return content


def short(value: Any) -> str:
    """Return a value in so few characters that it fits into a message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _note_duplicates(file: SourceFile) -> None:
    """Note equal keys, since YAML and JSON would drop the first of two in silence."""
    places = [loc for loc, _ in _walk(read_nodes(file.path), ()) if loc]
    keys = [loc for loc in places if isinstance(loc[-1], str)]
    for loc, count in Counter(keys).items():
        if count > _PLACES_OF_A_KEY:
            file.mistake(loc, "this key appears twice in one object")


def _as_json(path: Path, content: Any) -> Any:
    """Return the content as the API would read it: a date of YAML becomes a text."""
    try:
        return parse(render(content))
    except (TypeError, JsonTextError) as error:
        raise UnreadableError(path, f"something in it can't be JSON: {error}") from None


def _walk(node: Any, loc: Loc) -> Iterator[tuple[Loc, int]]:
    if node is None:  # an empty file
        yield loc, 1
        return
    yield loc, node.start_mark.line + 1
    if node.id == "mapping":
        for key, value in node.value:
            yield from _walk(value, (*loc, key.value))
            yield (*loc, key.value), key.start_mark.line + 1
    elif node.id == "sequence":
        for index, value in enumerate(node.value):
            yield from _walk(value, (*loc, index))


def _line(lines: dict[Loc, int], loc: Loc) -> int:
    while loc not in lines:
        loc = loc[:-1]
    return lines[loc]
