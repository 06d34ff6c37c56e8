"""The known fields of a schema, as a tree that is compared with a value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from sys import getsizeof
from typing import Any, NamedTuple

from emulator.errors import Loc
from emulator.jsontext import Json, JsonObject
from emulator.openapi.document import Document
from emulator.openapi.openness import LISTED, LISTED_UNLESS, UNDOCUMENTED
from emulator.openapi.operation import Operation

Follow = Callable[[JsonObject], JsonObject]
_UNIONS = ("oneOf", "anyOf")
_TREES_REMEMBERED = 256  # of bodies: a program may start a server for each of its tests
_SHAPES_REMEMBERED = 64  # of each object: clients send the same keys again and again
_LARGEST_REMEMBERED = 4_096  # bytes of an object's keys
_DEEPEST = 12  # levels of a schema that refers to itself; below them any name is known


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field with its children: an object's fields by name, or the fields of a list's items.

    `name` is a pointer into the value, with * for the items of a list. An object without children
    may have any names, and so may one that is `open`: there is a schema for its further fields.
    `variants` are the members of a union, by what their 'type' must be. `listed` has the known
    values of an open enum, in order; beside a field with the value that `listed_unless` names, any
    value is known.
    """

    name: str
    types: frozenset[str] = frozenset()
    deprecated: bool = False
    children: Mapping[str, "Field"] = field(default_factory=dict)
    items: "Field | None" = None
    variants: Mapping[str, "Field"] = field(default_factory=dict)
    listed: Mapping[str, None] = field(default_factory=dict)
    listed_unless: tuple[str, str] | None = None
    undocumented: bool = False
    open: bool = False
    _shapes: dict[tuple[str, ...], "Shape"] = field(default_factory=dict, repr=False)

    @property
    def is_told_by_name(self) -> bool:
        """True if there is nothing to learn from its value."""
        is_whole = "integer" in self.types and "number" not in self.types
        return not (self.children or self.items or self.variants or self.listed or is_whole)

    def shape(self, keys: tuple[str, ...]) -> "Shape":
        """Return what is known about an object that has these keys."""
        if not self.children:
            return _NOTHING_KNOWN
        shape = self._shapes.get(keys)
        if shape is None:
            shape = _new_shape(self.children, keys, self.open)
            has_room = len(self._shapes) < _SHAPES_REMEMBERED
            if has_room and sum(map(getsizeof, keys)) <= _LARGEST_REMEMBERED:
                self._shapes[keys] = shape
        return shape

    def __iter__(self) -> Iterator["Field"]:
        """Yield the named fields below this one, at every depth."""
        for child in self.children.values():
            yield child
            yield from child
        for unnamed in (self.items, *self.variants.values()):
            yield from unnamed or ()


class Shape(NamedTuple):
    """All that the keys of an object tell: the names of known fields, and where to look closer.

    `notable` has the keys of unknown fields, which have no Field, of deprecated ones, and of those
    whose values tell more.
    """

    known: tuple[str, ...]
    notable: tuple[tuple[str, Field | None], ...]


_NOTHING_KNOWN = Shape((), ())


class Use(NamedTuple):
    """The fields that a value uses: the names of known ones, and the places of unknown ones."""

    known: list[str]
    unknown: list[tuple[Loc, Sequence[str]]]  # each with the names known there
    deprecated: list[Loc]
    fractions: list[tuple[Loc, float]]  # whole numbers written like 600.0
    unlisted: list[tuple[Loc, str, Field]]  # values that an open enum does not list


