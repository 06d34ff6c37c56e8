"""Where an API takes more than its document's schemas say, or less.

Vendors' SDKs type some enums as open: they list the values of their day, and take any other text.
A document may list them as if they were closed, and keeps its structure; `open_content` makes a
copy whose schemas take what the service takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from emulator.jsontext import Json, JsonObject

# What is expected of an open enum's value.
LISTED_VALUE = "a value that the document or one of Hume's SDKs lists"

# Keywords that validation ignores, and that the tree of fields reads.
LISTED = "x-listed"
LISTED_UNLESS = "x-listed-unless"
UNDOCUMENTED = "x-undocumented"


@dataclass(frozen=True, slots=True)
class OpenEnum:
    """An enum that lists known values and excludes no others.

    `more` returns known values that the document lacks. `unless` is a field beside the one of this
    enum, and the value with which any text is known.
    """

    more: Callable[[], Sequence[str]]
    unless: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Openness:
    """Values that the service takes beyond the document, by the names of schemas.

    A value may match several members of the `unions`. The service takes `undocumented_fields`
    though the document does not have them there. Fields that are `optional` may be missing, and
    those of `any_text` need not have their format. In the schemas of `null_is_absent`, null stands
    for an optional field that is missing. `bounds` alone are narrower: keywords for fields whose
    bounds the document lacks.
    """

    enums: Mapping[str, OpenEnum] = field(default_factory=dict)
    unions: Sequence[str] = ()
    undocumented_fields: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    optional: Mapping[str, Sequence[str]] = field(default_factory=dict)
    any_text: Mapping[str, Sequence[str]] = field(default_factory=dict)
    null_is_absent: Sequence[str] = ()
    bounds: Mapping[str, Mapping[str, JsonObject]] = field(default_factory=dict)


CLOSED = Openness()


def open_content(content: JsonObject, openness: Openness) -> JsonObject:
    """Return a document's content with schemas that take what the service takes."""
    components = content.get("components", {})
    schemas = dict(components.get("schemas", {}))
    for name, rule in openness.enums.items():
        schema = schemas.get(name)
        if isinstance(schema, dict) and "enum" in schema:
            schemas[name] = _opened(schema, rule)
    for name in openness.unions:
        if isinstance(schemas.get(name), dict):
            schemas[name] = _any_of(schemas[name])
    for name, added in openness.undocumented_fields.items():
        if isinstance(schemas.get(name), dict):
            schemas[name] = _extended(schemas[name], added)
    for name, fields in openness.optional.items():
        if isinstance(schemas.get(name), dict):
            schemas[name] = _without_required(schemas[name], fields)
    for name, texts in openness.any_text.items():
        if isinstance(schemas.get(name), dict):
            schemas[name] = _with_fields(schemas[name], dict.fromkeys(texts, _without_format))
    for name, bounds in openness.bounds.items():
        if isinstance(schemas.get(name), dict):
            changes = {key: partial(_bounded, bounds=each) for key, each in bounds.items()}
            schemas[name] = _with_fields(schemas[name], changes)
    for name in openness.null_is_absent:
        if isinstance(schemas.get(name), dict):
            schemas[name] = _with_nulls(schemas[name])
    return {**content, "components": {**components, "schemas": schemas}}


def _opened(schema: JsonObject, rule: OpenEnum) -> JsonObject:
    rest = {keyword: value for keyword, value in schema.items() if keyword != "enum"}
    rest[LISTED] = list(dict.fromkeys((*schema["enum"], *rule.more())))
    if rule.unless is not None:
        rest[LISTED_UNLESS] = rule.unless
    return rest


def _any_of(schema: JsonObject) -> JsonObject:
    return {"anyOf" if keyword == "oneOf" else keyword: part for keyword, part in schema.items()}


def _extended(schema: JsonObject, added: Mapping[str, Json]) -> JsonObject:
    marked = {name: {**each, UNDOCUMENTED: True} for name, each in added.items()}
    return {**schema, "properties": {**schema.get("properties", {}), **marked}}


def _without_required(schema: JsonObject, fields: Sequence[str]) -> JsonObject:
    return {
        **schema,
        "required": [each for each in schema.get("required", ()) if each not in fields],
    }


def _with_fields(
    schema: JsonObject, changes: Mapping[str, Callable[[JsonObject], JsonObject]]
) -> JsonObject:
    """Return a schema of an object with changes to its fields, of which it may lack some."""
    properties = schema.get("properties", {})
    changed = {name: changes[name](each) for name, each in properties.items() if name in changes}
    return {**schema, "properties": {**properties, **changed}}


def _without_format(schema: JsonObject) -> JsonObject:
    return {keyword: value for keyword, value in schema.items() if keyword != "format"}


def _bounded(schema: JsonObject, bounds: JsonObject) -> JsonObject:
    return {**schema, **bounds}


def _with_nulls(schema: JsonObject) -> JsonObject:
    required = schema.get("required", ())
    optional = [name for name in schema.get("properties", {}) if name not in required]
    return _with_fields(schema, dict.fromkeys(optional, _or_null))


def _or_null(schema: JsonObject) -> JsonObject:
    if "null" in schema.get("type", ()) or {"type": "null"} in schema.get("oneOf", ()):
        return schema
    return {"anyOf": [schema, {"type": "null"}]}
