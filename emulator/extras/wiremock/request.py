"""Requests of the journal in WireMock's format."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qsl, quote

from emulator.clock import LATEST_MS
from emulator.ids import derived_uuid
from emulator.journal.entries import HttpEntry
from emulator.journal.headers import read_headers
from emulator.journal.journal import Journal
from emulator.jsontext import Json, JsonObject
from emulator.redaction.names import HIDDEN
from emulator.redaction.text import hide_in_body, hide_in_header
from emulator.redaction.values import hide_in_query, hide_in_string

_UNQUOTED = "/:@!$&'()*+,;=-._~"  # characters that a path may have unencoded


@dataclass(frozen=True)
class LoggedRequest:
    """One request, including its secrets. `to_json` and `to_event` leave them out."""

    id: str
    entry: HttpEntry
    scheme: str

    @property
    def seq(self) -> int:
        return self.entry.seq

    @property
    def method(self) -> str:
        return self.entry.method

    @property
    def was_matched(self) -> bool:
        """True if there is an operation for it."""
        return self.entry.operation is not None

    @cached_property
    def path(self) -> str:
        """Return the percent-encoded path."""
        return quote(self.entry.path, safe=_UNQUOTED)

    @property
    def query_string(self) -> str:
        return self.entry.query.decode("latin-1")

    @property
    def url(self) -> str:
        """Return path and query."""
        return _url(self.path, self.query_string)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Return values by lowercase names."""
        return read_headers(self.entry.request_headers)

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query_string, keep_blank_values=True)

    @property
    def cookies(self) -> list[tuple[str, str]]:
        pairs = (
            pair.strip().partition("=")
            for name, value in self.headers
            if name == "cookie"
            for pair in value.split(";")
        )
        return [(name, value) for name, _, value in pairs if name]

    @property
    def body(self) -> str:
        """Return the part of the body that the journal keeps; a chat's handshake has none."""
        return (self.entry.request or b"").decode(errors="replace")

    # without secrets

    def to_json(self) -> JsonObject:
        """Return the request without its answer, as `requests/find` lists it."""
        path = quote(hide_in_string(self.entry.path), safe=_UNQUOTED)
        url = _url(path, hide_in_query(self.query_string))
        host = next((value for name, value in self.headers if name == "host"), "")
        body = hide_in_body(self.body)
        return {
            "url": url,
            "absoluteUrl": f"{self.scheme}://{host}{url}",
            "method": self.method,
            "clientIp": None,
            "headers": self._shown_headers(),
            "cookies": {name: HIDDEN for name, value in self.cookies if value},
            "browserProxyRequest": False,
            "loggedDate": self.entry.at_ms,
            "loggedDateString": iso(self.entry.at_ms),
            "body": body,
            "bodyAsBase64": _base64(body),
            "scheme": self.scheme,
            "queryParams": _shown_query(url),
            "formParams": {},
        }

    def to_event(self) -> JsonObject:
        """Return the request with its answer, as `requests` lists it."""
        status = self.entry.status
        body = hide_in_body(self.entry.response.decode(errors="replace"))
        answer = {"status": status or 0, "body": body}
        return {
            "id": self.id,
            "request": self.to_json(),
            "responseDefinition": answer,
            "response": {
                **answer,
                "statusMessage": _phrase(status),
                "headers": {"Content-Type": "application/json"} if body else {},
                "bodyAsBase64": _base64(body),
            },
            "wasMatched": self.was_matched,
            "timing": {"totalTime": round(self.entry.duration_ms or 0)},
        }

    def _shown_headers(self) -> JsonObject:
        """Return the headers with capitalized names; a repeated one has a list of values."""
        shown: dict[str, Json] = {}
        for name, value in self.headers:
            title = "-".join(word.capitalize() for word in name.split("-"))
            hidden = hide_in_header(name, value)
            if title not in shown:
                shown[title] = hidden
            elif isinstance(shown[title], list):
                shown[title].append(hidden)
            else:
                shown[title] = [shown[title], hidden]
        return shown


def logged_requests(journal: Journal, world: str, scheme: str) -> Iterator[LoggedRequest]:
    """Yield the requests of a world's journal, newest first."""
    for entry in reversed(list(journal.kept())):
        if isinstance(entry, HttpEntry):
            yield LoggedRequest(derived_uuid("request", world, entry.seq), entry, scheme)


def iso(ms: int) -> str:
    """Render a time in ms as 2025-01-01T00:00:00Z; times after the year 9999 as its end."""
    return (
        datetime.fromtimestamp(min(ms, LATEST_MS) // 1000, UTC).isoformat().replace("+00:00", "Z")
    )


def _url(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _shown_query(url: str) -> JsonObject:
    shown: dict[str, list[str]] = {}
    for name, value in parse_qsl(url.partition("?")[2], keep_blank_values=True):
        shown.setdefault(name, []).append(value)
    return {name: {"key": name, "values": values} for name, values in shown.items()}


def _phrase(status: int | None) -> str:
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return ""
