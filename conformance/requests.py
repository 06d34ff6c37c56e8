"""Requests that calls must send, by the document: each argument at its place."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from urllib.parse import parse_qsl

from conformance.table import Case
from conformance.values import differences
from emulator.jsontext import Json, JsonObject, JsonTextError, parse
from emulator.openapi.operation import Operation

TOO_LARGE = 413  # the server does not read that body, so the journal has none


@dataclass(frozen=True)
class Request:
    """`query` has texts, as a URL has them; `body` is None where none is sent."""

    method: str
    path: str
    query: dict[str, str]
    body: Json


def request_of(operation: Operation, arguments: JsonObject, body: str | None = None) -> Request:
    """The request with these arguments, of which `body` may name the one that is the whole body."""
    places = {parameter.name: parameter.location for parameter in operation.parameters}
    path = {key: value for key, value in arguments.items() if places.get(key) == "path"}
    query = {key: _text(value) for key, value in arguments.items() if places.get(key) == "query"}
    content: Json = {key: value for key, value in arguments.items() if key not in places}
    if body is not None:
        content = arguments[body]
    return Request(
        method=operation.method,
        path=operation.path_template.format(**path),
        query=query,
        body=None if operation.request_body is None else content,
    )


def sent_wrongly(
    case: Case, language: str, arguments: JsonObject, entries: Sequence[JsonObject]
) -> list[str]:
    """Return the problems of a call's requests, as the journal has them.

    A pager's requests differ by the number of their page alone.
    """
    if case.call.upload in arguments:
        arguments = {**arguments, case.call.upload: "<text>"}  # the journal has the file's name
    first = request_of(case.call.operation, arguments, case.call.body)
    first = replace(first, query={**case.call.adds.get(language, {}), **first.query})
    if case.status == TOO_LARGE:
        first = replace(first, body=None)
    problems = []
    for index, entry in enumerate(entries):
        query = dict(first.query)
        if index:
            query["page_number"] = str(int(query.get("page_number", 0)) + index)
        place = f"/request {index + 1}"
        problems += differences(asdict(replace(first, query=query)), sent(entry), True, place)
    count = case.requests if isinstance(case.requests, int) else case.requests[language]
    return [*problems, *differences(count, len(entries), place="/requests")]


def sent(entry: JsonObject) -> JsonObject:
    """The request of a journal entry of the kind http."""
    return {
        "method": entry["method"],
        "path": entry["path"],
        "query": dict(parse_qsl(entry["query"], keep_blank_values=True)),
        "body": _body(entry["request"]),
    }


def _body(text: str) -> Json:
    if text.startswith("--"):
        return _form(text)
    return parse(text.encode()) if text else None


def _form(text: str) -> JsonObject:
    """The fields of a multipart form. A file is its name, and a field that comes twice a list."""
    boundary, _, _ = text.partition("\r\n")
    values: dict[str, list[Json]] = {}
    for part in text.split(boundary)[1:-1]:
        head, _, content = part.removeprefix("\r\n").partition("\r\n\r\n")
        name, file = _quoted("name", head), _quoted("filename", head)
        content = content.removesuffix("\r\n")
        values.setdefault(name, []).append(file or _json_or_text(content))
    return {name: found if len(found) > 1 else found[0] for name, found in values.items()}


def _quoted(key: str, head: str) -> str:
    found = re.search(rf'\b{key}="([^"]*)"', head)
    return found[1] if found else ""


def _json_or_text(text: str) -> Json:
    try:
        return parse(text.encode())
    except JsonTextError:
        return text


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