def compile_fields(schema: JsonObject, follow: Follow, name: str = "") -> Field:
    """Return the tree of a schema; `follow` resolves its references."""
    if name.count("/") > _DEEPEST:
        return Field(name)
    schema = follow(schema)
    members = [follow(each) for keyword in _UNIONS for each in schema.get(keyword, ())]
    parts = [compile_fields(each, follow, name) for each in members]
    variants = {tag: part for each, part in zip(members, parts, strict=True) for tag in _tags(each)}
    children = {
        key: compile_fields(each, follow, f"{name}/{key}")
        for key, each in schema.get("properties", {}).items()
    }
    if len(variants) < 2:  # there is no choice to make
        variants = {tag: each for part in parts for tag, each in part.variants.items()}
        for part in parts:
            for key, child in part.children.items():
                if key not in children or not child.undocumented:
                    children[key] = child
    items = compile_fields(schema["items"], follow, f"{name}/*") if "items" in schema else None
    return Field(
        name,
        frozenset(_types(schema)).union(*(part.types for part in parts)),
        schema.get("deprecated", False),
        children,
        items or next((part.items for part in parts if part.items), None),
        variants,
        dict.fromkeys(schema.get(LISTED, ())),
        schema.get(LISTED_UNLESS),
        schema.get(UNDOCUMENTED, False),
        isinstance(schema.get("additionalProperties"), dict),
    )


def body_fields(document: Document, operation: Operation) -> Field | None:
    """Return the tree of an operation's body, if it takes one.

    The name of each field begins with the operation's.
    """
    if operation.request_body is None:
        return None
    return _fields_at(document, operation.request_body, f"{operation.id} ")


@lru_cache(_TREES_REMEMBERED)
def _fields_at(document: Document, pointer: str, name: str) -> Field:
    opened = document.opened()
    return compile_fields(opened.at(pointer), opened.follow, name)


def compile_definitions(schema: JsonObject, name: str = "") -> Field:
    """Return the tree of a schema that has its references under `$defs`, as pydantic writes it."""
    definitions = schema.get("$defs", {})

    def follow(value: JsonObject) -> JsonObject:
        while "$ref" in value:
            value = definitions[value["$ref"].rpartition("/")[2]]
        return value

    return compile_fields(schema, follow, name)


def _types(schema: JsonObject) -> Sequence[str]:
    found: Any = schema.get("type", ())
    return (found,) if isinstance(found, str) else tuple(found)


def _tags(schema: JsonObject) -> Sequence[str]:
    kind = schema.get("properties", {}).get("type", {})
    tags = [kind["const"]] if "const" in kind else kind.get("enum", ())
    return [tag for tag in tags if isinstance(tag, str)]


def use_of(root: Field, value: Json, loc: Loc) -> Use:
    """Return the known fields that a value at `loc` uses, and its unknown ones."""
    use = Use([], [], [], [], [])
    _look(root, value, loc, use)
    return use


def _new_shape(children: Mapping[str, Field], keys: tuple[str, ...], is_open: bool) -> Shape:
    found = {key: children.get(key) for key in keys}
    return Shape(
        tuple(child.name for child in found.values() if child is not None),
        tuple((key, child) for key, child in found.items() if _is_notable(child, is_open)),
    )


def _is_notable(child: Field | None, is_open: bool) -> bool:
    if child is None:
        return not is_open
    return child.deprecated or not child.is_told_by_name


def _look(at: Field, value: Json, loc: Loc, use: Use) -> None:
    kind = type(value)
    if kind is dict:
        _look_at_object(at, value, loc, use)
    elif kind is list:
        if at.items is not None:
            for index, item in enumerate(value):
                _look(at.items, item, (*loc, index), use)
    elif (
        kind is float and value.is_integer() and "integer" in at.types and "number" not in at.types
    ):
        use.fractions.append((loc, value))


def _look_at_object(at: Field, value: JsonObject, loc: Loc, use: Use) -> None:
    if at.variants:
        at = at.variants.get(str(value.get("type")), at)
    known, notable = at.shape(tuple(value))
    use.known.extend(known)
    for key, child in notable:
        inner = value[key]
        if child is None:
            use.unknown.append(((*loc, key), tuple(at.children)))
            continue
        if child.deprecated:
            use.deprecated.append((*loc, key))
        if type(inner) is str:
            if child.listed and inner not in child.listed and not _is_excused(child, value):
                use.unlisted.append(((*loc, key), inner, child))
        elif inner is not None:
            _look(child, inner, (*loc, key), use)


def _is_excused(at: Field, beside: JsonObject) -> bool:
    """True if a field beside it lets this field have any value."""
    if at.listed_unless is None:
        return False
    name, value = at.listed_unless
    return bool(beside.get(name) == value)
