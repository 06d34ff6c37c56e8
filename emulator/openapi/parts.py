"""One OpenAPI document out of several files, and of schemas that come from tables of the code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import orjson

from emulator.errors import DocumentError
from emulator.jsontext import Json, JsonObject
from emulator.openapi.document import METHODS
from emulator.resources import read_data

COMPONENT = "#/components/schemas/{model}"  # how a schema refers to another one
_OF_THE_FIRST = ("openapi", "info", "servers", "security")  # what only the first part says


@dataclass(frozen=True)
class Part:
    """A file with `paths`, `tags` and `components`, and what makes further schemas, by name.

    The `$defs` of such a schema become schemas of the document.
    """

    path: Path
    schemas: Mapping[str, Callable[[], JsonObject]] = field(default_factory=dict)

    @cached_property
    def content(self) -> JsonObject:
        """Return the content of the file, which is read when it is first needed."""
        content: JsonObject = read_data(self.path)
        return content


def put_together(parts: Sequence[Part]) -> JsonObject:
    """Return the whole document. Raises DocumentError for anything that two parts have."""
    files = [part.content for part in parts]
    whole = {key: files[0][key] for key in _OF_THE_FIRST if key in files[0]}
    whole["tags"] = [tag for content in files for tag in content.get("tags", ())]
    whole["paths"] = _united("path", (content["paths"] for content in files))
    _united("operationId", map(_ids, files))
    components = [content.get("components", {}) for content in files]
    components += [{"schemas": made} for part in parts for made in _made(part)]
    sections = dict.fromkeys(section for each in components for section in each)
    whole["components"] = {
        section: _united("component", (each.get(section, {}) for each in components))
        for section in sections
    }
    for _, _, operation in operations_of(whole).values():
        operation["responses"] = dict(sorted(operation["responses"].items()))
    return whole


class FoundOperation(NamedTuple):
    """An operation in a document: its path, its method in small letters, and its content."""

    path: str
    method: str
    content: JsonObject


def operations_of(content: JsonObject) -> dict[str, FoundOperation]:
    """Return the operations of a document, or of a part of one, by operationId."""
    return {
        item[method]["operationId"]: FoundOperation(path, method, item[method])
        for path, item in content["paths"].items()
        for method in METHODS
        if method in item
    }


def _ids(content: JsonObject) -> dict[str, Json]:
    return dict.fromkeys(operations_of(content))


def _made(part: Part) -> Iterable[Mapping[str, JsonObject]]:
    """Yield the schemas that the code makes, each with the ones that it brings."""
    for name, make in part.schemas.items():
        schema = make()
        yield {name: {key: value for key, value in schema.items() if key != "$defs"}}
        yield schema.get("$defs", {})


def _united(what: str, mappings: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """Return one mapping with copies of all values. Raises DocumentError for a repeated key."""
    united: dict[str, Json] = {}
    for mapping in mappings:
        for key, value in mapping.items():
            if key in united:
                raise DocumentError(f"two parts of the document have the {what} {key!r}")
            united[key] = orjson.loads(orjson.dumps(value))
    return united
