"""Loads an OpenAPI 3.1 document, and refuses one that could not be served faithfully."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from emulator.errors import DocumentError
from emulator.jsontext import JsonObject
from emulator.openapi.openness import CLOSED, Openness, open_content
from emulator.resources import is_shipped, read_data

_MOST_HOPS = 20
METHODS = ("get", "post", "put", "patch", "delete")

# What a schema may say: annotations, and the assertions whose failures the emulator can word.
ANNOTATIONS = {
    "title", "description", "default", "deprecated", "example", "examples", "contentMediaType",
    "discriminator",  # always 'type', which tells the members of a union apart anyway
}  # fmt: skip
ASSERTIONS = {
    "$ref", "type", "enum", "const", "properties", "required", "additionalProperties", "items",
    "oneOf", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minLength", "maxLength", "minItems", "maxItems", "pattern",
}  # fmt: skip
_BY_TYPE = {"propertyName": "type"}
FORMATS = {"uuid", "uuid4", "date-time", "int32", "int64", "float", "double", "binary"}


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A loaded document: its file, its content as plain data, and where the API takes more.

    Nobody changes its content, since what is compiled of it is kept.
    """

    path: Path
    content: JsonObject
    openness: Openness = CLOSED

    @property
    def name(self) -> str:
        """Return the file's name; its folder's name comes first if the file is an API's own."""
        folder, name = self.path.parent, self.path.name
        return f"{folder.name}/{name}" if folder.parent.name == "apis" else name

    @property
    def version(self) -> str:
        return str(self.content["info"]["version"])

    def opened(self) -> "Document":
        """Return a copy whose schemas take what the service takes."""
        return replace(self, content=open_content(self.content, self.openness))

    def at(self, pointer: str) -> Any:
        """Return what a JSON pointer such as '#/components/schemas/Tool' leads to."""
        value: Any = self.content
        for part in pointer.removeprefix("#/").split("/"):
            try:
                key = part.replace("~1", "/").replace("~0", "~")
                value = value[int(key) if isinstance(value, list) else key]
            except (IndexError, KeyError, TypeError, ValueError):
                raise DocumentError(f"{self.name}: nothing at {pointer}") from None
        return value

    def follow(self, value: JsonObject) -> JsonObject:
        """Return the object that `value` refers to, or `value` itself."""
        for _ in range(_MOST_HOPS):
            if "$ref" not in value:
                return value
            value = self.at(value["$ref"])
        raise DocumentError(f"{self.name}: the references from {value['$ref']} lead in a circle")


def load_document(path: str, openness: Openness = CLOSED) -> Document:
    """Return the document at `path`. Raises DocumentError."""
    file = Path(path)
    try:
        content = read_data(file)
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"cannot read the OpenAPI document {path}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{file.name} is neither YAML nor JSON: {error}") from None
    document = Document(file, _check_outline(file.name, _as_json(file.name, content)), openness)
    if not is_shipped(file):
        check_schemas(document)
    return document


def _as_json(name: str, content: Any) -> Any:
    """Return the content as JSON has it: a status that YAML reads as a number becomes a text."""
    try:
        return orjson.loads(orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS))
    except TypeError as error:
        raise DocumentError(f"{name}: something in it can't be JSON: {error}") from None


@contextmanager
def clear_failure(document: Document) -> Iterator[None]:
    """Turn a failure on a document of another layout into a DocumentError."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DocumentError(
            f"{document.name}: not laid out as the emulator can serve it: {error!r}"
        ) from error


def _check_outline(name: str, content: Any) -> JsonObject:
    if not isinstance(content, dict) or not str(content.get("openapi", "")).startswith("3.1"):
        got = content.get("openapi") if isinstance(content, dict) else type(content).__name__
        raise DocumentError(f"{name}: expected an OpenAPI 3.1 document, got {got!r}")
    for key in ("info", "paths"):
        if not isinstance(content.get(key), dict):
            raise DocumentError(f"{name}: expected an object at {key}")
    return content


def check_schemas(document: Document) -> None:
    """Raise DocumentError for the first schema that says what the emulator does not know."""
    with clear_failure(document):
        _check_schemas(document)


def _check_schemas(document: Document) -> None:
    for pointer, schema in iter_schemas(document):
        for keyword in sorted(schema.keys() - ANNOTATIONS - ASSERTIONS):
            raise DocumentError(
                f"{document.name}: keyword {keyword!r} at {pointer} is not supported "
                "by this emulator"
            )
        if "$ref" in schema:
            document.at(schema["$ref"])
        if schema.get("discriminator", _BY_TYPE) != _BY_TYPE:
            raise DocumentError(
                f"{document.name}: the discriminator at {pointer} is not supported by this "
                "emulator, which tells the members of unions apart by their 'type' alone"
            )
        if schema.get("format", "int64") not in FORMATS:
            raise DocumentError(
                f"{document.name}: format {schema['format']!r} at {pointer} is not supported "
                f"by this emulator; known: {', '.join(sorted(FORMATS))}"
            )


def iter_schemas(document: Document) -> Iterator[tuple[str, JsonObject]]:
    """Yield every schema of the document with its pointer."""
    waiting = list(_root_schemas(document))
    while waiting:
        pointer, schema = waiting.pop()
        if not isinstance(schema, dict):
            if isinstance(schema, bool):
                continue
            raise DocumentError(f"{document.name}: expected a schema at {pointer}, got {schema!r}")
        yield pointer, schema
        waiting += _subschemas(pointer, schema)


def _subschemas(pointer: str, schema: JsonObject) -> Iterator[tuple[str, Any]]:
    for name, part in schema.get("properties", {}).items():
        yield f"{pointer}/properties/{name}", part
    for index, part in enumerate(schema.get("oneOf", ())):
        yield f"{pointer}/oneOf/{index}", part
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            yield f"{pointer}/{keyword}", schema[keyword]


def _root_schemas(document: Document) -> Iterator[tuple[str, Any]]:
    components = document.content.get("components", {})
    for name, schema in components.get("schemas", {}).items():
        yield f"#/components/schemas/{name}", schema
    for name, response in components.get("responses", {}).items():
        yield from _content_schemas(f"#/components/responses/{name}", response)
    for path, item in document.content["paths"].items():
        for method in METHODS:
            if method in item:
                yield from _operation_schemas(operation_pointer(path, method), item[method])


def operation_pointer(path: str, method: str) -> str:
    """Return the pointer to the document's description of `method` on `path`."""
    return f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"


def _operation_schemas(pointer: str, operation: JsonObject) -> Iterator[tuple[str, Any]]:
    for index, parameter in enumerate(operation.get("parameters", ())):
        yield f"{pointer}/parameters/{index}/schema", parameter["schema"]
    yield from _content_schemas(f"{pointer}/requestBody", operation.get("requestBody", {}))
    for status, response in operation.get("responses", {}).items():
        yield from _content_schemas(f"{pointer}/responses/{status}", response)


def _content_schemas(pointer: str, holder: JsonObject) -> Iterator[tuple[str, Any]]:
    for media_type, content in holder.get("content", {}).items():
        yield f"{pointer}/content/{media_type.replace('/', '~1')}/schema", content["schema"]
