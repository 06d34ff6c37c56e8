"""The operation table: what the document says of each operation, in frozen values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.errors import DocumentError
from emulator.jsontext import JsonObject
from emulator.openapi.document import METHODS, Document, clear_failure, operation_pointer

JSON_MEDIA_TYPE = "application/json"
_MEDIA_TYPE = re.compile(r"(application|audio|image|multipart|text|video)/[\w.+-]+", re.ASCII)
# A uuid is a string of that format.
PARAMETER_TYPES = ("integer", "number", "boolean", "string", "uuid")
# Headers that the emulator reads itself, or that OpenAPI leaves to other parts of the document.
_OTHER_HEADERS = ("accept", "authorization", "content-type", "x-hume-api-key")
# What a boolean may be written as in a query, in small letters.
TRUE_WORDS = frozenset(("true", "1", "yes", "on", "t", "y"))
FALSE_WORDS = frozenset(("false", "0", "no", "off", "f", "n"))


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
    pointer: str  # to its schema
    deprecated: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `responses` maps each status to the pointer of its JSON schema.

    `media_types` are those of the success response.
    """

    id: str
    method: str
    path_template: str
    summary: str
    parameters: tuple[Parameter, ...]
    request_body: str | None
    success_status: int
    responses: Mapping[int, str | None]
    media_types: tuple[str, ...] = (JSON_MEDIA_TYPE,)
    deprecated: bool = False


def compile_operations(document: Document) -> tuple[Operation, ...]:
    """Every operation of the document, in its order. Raises DocumentError."""
    with clear_failure(document):
        return tuple(_compile_all(document))


def _compile_all(document: Document) -> Iterator[Operation]:
    seen: dict[str, str] = {}
    for path, item in document.content["paths"].items():
        for method in METHODS:
            if method in item:
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
        request_body=_request_body(document, pointer, found),
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


def _request_body(document: Document, pointer: str, found: JsonObject) -> str | None:
    body = found.get("requestBody", {})
    return _json_schema(body.get("$ref", f"{pointer}/requestBody"), document.follow(body))


def _responses(document: Document, pointer: str, found: JsonObject) -> dict[int, str | None]:
    responses: dict[int, str | None] = {}
    for status, response in found["responses"].items():
        if not status.isdigit():  # 'default' and '4XX' say nothing of one status
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
