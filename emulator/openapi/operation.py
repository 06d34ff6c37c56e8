"""The operation table: what the document says about each operation, in frozen values."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from emulator.errors import DocumentError
from emulator.jsontext import JsonObject
from emulator.openapi.document import METHODS, Document, clear_failure, operation_pointer

JSON_MEDIA_TYPE = "application/json"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
MULTIPART_MEDIA_TYPE = "multipart/form-data"
# Of streams whose body is a JSON text a line.
_LINES_MEDIA_TYPES = ("application/jsonl", "application/x-ndjson", "text/event-stream")
_MEDIA_TYPE = re.compile(r"(application|audio|image|multipart|text|video)/[\w.+-]+", re.ASCII)
# A uuid is a string of that format.
PARAMETER_TYPES = ("integer", "number", "boolean", "string", "uuid")
# Headers that the emulator reads itself, or that OpenAPI leaves to other parts of the document.
_OTHER_HEADERS = ("accept", "authorization", "content-type", "x-hume-api-key")
_DEEPEST_FORM = 8  # levels of objects in a form
# What a boolean may be written as in a query, in small letters.
TRUE_WORDS = frozenset(("true", "1", "yes", "on", "t", "y"))
FALSE_WORDS = frozenset(("false", "0", "no", "off", "f", "n"))


Place: TypeAlias = tuple[str, str]  # a method and the template of a path


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in the path, the query or a header; `type` is one of PARAMETER_TYPES.

    One that `repeats` is a list of values of that type, one for each time that it is given.
    """

    name: str
    location: str
    required: bool
    type: str
    default: Any
    pointer: str  # leads to its schema
    deprecated: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form: `type` is one of PARAMETER_TYPES, or "object" (a JSON text), or "file".

    One that `repeats` is a list of values of that type. `fields` are those of the object, or of
    each object of the list. If `may_be_null`, the text null stands for a field that is left out.
    """

    type: str
    repeats: bool
    fields: Mapping[str, "FormField"] = field(default_factory=dict)
    may_be_null: bool = False


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A media type of an operation's body, with the fields of a form."""

    media_type: str
    pointer: str  # to its schema
    fields: Mapping[str, FormField]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `responses` maps each status to the pointer of its JSON schema.

    `bodies` are what it reads, and `request_body` is the schema of the first. `media_types` are
    those of the success response.
    """

    id: str
    method: str
    path_template: str
    summary: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[RequestBody, ...]
    success_status: int
    responses: Mapping[int, str | None]
    media_types: tuple[str, ...] = (JSON_MEDIA_TYPE,)
    deprecated: bool = False

    @property
    def place(self) -> Place:
        return self.method, self.path_template

    @property
    def streams_lines(self) -> bool:
        """True if its success response is a stream of JSON lines."""
        return any(each in _LINES_MEDIA_TYPES for each in self.media_types)

    @property
    def pointers(self) -> Sequence[str]:
        """Return the pointers of the schemas that a request must pass."""
        parameters, bodies = self.parameters, self.bodies
        return [*(each.pointer for each in parameters), *(each.pointer for each in bodies)]

    @property
    def request_body(self) -> str | None:
        return self.bodies[0].pointer if self.bodies else None


def compile_operations(
    document: Document, without: Collection[Place] = ()
) -> tuple[Operation, ...]:
    """Return the operations of the document but for those of some places, in its order.

    Raises DocumentError.
    """
    with clear_failure(document):
        return tuple(_compile_all(document, without))


def _compile_all(document: Document, without: Collection[Place]) -> Iterator[Operation]:
    seen: dict[str, str] = {}
    for path, item in document.content["paths"].items():
        for method in METHODS:
            if method in item and (method.upper(), path) not in without:
                operation = _compile(document, path, method, item[method])
                place = f"{method.upper()} {path}"
                if operation.id in seen:
                    raise DocumentError(
                        f"{document.name}: operationId {operation.id!r} names both "
                        f"{seen[operation.id]} and {place}; it must be unique"
                    )
                seen[operation.id] = place
                yield operation


def _compile(document: Document, path: str, method: str, found: JsonObject) -> Operation:
    pointer = operation_pointer(path, method)
    if "operationId" not in found:
        raise DocumentError(f"{document.name}: {method.upper()} {path} has no operationId")
    responses = _responses(document, pointer, found)
    success = [status for status in responses if 200 <= status < 300]
    if len(success) != 1:
        raise DocumentError(
            f"{document.name}: {found['operationId']} needs one 2xx response, got {len(success)}"
        )
    return Operation(
        id=found["operationId"],
        method=method.upper(),
        path_template=path,
        summary=found.get("summary", ""),
        parameters=_parameters(document, pointer, found),
        bodies=_bodies(document, pointer, found),
        success_status=success[0],
        responses=responses,
        media_types=_media_types(document, found, success[0]),
        deprecated=found.get("deprecated", False),
    )


def _parameters(document: Document, pointer: str, found: JsonObject) -> tuple[Parameter, ...]:
    return tuple(
        _parameter(document, parameter, f"{pointer}/parameters/{index}/schema", found)
        for index, parameter in enumerate(found.get("parameters", ()))
        if parameter["in"] != "header" or parameter["name"].lower() not in _OTHER_HEADERS
    )


def _parameter(
    document: Document, parameter: JsonObject, pointer: str, found: JsonObject
) -> Parameter:
    schema = document.follow(parameter["schema"])
    repeats = schema.get("type") == "array" and parameter["in"] != "path"
    kind = _parameter_type(document.follow(schema.get("items", schema)) if repeats else schema)
    if kind not in PARAMETER_TYPES:
        raise DocumentError(
            f"{document.name}: parameter {parameter['name']!r} of {found['operationId']} has "
            f"the type {kind!r}; expected one of {', '.join(PARAMETER_TYPES)}"
        )
    return Parameter(
        name=parameter["name"],
        location=parameter["in"],
        required=parameter.get("required", False),
        type=kind,
        default=schema.get("default"),
        pointer=pointer,
        deprecated=parameter.get("deprecated", False),
        repeats=repeats,
    )


def _parameter_type(schema: JsonObject) -> str | None:
    """Return one of PARAMETER_TYPES, or the schema's own type if it is none of them."""
    return "uuid" if schema.get("format") == "uuid" else schema.get("type")


