"""What is to be said of a request beyond what the service would refuse."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from emulator.contract.findings import MOST_AT_ONCE, Finding, find
from emulator.contract.ledger import Contract
from emulator.credentials import API_KEY, CREDENTIALS
from emulator.errors import ApiError, Loc, Problem, ValidationFailed, nearest, nearest_word
from emulator.jsontext import Json
from emulator.openapi.fields import Field, Use, use_of
from emulator.openapi.hints import OF_REQUESTS
from emulator.openapi.operation import (
    FALSE_WORDS,
    JSON_MEDIA_TYPE,
    TRUE_WORDS,
    Operation,
    Parameter,
)

_PLAIN_BOOLEANS = ("true", "false")
_QUERIES_REMEMBERED = 64
_PROBLEMS_REMEMBERED = 256
_nearest_listed = lru_cache(_PROBLEMS_REMEMBERED)(nearest_word)  # clients repeat their mistakes
_INTEGER = re.compile("[+-]?[0-9]+")
_PAGE = "page_number"
STRICTLY_REFUSED = ("field_unknown", "parameter_unknown", "value_unlisted")  # by --strict
_REFUSABLE = (*STRICTLY_REFUSED, "voice_unlisted")  # the last by a setting of its own, too
_IGNORED, _KEPT = "it is ignored", "it is kept as it is"  # what becomes of it unless it is refused
_EXTRA, _NOTHING_MORE = "extra_forbidden", "nothing that isn't known"
_EXPECTED = {"missing": "a value, since it is required", _EXTRA: _NOTHING_MORE}
# Hume's TypeScript client asks for text where an answer is one string; the service takes that.
_GOOD_TYPES = (b"*/*", b"application/*", b"application/json", b"text/plain")


@dataclass(frozen=True, slots=True)
class Query:
    """What a query shows: parameters used, findings, and which page is asked for, if it counts."""

    used: Sequence[str]
    findings: Sequence[Finding]
    page: int | None


class RequestJudge:
    """Judges the requests of one operation. `fields` are those of its body, if it takes one."""

    def __init__(self, operation: Operation, fields: Field | None) -> None:
        self.operation = operation
        self._fields = fields
        self._parameters = {
            parameter.name: parameter
            for parameter in operation.parameters
            if parameter.location == "query"
        }
        self._query = lru_cache(_QUERIES_REMEMBERED)(self._judge_query)
        self._is_list = _PAGE in self._parameters
        self._answers_json = JSON_MEDIA_TYPE in (operation.media_types or (JSON_MEDIA_TYPE,))

    def judge(
        self, contract: Contract, headers: Mapping[bytes, bytes], query_string: bytes, body: Json
    ) -> list[Finding]:
        """The findings of one request that came with these; what it uses is counted."""
        query = self._query(query_string)
        findings = list(query.findings)
        if query.used:
            contract.use("parameters", query.used)
        if self._is_list:
            findings += self._judge_page(contract, query.page)
        findings += self._judge_headers(headers)
        if self._fields is not None and body is not None:
            findings += self._judge_body(contract, self._fields, body)
        if self.operation.deprecated:
            findings.append(find("deprecated", ("path",), self.operation.id, instead="another one"))
        return findings

    def _judge_query(self, query_string: bytes) -> Query:
        pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
        counts, used = Counter(name for name, _ in pairs), list[str]()
        findings = list[Finding]()
        for name, text in dict(pairs).items():
            loc = ("query", name)
            if name in self._parameters:
                used.append(f"{self.operation.id} {name}")
                findings += _judge_value(self._parameters[name], text)
                if counts[name] > 1 and not self._parameters[name].repeats:
                    findings.append(find("parameter_repeated", loc, counts[name]))
            elif name == API_KEY:
                findings.append(find("key_in_query", loc, "(hidden)"))
            elif name not in CREDENTIALS and len(findings) < MOST_AT_ONCE:
                known = tuple(self._parameters)
                findings.append(unknown_parameter(name, known, OF_REQUESTS.get(name, "")))
        page = dict(pairs).get(_PAGE, "0")
        return Query(used, findings, int(page) if page.isdecimal() and len(page) < 9 else None)

    def _judge_page(self, contract: Contract, page: int | None) -> Sequence[Finding]:
        if page == 1 and self.operation.id not in contract.lists_begun:
            return [find("page_base", ("query", _PAGE), page)]
        if page == 0:
            contract.lists_begun.add(self.operation.id)
        return ()

    def _judge_headers(self, headers: Mapping[bytes, bytes]) -> Sequence[Finding]:
        findings = []
        comes_with_body = has_body(headers)
        if comes_with_body and self._fields is None:
            findings.append(find("body_unexpected", ("body",), None))
        elif comes_with_body and b"content-type" not in headers:
            findings.append(find("content_type_missing", ("headers", "Content-Type"), None))
        accept = headers.get(b"accept") if self._answers_json else None
        if accept and accept not in _GOOD_TYPES and not _accepts_json(accept):
            text = accept.decode("latin-1")
            findings.append(find("accept_excludes_json", ("headers", "Accept"), text))
        return findings

    def _judge_body(self, contract: Contract, fields: Field, body: Json) -> Sequence[Finding]:
        use = use_of(fields, body, ("body",))
        contract.use("body_fields", use.known)
        is_clean = not (use.unknown or use.fractions or use.deprecated or use.unlisted)
        return () if is_clean else of_use(use)


def has_body(headers: Mapping[bytes, bytes]) -> bool:
    """True if the headers of a request announce a body."""
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def of_use(use: Use) -> list[Finding]:
    """What is to be said of the fields that a value has."""
    findings = [
        find("field_unknown", loc, loc[-1], known=", ".join(known), hint=_meant(loc[-1], known))
        for loc, known in use.unknown[:MOST_AT_ONCE]
    ]
    findings += [
        find("value_coerced", loc, got, expected=f"an integer: {got:.0f}")
        for loc, got in use.fractions[:MOST_AT_ONCE]
    ]
    findings += [
        find("value_unlisted", loc, got, hint=_nearest(got, field))
        for loc, got, field in use.unlisted[:MOST_AT_ONCE]
    ]
    return findings + [
        find("deprecated", loc, loc[-1], instead="another field")
        for loc in use.deprecated[:MOST_AT_ONCE]
    ]


def unknown_parameter(name: str, known: Sequence[str], hint: str = "") -> Finding:
    """Return the finding about a parameter that is not read; `hint` says what to use instead."""
    words = f"one of {', '.join(known)}" if known else "no parameters"
    meant = hint or _meant(name, known)
    return find("parameter_unknown", ("query", name), name, known=words, hint=meant)


def _meant(name: str | int, known: Sequence[str]) -> str:
    return nearest(str(name), known) or _IGNORED


def _nearest(got: str, field: Field) -> str:
    """Return the listed value that was probably meant, else what becomes of this one."""
    listed = _nearest_listed(got, tuple(field.listed))
    if listed is not None or field.listed_unless is None:
        return f"the nearest listed value is {listed!r}" if listed else _KEPT
    name, value = field.listed_unless
    return f"{_KEPT}; a URL belongs to the {name} {value}"


def _judge_value(parameter: Parameter, text: str) -> Sequence[Finding]:
    loc, findings = (parameter.location, parameter.name), list[Finding]()
    findings += judge_boolean(loc, text) if parameter.type == "boolean" else ()
    findings += judge_integer(loc, text) if parameter.type == "integer" else ()
    if parameter.deprecated:
        findings.append(find("deprecated", loc, parameter.name, instead="another parameter"))
    return findings


def judge_boolean(loc: Loc, text: str) -> Sequence[Finding]:
    """A boolean in a query, which may also be written yes, on, 1, ..."""
    is_read = text.lower() in TRUE_WORDS | FALSE_WORDS
    if not is_read or text in _PLAIN_BOOLEANS:
        return ()
    return [find("value_coerced", loc, text, expected="true or false")]


def judge_integer(loc: Loc, text: str) -> Sequence[Finding]:
    """An integer in a query, which may also be written as nobody would, such as 007 or +1."""
    is_read = len(text) < 20 and _INTEGER.fullmatch(text)
    if not is_read or str(int(text)) == text:
        return ()
    return [find("value_coerced", loc, text, expected=f"{int(text)}")]


def _accepts_json(accept: bytes) -> bool:
    types = (part.partition(b";")[0].strip().lower() for part in accept.split(b","))
    return any(each in _GOOD_TYPES for each in types)


def judge_refusal(
    operation: Operation, error: ApiError, sent: Json, query_string: bytes, path: str
) -> Sequence[Finding]:
    """What a request is told that is answered with an error; a 404 for an id is no finding."""
    if isinstance(error, ValidationFailed):
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
        return [find("request_refused", (where,), str(body.get("code")), message=message)]
    if error.status == 413:
        return [find("body_too_large", ("body",), None, message=message)]
    return ()


def _path_values(template: str, path: str) -> Mapping[str, str]:
    segments = zip(template.split("/"), path.split("/"), strict=False)
    return {name[1:-1]: value for name, value in segments if name.startswith("{")}


def invalid(error: ValidationFailed, given: Json) -> list[Finding]:
    """The problems of a 422, with what `given` has at their places."""
    return [_invalid(each, given) for each in error.problems]


def _invalid(problem: Problem, given: Json) -> Finding:
    value = given
    try:
        for step in problem.loc:
            value = value[step]
    except (LookupError, TypeError):  # what is missing, or lies in what is no object
        value = None
    is_plain = value is None or type(value) in (bool, int, float)
    return _repeated(problem, value) if is_plain else _new(problem, value)


def _new(problem: Problem, got: Json) -> Finding:
    return find("request_invalid", problem.loc, got, problem=in_words(problem.type, problem.msg))


# Clients repeat their mistakes.
_repeated = lru_cache(_PROBLEMS_REMEMBERED, typed=True)(_new)


def in_words(kind: str, message: str) -> str:
    """What a problem expects; most say so themselves."""
    return _EXPECTED.get(kind, message)


def judge_stray(method: str, path: str, error: ApiError) -> Finding:
    """What leads to no operation."""
    if error.status == 405:
        allowed = error.headers.get("Allow", "")
        return find("method_unknown", ("path",), f"{method} {path}", allowed=allowed)
    return find("path_unknown", ("path",), f"{method} {path}", hint=error.hint)


def judge_stranger(error: ApiError, query_string: bytes = b"") -> Finding:
    """Return the finding about a caller without a good key, perhaps in a wrong parameter."""
    fault = error.body.get("fault")
    got = str(fault["faultstring"]) if isinstance(fault, dict) else None
    given = dict(parse_qsl(query_string.decode("latin-1")))
    hints = [f"{name} is not read: {hint}" for name, hint in OF_REQUESTS.items() if name in given]
    place = ("headers", "X-Hume-Api-Key")
    return find("credentials_refused", place, got, hint="; ".join(hints))


def extra_problems(findings: Sequence[Finding]) -> list[Problem]:
    """List what a strict server refuses: fields, parameters and values that nothing knows."""
    return [_extra_problem(each) for each in findings if each.code in STRICTLY_REFUSED]


def _extra_problem(finding: Finding) -> Problem:
    if finding.code == "value_unlisted":
        words = (f"Input should be {finding.expected}", _without_fate(finding.hint))
        return Problem(finding.loc, "; ".join(each for each in words if each), "enum")
    return Problem(finding.loc, "Extra inputs are not permitted", _EXTRA)


def with_refusals(findings: Sequence[Finding], refusals: Sequence[Finding]) -> list[Finding]:
    """Return all findings, where a mistake that was refused counts once.

    It has the code of its refusal, and says what was known and meant.
    """
    refused = {each.loc for each in refusals}
    extra = {each.loc: each for each in findings if each.code in _REFUSABLE and each.loc in refused}
    rest = [each for each in findings if each.code not in _REFUSABLE or each.loc not in refused]
    return rest + [
        _refused(extra[each.loc], each.code) if each.loc in extra else each for each in refusals
    ]


def _refused(finding: Finding, code: str) -> Finding:
    return finding._replace(code=code, hint=_without_fate(finding.hint))


def _without_fate(hint: str) -> str:
    """Return a hint without what becomes of a value that is not refused."""
    return hint.removeprefix(_IGNORED).removeprefix(_KEPT).removeprefix("; ")


def refuse_extra(findings: Sequence[Finding]) -> list[Finding]:
    """Return what a strict server refuses in a frame: fields that no schema knows."""
    return [_refused(each, "frame_invalid") for each in findings if each.code in STRICTLY_REFUSED]
