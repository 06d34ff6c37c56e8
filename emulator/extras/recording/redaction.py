"""Keeps secrets out of recordings: keys, tokens, signed URLs, by their names and their values."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus, urlsplit, urlunsplit

from emulator.credentials import API_KEY, HANDSHAKE_CREDENTIALS
from emulator.extras.recording.format import Body, Credential, Part, Timed
from emulator.jsontext import Json, read_or_none, render
from emulator.redaction.names import HIDDEN, is_secret_name
from emulator.redaction.text import hide_in_body
from emulator.redaction.values import hide_in_json, hide_in_query, hide_in_string

E = TypeVar("E", bound=Timed)
Caller: TypeAlias = tuple[int | None, Credential | None]  # the number and kind of credential

SHORTEST_VALUE = 8  # characters: a shorter key, such as 'any', is also a word in other texts

# Headers that describe a request or an answer. No others are written down, whatever their names.
KEPT_REQUEST_HEADERS = frozenset({
    "accept", "access-control-request-headers", "access-control-request-method", "content-type",
    "origin", "prefer", "range", "x-fern-language", "x-fern-sdk-name", "x-fern-sdk-version",
})  # fmt: skip
KEPT_RESPONSE_HEADERS = frozenset({
    "accept-ranges", "access-control-allow-credentials", "access-control-allow-headers",
    "access-control-allow-methods", "access-control-allow-origin", "access-control-expose-headers",
    "access-control-max-age", "allow", "cache-control", "content-disposition", "content-range",
    "content-type", "location", "retry-after", "upgrade", "vary", "x-ratelimit-limit",
    "x-ratelimit-remaining", "x-ratelimit-reset",
})  # fmt: skip

_FREE_TEXTS = ("path", "query", "reason", "broken", "protocol")
_SECRET_FORM_FIELDS = ("client_id", "token")  # secret only in forms that ask for a token
_SIGNED = re.compile(r"(?:x-(?:amz|goog)-)?(?:signature|sig|credential|policy|key-pair-id|token)"
                     r"|hdnts|se", re.IGNORECASE)  # fmt: skip
_URL = re.compile(r"(?:https?|wss?)://[^\s\"'<>\\]+")
FORM = "application/x-www-form-urlencoded"


def hide_query(query: str) -> str:
    """Return a query or a form with the values of secrets hidden."""
    return hide_in_query(query, hide_in_string_of_recording)


def hide_in_value(value: Json) -> Json:
    """Return a JSON value with secrets hidden, also in texts that are JSON or have signed URLs."""
    return hide_in_json(_without_signed(value))


def _without_signed(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_signed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_signed(item) for item in value]
    return _hide_urls(value) if isinstance(value, str) else value


def hide_in_string_of_recording(text: str) -> str:
    """Return a text with signed URLs hidden, and the secrets that JSON or a URL in it names."""
    return hide_in_string(_hide_urls(text))


def _hide_urls(text: str) -> str:
    return _URL.sub(lambda found: hide_url(found[0]), text) if "://" in text else text


def hide_url(url: str) -> str:
    """Return a URL without credentials; a signed one is replaced by one that leads nowhere."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    names = [unquote_plus(pair.partition("=")[0]) for pair in parts.query.split("&")]
    if any(_SIGNED.fullmatch(name) for name in names):
        return f"https://hidden.invalid/{parts.path.rpartition('/')[2]}?{HIDDEN}"
    host = parts.netloc.rpartition("@")[2]
    query = hide_query(parts.query) if parts.query else ""
    if host == parts.netloc and query == parts.query:
        return url
    return urlunsplit(parts._replace(netloc=host, query=query))


def kept_headers(headers: Iterable[tuple[str, str]], names: frozenset[str]) -> dict[str, str]:
    """Return the headers that are in `names`, by lowercase name; repeated ones are joined."""
    kept: dict[str, str] = {}
    for name, value in headers:
        if name.lower() in names:
            before = f"{kept[name.lower()]}, " if name.lower() in kept else ""
            kept[name.lower()] = before + _hide_urls(value)
    return kept


def hide_body(body: Body | None, content_type: str) -> Body | None:
    """Return a body without its secrets; of a binary one with secrets, only the size."""
    if body is None or body.cut is not None:
        return body
    if body.is_binary:
        value = read_or_none(body.data())
        return body if hide_in_value(value) == value else Body(cut=len(body.data()))
    if body.is_json:
        return Body(json=hide_in_value(body.value))
    text = body.text or ""
    if content_type.startswith(FORM):
        pairs = (pair.partition("=") for pair in hide_query(text).split("&"))
        return Body(text="&".join(
            f"{name}={HIDDEN}" if name in _SECRET_FORM_FIELDS else name + equals + value
            for name, equals, value in pairs
        ))  # fmt: skip
    return Body(text=hide_in_body(_hide_urls(text)))


