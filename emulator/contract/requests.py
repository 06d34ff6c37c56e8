"""Findings about a request, other than those about its refusal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qsl

from emulator.contract.findings import MOST_AT_ONCE, Finding, find
from emulator.contract.ledger import ClientLedger
from emulator.contract.values import judge_boolean, judge_integer, judge_use, unknown_parameter
from emulator.credentials import API_KEY, CREDENTIALS
from emulator.jsontext import Json
from emulator.openapi.fields import Field, use_of
from emulator.openapi.operation import JSON_MEDIA_TYPE, Operation, Parameter

_QUERIES_REMEMBERED = 64
_PAGE = "page_number"
_NO_HINTS: Mapping[str, str] = MappingProxyType({})
# Hume's TypeScript client asks for text where an answer is one string; the service takes that.
_GOOD_TYPES = (b"*/*", b"application/*", b"application/json", b"text/plain")


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read: known parameters, findings, and the page it asks for, if readable."""

    used: Sequence[str]
    findings: Sequence[Finding]
    page: int | None


class RequestAuditor:
    """Judges the requests of one operation.

    `fields` are those of its body, if it takes one. `hints` say what to use instead of parameters
    that people get wrong.
    """

    def __init__(
        self, operation: Operation, fields: Field | None, hints: Mapping[str, str] = _NO_HINTS
    ) -> None:
        self.operation = operation
        self.hints = hints
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
        self, ledger: ClientLedger, headers: Mapping[bytes, bytes], query_string: bytes, body: Json
    ) -> list[Finding]:
        """Judge one request, and count what it uses."""
        query = self._query(query_string)
        findings = list(query.findings)
        if query.used:
            ledger.use("parameters", query.used)
        if self._is_list:
            findings += self._judge_page(ledger, query.page)
        findings += self._judge_headers(headers)
        if self._fields is not None and body is not None:
            findings += self._judge_body(ledger, self._fields, body)
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
                findings.append(unknown_parameter(name, known, self.hints.get(name, "")))
        page = dict(pairs).get(_PAGE, "0")
        return Query(used, findings, int(page) if page.isdecimal() and len(page) < 9 else None)

    def _judge_page(self, ledger: ClientLedger, page: int | None) -> Sequence[Finding]:
        if page == 1 and self.operation.id not in ledger.lists_begun:
            return [find("page_base", ("query", _PAGE), page)]
        if page == 0:
            ledger.lists_begun.add(self.operation.id)
        return ()

    def _judge_headers(self, headers: Mapping[bytes, bytes]) -> Sequence[Finding]:
        findings = []
        comes_with_body = has_body(headers)
        if comes_with_body and self._fields is None:
            length = headers.get(b"content-length", b"").decode("latin-1")
            got = f"a body of {length} bytes" if length.isdigit() else "a body"
            findings.append(find("body_unexpected", ("body",), got))
        elif comes_with_body and b"content-type" not in headers:
            loc, media_type = ("headers", "Content-Type"), self.operation.bodies[0].media_type
            findings.append(find("content_type_missing", loc, None, media_type=media_type))
        accept = headers.get(b"accept") if self._answers_json else None
        if accept and accept not in _GOOD_TYPES and not _accepts_json(accept):
            text = accept.decode("latin-1")
            findings.append(find("accept_excludes_json", ("headers", "Accept"), text))
        return findings

    def _judge_body(self, ledger: ClientLedger, fields: Field, body: Json) -> Sequence[Finding]:
        use = use_of(fields, body, ("body",))
        ledger.use("body_fields", use.known)
        is_clean = not (use.unknown or use.fractions or use.deprecated or use.unlisted)
        return () if is_clean else judge_use(use)


def has_body(headers: Mapping[bytes, bytes]) -> bool:
    """True if the headers of a request announce a body."""
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _judge_value(parameter: Parameter, text: str) -> Sequence[Finding]:
    loc, findings = (parameter.location, parameter.name), list[Finding]()
    findings += judge_boolean(loc, text) if parameter.type == "boolean" else ()
    findings += judge_integer(loc, text) if parameter.type == "integer" else ()
    if parameter.deprecated:
        findings.append(find("deprecated", loc, parameter.name, instead="another parameter"))
    return findings


def _accepts_json(accept: bytes) -> bool:
    types = (part.partition(b";")[0].strip().lower() for part in accept.split(b","))
    return any(each in _GOOD_TYPES for each in types)
