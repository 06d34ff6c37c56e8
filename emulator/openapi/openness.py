"""Where an API takes more than its document's schemas say.

Vendors' SDKs type some enums as open: they list the values of their day, and take any other text.
A document may list them as if they were closed, and keeps its structure; `open_content` makes a
copy whose schemas take what the service takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Openness:
    """What the service takes beside the document: by the names of schemas.

    A value may match several members of the `unions`. The service takes `undocumented_fields`
    though the document does not have them there.
    """

    enums: Mapping[str, OpenEnum] = field(default_factory=dict)
    unions: Sequence[str] = ()
    undocumented_fields: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)


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
