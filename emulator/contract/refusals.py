"""Findings about a request, a handshake or a frame that is refused."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import NoneType
from urllib.parse import parse_qsl

from emulator.contract.findings import (
    FINDINGS,
    FINDINGS_REMEMBERED,
    LONGEST_REMEMBERED,
    Finding,
    find,
)
from emulator.errors import ApiError, Problem, ValidationFailed
from emulator.jsontext import Json
from emulator.openapi.operation import Operation
from emulator.openapi.strictness import EXTRA
from emulator.redaction.text import hide_in_body

_PLAIN = (NoneType, bool, int, float)
_LONGEST_TEXT = 200  # bytes of a body that is not JSON
_DECODING, _SHOULD_BE = "JSON decode error: ", "Input should be "
_EXPECTED = {"missing": "a value, since it is required", EXTRA: "nothing that isn't known"}


def judge_refusal(
    operation: Operation,
    error: ApiError,
    sent: Json,
    query_string: bytes,
    path: str,
    text: bytes = b"",
) -> Sequence[Finding]:
    """Judge a request that is answered with an error; a 404 for an id is not a finding.

    `sent` is the body as JSON, `text` the beginning of what came.
    """
    if isinstance(error, ValidationFailed):
        if error.problems[0].type == "json_invalid":
            return [_not_json(error.problems[0], text)]
        given = {"body": sent}
        if any(problem.loc[0] != "body" for problem in error.problems):
            query = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
            given["query"] = dict(query)
            given["path"] = _path_values(operation.path_template, path)
        return invalid(error, given)
    body = error.body
    message = str(body.get("message", ""))
    if error.status in (400, 409):
        where = "body" if operation.request_body else "query"
        return [find("request_refused", (where,), error.code, message=message)]
    if error.status == 413:
        return [find("body_too_large", ("body",), None, message=message)]
    return ()


def _path_values(template: str, path: str) -> Mapping[str, str]:
    segments = zip(template.split("/"), path.split("/"), strict=False)
    return {name[1:-1]: value for name, value in segments if name.startswith("{")}


def invalid(error: ValidationFailed, given: Json) -> list[Finding]:
    """Return a finding for each problem of a 422, with what `given` has at its place."""
    return [_invalid(each, given) for each in error.problems]


def _not_json(problem: Problem, text: bytes) -> Finding:
    """Return the finding about a body that is not JSON, with its beginning."""
    got = hide_in_body(text[:_LONGEST_TEXT].decode("utf-8", "replace"))
    return find("request_invalid", problem.loc, got, problem=in_words(problem.type, problem.msg))


def _invalid(problem: Problem, given: Json) -> Finding:
    value = given
    try:
        for step in problem.loc:
            value = value[step]
    except (LookupError, TypeError):  # what is missing, or lies in what is not an object
        value = None
    kind = type(value)
    is_short = kind in _PLAIN or (kind is str and len(value) <= LONGEST_REMEMBERED)
    return _repeated(problem, value) if is_short else _new(problem, value)


def _new(problem: Problem, got: Json) -> Finding:
    words, text = in_words(problem.type, problem.msg), f"'{got}'"
    # A field whose values are texts that look like numbers.
    is_number = type(got) in (int, float) and text in problem.msg
    fate = f"write it as a text: {text}" if is_number else ""
    return find("request_invalid", problem.loc, got, fate, problem=words)


_repeated = lru_cache(FINDINGS_REMEMBERED, typed=True)(_new)


def in_words(kind: str, message: str) -> str:
    """Return what a problem expects; the messages of most say so, in a sentence."""
    if kind == "json_invalid":
        return f"JSON ({message.removeprefix(_DECODING)})"
    return _EXPECTED.get(kind, message.removeprefix(_SHOULD_BE))


def with_refusals(findings: Sequence[Finding], refusals: Sequence[Finding]) -> list[Finding]:
    """Return all findings; a mistake that was refused counts once, as its refusal.

    The refusal then says what is known and meant, as the finding about the mistake does.
    """
    refused = {each.loc for each in refusals}
    mistakes = {each.loc: each for each in findings if _is_refused(each, refused)}
    rest = [each for each in findings if not _is_refused(each, refused)]
    return rest + [
        mistakes[each.loc]._replace(code=each.code, fate="") if each.loc in mistakes else each
        for each in refusals
    ]


def _is_refused(finding: Finding, refused: set[tuple[str | int, ...]]) -> bool:
    return FINDINGS[finding.code].refusable and finding.loc in refused


def unmatched_path(method: str, path: str, error: ApiError) -> Finding:
    """Return the finding about a request that matches no operation."""
    if error.status == 405:
        allowed = error.headers.get("Allow", "")
        return find("method_unknown", ("path",), f"{method} {path}", allowed=allowed)
    return find("path_unknown", ("path",), f"{method} {path}", hint=error.hint)


def refused_credentials(
    error: ApiError, hints: Mapping[str, str] | None = None, query_string: bytes = b""
) -> Finding:
    """Return the finding about a caller without a good key.

    `hints` say where to send the key if it came in a parameter that nothing reads.
    """
    fault = error.body.get("fault")
    got = str(fault["faultstring"]) if isinstance(fault, dict) else None
    given = dict(parse_qsl(query_string.decode("latin-1")))
    meant = [f"{name} is not read: {hint}" for name, hint in (hints or {}).items() if name in given]
    place = ("headers", "X-Hume-Api-Key")
    return find("credentials_refused", place, got, hint="; ".join(meant))
