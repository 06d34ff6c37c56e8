"""Checks values against the document's schemas, and words every problem as FastAPI does.

The service's chat and voice parts answer 422 as FastAPI does (docs/protocol.md#errors); the words
are those of pydantic 2.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from emulator.errors import DocumentError, Loc, Problem
from emulator.jsontext import Json
from emulator.openapi.document import ANNOTATIONS, Document

if TYPE_CHECKING:
    import jsonschema_rs

DOCUMENT_URI = "urn:evi-emulator:document"


def uri_of(api: str) -> str:
    """Return how a schema refers to the document of one of several APIs."""
    return f"urn:evi-emulator:{api}"


TYPE_PROBLEMS = {
    "string": ("Input should be a valid string", "string_type"),
    "integer": ("Input should be a valid integer", "int_type"),
    "number": ("Input should be a valid number", "float_type"),
    "boolean": ("Input should be a valid boolean", "bool_type"),
    "array": ("Input should be a valid list", "list_type"),
    "object": (
        "Input should be a valid dictionary or object to extract fields from",
        "model_attributes_type",
    ),
    "null": ("Input should be None", "none_required"),
}

# By keyword: the message (its {} is the keyword's value) and the type.
LIMIT_PROBLEMS = {
    "minimum": ("Input should be greater than or equal to {}", "greater_than_equal"),
    "maximum": ("Input should be less than or equal to {}", "less_than_equal"),
    "exclusiveMinimum": ("Input should be greater than {}", "greater_than"),
    "exclusiveMaximum": ("Input should be less than {}", "less_than"),
    "minLength": ("String should have at least {} characters", "string_too_short"),
    "maxLength": ("String should have at most {} characters", "string_too_long"),
    "pattern": ("String should match pattern '{}'", "string_pattern_mismatch"),
    "const": ("Input should be {!r}", "literal_error"),
}

_LENGTHS = {"minItems": ("least", "too_short"), "maxItems": ("most", "too_long")}

# Without these limits, a body of nothing but mistakes would get megabytes, after seconds.
MOST_PROBLEMS = 100
MOST_LOOKED_AT = 20_000  # values inside a wrong value
_TOO_LARGE = f"Input is wrong in a place beyond its first {MOST_LOOKED_AT} values"

# What `_passes_plainly` knows of a schema.
_BOUNDS = {"minimum", "maximum"}
_PLAIN = {"type", *_BOUNDS}
_PLAIN_TYPES = {bool: "boolean", int: "integer", str: "string"}

Check = Callable[[Json, Loc], list[Problem]]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_VERSION_AT = 14  # in the text of a UUID


def _is_uuid4(text: str) -> bool:
    return _UUID.fullmatch(text) is not None and text[_VERSION_AT] == "4"


_FORMATS = {"uuid4": _is_uuid4}  # besides the library's own


class Validation:
    """Compiles the schemas of one document into checks, which leave its open enums open.

    Schemas of files may refer to the documents of several APIs (`uri_of`).
    """

    def __init__(self, document: Document, others: Mapping[str, Document] | None = None) -> None:
        self.document = document
        self._others = others or {}
        self._registry: jsonschema_rs.Registry | None = None  # until there is a check
        self._checks: dict[str, Check] = {}  # by pointer

    def problems(self, pointer: str, value: Json, loc: Loc) -> list[Problem]:
        """List every problem of a value at `loc`, against the schema at `pointer`.

        A plain value that obviously passes, such as the number of a page, needs no compiled check.
        """
        if not self.has_compiled(pointer) and _passes_plainly(self.document.at(pointer), value):
            return []
        return self.check(pointer)(value, loc)

    def has_compiled(self, pointer: str) -> bool:
        """Return whether the schema at `pointer` has a compiled check."""
        return pointer in self._checks

    def check(self, pointer: str) -> Check:
        """Return a check of values against the schema at `pointer`; it lists every problem.

        Each is compiled once.
        """
        if pointer not in self._checks:
            reference = {"$ref": DOCUMENT_URI + quote(pointer, safe="#/~")}
            self._checks[pointer] = self.check_schema(reference)
        return self._checks[pointer]

    def check_schema(self, schema: Json) -> Check:
        """Return a check against any schema, which may refer to DOCUMENT_URI.

        Raises DocumentError if it is not a valid schema.
        """
        import jsonschema_rs  # it takes 4 ms, and the first answers need no check

        if self._registry is None:
            self._registry = jsonschema_rs.Registry(self._resources())
        try:
            validator = jsonschema_rs.Draft202012Validator(
                schema, registry=self._registry, validate_formats=True, formats=_FORMATS
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            where = schema.get("$ref", "a schema")
            raise DocumentError(f"{self.document.name}: {where}: {str(error)[:500]}") from None
        is_valid, iter_errors = validator.is_valid, validator.iter_errors

        def check(value: Json, loc: Loc) -> list[Problem]:
            if is_valid(value):
                return []
            looked_at = _beginning(value, [MOST_LOOKED_AT])
            problems = _unique(_explain(islice(iter_errors(looked_at), MOST_PROBLEMS), loc))
            return problems[:MOST_PROBLEMS] or [Problem(loc, _TOO_LARGE, "too_long")]

        return check

    def _resources(self) -> list[tuple[str, Json]]:
        """Return the documents by their URI."""
        others = [(uri_of(api), each.opened().content) for api, each in self._others.items()]
        return [(DOCUMENT_URI, self.document.opened().content), *others]


def _passes_plainly(schema: Json, value: Json) -> bool:
    """Return whether a schema asks for a type, perhaps for bounds, and the value has them.

    False means nothing: neither that the value is wrong nor that it is right.
    """
    if schema.keys() - ANNOTATIONS - _PLAIN or schema.get("type") != _PLAIN_TYPES.get(type(value)):
        return False
    if type(value) is not int:
        return not schema.keys() & _BOUNDS
    low, high = schema.get("minimum", value), schema.get("maximum", value)
    return bool(low <= value <= high)


def _beginning(value: Json, left: list[int]) -> Json:
    """Return the value with its lists cut off after as many values as `left` has.

    Each wrong item takes time, though only the first problems are listed.
    """
    left[0] -= 1
    if isinstance(value, dict):
        return {name: _beginning(item, left) for name, item in value.items()}
    if isinstance(value, list):
        return [_beginning(item, left) for item in takewhile(lambda item: left[0] > 0, value)]
    return value


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    """Return each problem once. A value of another JSON type than its enum has only one problem."""
    found = dict.fromkeys(problems)
    enums = {problem.loc for problem in found if problem.type == "enum"}
    return [problem for problem in found if problem.type == "enum" or problem.loc not in enums]


def _explain(errors: "Iterable[jsonschema_rs.ValidationError]", loc: Loc) -> list[Problem]:
    return [problem for error in errors for problem in _problems(error, loc)]


def _problems(error: Any, base: Loc) -> list[Problem]:
    kind = error.kind
    keyword, value = kind.name, kind.value
    loc = (*base, *error.instance_path)
    if keyword == "required":
        return [Problem((*loc, value), "Field required", "missing")]
    if keyword == "type":
        return [_type_problem(loc, value, error.instance)]
    if keyword == "enum":
        return [Problem(loc, f"Input should be {_either(value)}", "enum")]
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        extra = "Extra inputs are not permitted"
        return [
            Problem((*loc, name), extra, "extra_forbidden")
            for name in kind.unexpected[:MOST_PROBLEMS]
        ]
    if keyword == "format":
        return [_format_problem(loc, value, error.instance)]
    if keyword in ("oneOf", "anyOf"):
        return _union_problems(error, base, loc)
    if keyword in _LENGTHS:
        return [_length_problem(loc, keyword, value, len(error.instance))]
    message, problem_type = LIMIT_PROBLEMS[keyword]
    return [Problem(loc, message.format(value), problem_type)]


def _length_problem(loc: Loc, keyword: str, limit: int, got: int) -> Problem:
    word, problem_type = _LENGTHS[keyword]
    items = "item" if limit == 1 else "items"
    message = f"List should have at {word} {limit} {items} after validation, not {got}"
    return Problem(loc, message, problem_type)


def _format_problem(loc: Loc, name: str, got: str) -> Problem:
    if name == "uuid4":
        if _UUID.fullmatch(got):
            return Problem(loc, "UUID version 4 expected", "uuid_version")
        name = "uuid"
    if name == "date-time":
        example = "a datetime with a timezone, such as 2026-10-06T12:00:00Z"
        return Problem(loc, f"Input should be {example}", "datetime_parsing")
    return Problem(loc, f"Input should be a valid {name.upper()}", f"{name}_parsing")


def _type_problem(loc: Loc, types: Sequence[str], got: Json) -> Problem:
    expected = next((name for name in types if name != "null"), "null")
    if expected == "integer" and isinstance(got, float):
        fraction = "Input should be a valid integer, got a number with a fractional part"
        return Problem(loc, fraction, "int_from_float")
    return Problem(loc, *TYPE_PROBLEMS[expected])


def _either(options: Sequence[Json]) -> str:
    words = [repr(option) for option in options if option is not None]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _union_problems(error: Any, base: Loc, loc: Loc) -> list[Problem]:
    """Return the problems of the member that was meant, not those of every member."""
    if not all(error.kind.context):
        several = "Input should match one alternative only, and matches several"
        return [Problem(loc, several, "union_ambiguous")]
    depth = len(error.instance_path)
    members = [member for member in error.kind.context if not _wants_null(member, depth)]
    if len(members) == 1:
        return _explain(members[0], base)
    tags = [_tag_error(member, depth) for member in members]
    if all(tags):
        return [_tag_problem(loc, error.instance, tags)]
    if any(tags):
        return _explain(members[tags.index(None)], base)
    missing = [_missing(member, depth) for member in members]
    if all(len(each) == 1 for each in missing):
        return _either_missing(members[0], missing, base, loc)
    return _explain(_nearest(members, depth), base)


def _wants_null(member: Sequence[Any], depth: int) -> bool:
    return _is_of_other_type(member, depth) and list(member[0].kind.value) == ["null"]


def _tag_error(member: Sequence[Any], depth: int) -> Any | None:
    """Return the error that says that 'type' names another member of the union, if there is one."""
    found = None
    for error in member:
        below = error.instance_path[depth:]
        if below == ["type"] and error.kind.name in ("enum", "type"):
            found = error  # a 'type' that is not a string has both errors, 'enum' last
        if not below and error.kind.name == "required" and error.kind.value == "type":
            found = error
    return found


def _tag_problem(loc: Loc, got: Json, tags: Sequence[Any]) -> Problem:
    if "type" not in got:
        missing = "Unable to extract tag using discriminator 'type'"
        return Problem(loc, missing, "union_tag_not_found")
    known = [tag for error in tags if error.kind.name == "enum" for tag in error.kind.value]
    expected = ", ".join(repr(tag) for tag in known)
    message = (
        f"Input tag {str(got['type'])!r} found using 'type' "
        f"does not match any of the expected tags: {expected}"
    )
    return Problem(loc, message, "union_tag_invalid")


def _missing(member: Sequence[Any], depth: int) -> list[Any]:
    """Return the errors of a member that say that the value itself lacks a field."""
    return [
        error
        for error in member
        if error.kind.name == "required" and len(error.instance_path) == depth
    ]


def _either_missing(
    member: Sequence[Any], missing: Sequence[Sequence[Any]], base: Loc, loc: Loc
) -> list[Problem]:
    """Return the problem when every member lacks one field, so that none is the one meant."""
    names = _either([errors[0].kind.value for errors in missing])
    others = [error for error in member if error is not missing[0][0]]
    return [Problem(loc, f"Field required: {names}", "missing"), *_explain(others, base)]


def _nearest(members: Sequence[Sequence[Any]], depth: int) -> Sequence[Any]:
    """Return the member that lacks the fewest fields; one of another JSON type is never meant."""
    same_type = [member for member in members if not _is_of_other_type(member, depth)]
    return min(same_type or members, key=lambda member: (len(_missing(member, depth)), len(member)))


def _is_of_other_type(member: Sequence[Any], depth: int) -> bool:
    return len(member[0].instance_path) == depth and member[0].kind.name == "type"