def _bodies(document: Document, pointer: str, found: JsonObject) -> tuple[RequestBody, ...]:
    body = found.get("requestBody", {})
    content = document.follow(body).get("content", {})
    place = f"{body.get('$ref', f'{pointer}/requestBody')}/content"
    return tuple(
        RequestBody(
            media_type,
            f"{place}/{media_type.replace('/', '~1')}/schema",
            {} if media_type == JSON_MEDIA_TYPE else _form_fields(document, content[media_type]),
        )
        for media_type in (JSON_MEDIA_TYPE, FORM_MEDIA_TYPE, MULTIPART_MEDIA_TYPE)
        if media_type in content
    )


def _form_fields(document: Document, content: JsonObject) -> Mapping[str, FormField]:
    return _fields_of(document, _members(document, content["schema"]), depth=0)


def _fields_of(
    document: Document, members: Sequence[JsonObject], depth: int
) -> Mapping[str, FormField]:
    """Return the fields of an object; if members of a union share one, the first one's."""
    fields: dict[str, FormField] = {}
    for member in members if depth < _DEEPEST_FORM else ():
        required = member.get("required", ())
        for name, schema in member.get("properties", {}).items():
            if name not in fields:
                fields[name] = _form_field(document, schema, name in required, depth + 1)
    return fields


def _form_field(document: Document, schema: JsonObject, required: bool, depth: int) -> FormField:
    members = _members(document, schema)
    is_null = not required or any("null" in _types(each) for each in members)
    for member in members:
        if "array" in _types(member):
            items = _members(document, member.get("items", {}))
            fields = _fields_of(document, items, depth)
            return FormField(_form_type(items), True, fields, is_null)
    kind = _form_type(members)
    return FormField(
        kind, False, _fields_of(document, members, depth), is_null and kind == "object"
    )


def _members(document: Document, schema: JsonObject, depth: int = 0) -> list[JsonObject]:
    """Return the members of a union, and of the unions in it; of no union the schema itself."""
    schema = document.follow(schema)
    if "oneOf" not in schema or depth == _DEEPEST_FORM:
        return [schema]
    return [each for part in schema["oneOf"] for each in _members(document, part, depth + 1)]


def _form_type(members: Sequence[JsonObject]) -> str:
    if any(each.get("format") == "binary" or "contentMediaType" in each for each in members):
        return "file"
    types = [kind for each in members for kind in _types(each)]
    if "object" in types:
        return "object"
    return next((each for each in types if each in PARAMETER_TYPES), "string")


def _types(schema: JsonObject) -> Sequence[str]:
    types: str | Sequence[str] = schema.get("type", ())
    return (types,) if isinstance(types, str) else types


def _responses(document: Document, pointer: str, found: JsonObject) -> dict[int, str | None]:
    responses: dict[int, str | None] = {}
    for status, response in found["responses"].items():
        if not status.isdigit():  # 'default' and '4XX' describe no single status
            continue
        place = response.get("$ref", f"{pointer}/responses/{status}")
        responses[int(status)] = _json_schema(place, document.follow(response))
    return responses


def _media_types(document: Document, found: JsonObject, status: int) -> tuple[str, ...]:
    """Return the media types of a response. Raises DocumentError for one that no body can have."""
    media_types = tuple(document.follow(found["responses"][str(status)]).get("content", {}))
    for media_type in media_types:
        if not _MEDIA_TYPE.fullmatch(media_type):
            raise DocumentError(
                f"{document.name}: the success response of {found['operationId']} has "
                f"the media type {media_type!r}; expected one such as {JSON_MEDIA_TYPE} or "
                "audio/mpeg"
            )
    return media_types


def _json_schema(pointer: str, holder: JsonObject) -> str | None:
    if JSON_MEDIA_TYPE not in holder.get("content", {}):
        return None
    return f"{pointer}/content/{JSON_MEDIA_TYPE.replace('/', '~1')}/schema"