class Secrets:
    """Learns keys and tokens, numbers their callers, and hides the values wherever they appear."""

    def __init__(self, callers: int = 0) -> None:
        """Begin to number callers after the first `callers`, who have their numbers already."""
        self._callers: dict[str, int] = {}
        self._taken = callers
        self._spellings: list[str] = []

    def caller(self, headers: Mapping[str, str], query: str) -> Caller:
        """Return the caller's number and kind of credential; a header counts before the query."""
        found = next(_credentials(headers, query), None)
        for _, value in _credentials(headers, query):
            self.learn(value)
        for value in _further_secrets(headers, query):
            self.learn(value)
        if found is None:
            return None, None
        return self._number(found[1]), found[0]

    def caller_of_form(self, form: str) -> Caller:
        """Return the caller of a form that asks for a token, as `caller` does."""
        fields = dict(parse_qsl(form))
        self.learn(fields.get("client_secret", ""))
        key = fields.get("client_id", "")
        self.learn(key)
        return (self._number(key), "form") if key else (None, None)

    def _number(self, value: str) -> int:
        if value not in self._callers:
            self._taken += 1
            self._callers[value] = self._taken
        return self._callers[value]

    def learn_token(self, answer: Json, caller: int | None) -> None:
        """Note that the tokens in an answer belong to the caller who got them."""
        for value in secret_values(answer):
            self.learn(value)
            if caller is not None:
                self._callers.setdefault(value, caller)

    def learn(self, value: str) -> None:
        """Hide this value from now on, wherever it appears and however it is encoded."""
        if len(value) < SHORTEST_VALUE or value == HIDDEN:
            return
        plain = json.dumps(value)[1:-1]
        escaped = render(value).decode()[1:-1]
        whole = value.encode()[
            : len(value.encode()) // 3 * 3
        ]  # whole groups of 3 bytes: base64 of what follows may differ
        encoded = base64.b64encode(whole).decode()
        spellings = (value, plain, escaped, quote(value, safe=""), quote_plus(value), encoded)
        known = {*self._spellings, *spellings, quote(value)}
        self._spellings = sorted(known, key=len, reverse=True)  # none hides half of another

    def learn_from(self, body: Body | None) -> None:
        """Learn the secrets that a body names, such as the key of a language model."""
        if body is None:
            return
        content = read_or_none(body.data()) if body.is_binary else body.value
        for value in secret_values(content):
            self.learn(value)

    def hidden(self, entry: E) -> E:
        """Return an entry with the learned values hidden in all its fields."""
        changed = {
            name: self._hide(name, getattr(entry, name)) for name in type(entry).model_fields
        }
        return entry.model_copy(update={name: v for name, v in changed.items() if v is not None})

    def _hide(self, name: str, field: object) -> object:
        """Return the field with the learned values hidden, or None if it stays as it is."""
        if isinstance(field, Body):
            return self._in_body(field)
        if isinstance(field, Part):
            headers = {header: self._in_text(value) for header, value in field.headers.items()}
            body = None if field.body is None else self._in_body(field.body)
            return Part(headers=headers, body=body)
        if name in _FREE_TEXTS and isinstance(field, str):
            text = self._in_text(field)
            return f"/{text}" if name == "path" and not text.startswith("/") else text
        return None

    def _in_body(self, body: Body) -> Body:
        if body.is_json:
            return Body(json=self._in_value(body.value))
        if body.text is not None:
            return Body(text=self._in_text(body.text))
        if body.base64 is not None:
            data = body.data()
            if any(spelling.encode() in data for spelling in self._spellings):
                return Body(cut=len(data))
        return body

    def _in_value(self, value: Json) -> Json:
        if isinstance(value, str):
            return self._in_text(value)
        if isinstance(value, dict):
            return {self._in_text(name): self._in_value(item) for name, item in value.items()}
        return [self._in_value(item) for item in value] if isinstance(value, list) else value

    def _in_text(self, text: str) -> str:
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, HIDDEN)
        return text


def secret_values(value: Json) -> Iterator[str]:
    """Yield the texts in a JSON value whose names say that they are secrets."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts_in(item) if is_secret_name(name) else secret_values(item)
    elif isinstance(value, list):
        for item in value:
            yield from secret_values(item)


def texts_in(value: Json) -> Iterator[str]:
    """Yield every text in a JSON value, except the names of its fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)


def _credentials(headers: Mapping[str, str], query: str) -> Iterator[tuple[Credential, str]]:
    """Yield the credentials of a request. The first one says who calls."""
    if headers.get("x-hume-api-key"):
        yield "key", headers["x-hume-api-key"]
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        yield "bearer", value.strip()
    elif scheme.lower() == "basic" and value.strip():
        yield "basic", _basic(value.strip())[0]
    pairs = dict(parse_qsl(query))
    for name, today in HANDSHAKE_CREDENTIALS.items():
        if pairs.get(name):
            yield "query-key" if today == API_KEY else "query-token", pairs[name]


def _further_secrets(headers: Mapping[str, str], query: str) -> Iterator[str]:
    """Yield the secrets of a request that do not say who calls."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        yield _basic(value.strip())[1]
    for name, text in parse_qsl(query):
        if is_secret_name(name):
            yield text
        elif text[:1] in ("{", "["):  # such as session settings
            yield from secret_values(read_or_none(text.encode(errors="replace")))


def _basic(encoded: str) -> tuple[str, str]:
    """Return the API key and the secret in HTTP Basic credentials."""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return encoded, ""
    return user, password
