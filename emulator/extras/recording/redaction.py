"""What must not reach a recording: keys, tokens, signed URLs, by their names and their values."""

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
Caller: TypeAlias = tuple[int | None, Credential | None]  # who, and by what

SHORTEST_VALUE = 8  # characters: a shorter key, such as 'any', also stands in texts that are none

# Headers that say what is asked and answered. All others stay out, whatever they are called.
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
_IN_FORMS = ("client_id", "token")  # names of secrets only where somebody asks for a token
_SIGNED = re.compile(r"(?:x-(?:amz|goog)-)?(?:signature|sig|credential|policy|key-pair-id|token)"
                     r"|hdnts|se", re.IGNORECASE)  # fmt: skip
_URL = re.compile(r"(?:https?|wss?)://[^\s\"'<>\\]+")
FORM = "application/x-www-form-urlencoded"


def hide_query(query: str) -> str:
    """A query or a form without the values of secrets in it."""
    return hide_in_query(query, hide_in_string_of_recording)


def hide_in_value(value: Json) -> Json:
    """A JSON value without its secrets, also where texts in it are JSON or hold signed URLs."""
    return hide_in_json(_without_signed(value))


def _without_signed(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_signed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_signed(item) for item in value]
    return _hide_urls(value) if isinstance(value, str) else value


def hide_in_string_of_recording(text: str) -> str:
    """Return a text without signed URLs, and without the secrets that JSON or a URL in it names."""
    return hide_in_string(_hide_urls(text))


def _hide_urls(text: str) -> str:
    return _URL.sub(lambda found: hide_url(found[0]), text) if "://" in text else text


def hide_url(url: str) -> str:
    """A URL without credentials in it; one that is signed leads nowhere any more."""
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
    """Those of the names given; of one that is there twice, both values."""
    kept: dict[str, str] = {}
    for name, value in headers:
        if name.lower() in names:
            before = f"{kept[name.lower()]}, " if name.lower() in kept else ""
            kept[name.lower()] = before + _hide_urls(value)
    return kept


def hide_body(body: Body | None, content_type: str) -> Body | None:
    """A body without its secrets. Of bytes that are JSON with secrets in it the size is left."""
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
            f"{name}={HIDDEN}" if name in _IN_FORMS else name + equals + value
            for name, equals, value in pairs
        ))  # fmt: skip
    return Body(text=hide_in_body(_hide_urls(text)))


class Secrets:
    """The keys and tokens seen so far: whose they are, and every place where they show."""

    def __init__(self, callers: int = 0) -> None:
        """`callers` is how many numbers are taken already."""
        self._callers: dict[str, int] = {}
        self._taken = callers
        self._spellings: list[str] = []

    def caller(self, headers: Mapping[str, str], query: str) -> Caller:
        """The number of who asks, and by what; a header counts before the query."""
        found = next(_credentials(headers, query), None)
        for _, value in _credentials(headers, query):
            self.learn(value)
        for value in _further_secrets(headers, query):
            self.learn(value)
        if found is None:
            return None, None
        return self._number(found[1]), found[0]

    def caller_of_form(self, form: str) -> Caller:
        """The same of a form that asks for a token."""
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
        """A token stands for the caller that it was given to."""
        for value in secret_values(answer):
            self.learn(value)
            if caller is not None:
                self._callers.setdefault(value, caller)

    def learn(self, value: str) -> None:
        """Hide this value from now on, wherever and however it is written."""
        if len(value) < SHORTEST_VALUE or value == HIDDEN:
            return
        plain = json.dumps(value)[1:-1]
        escaped = render(value).decode()[1:-1]
        whole = value.encode()[: len(value.encode()) // 3 * 3]  # what base64 has of it, at a begin
        encoded = base64.b64encode(whole).decode()
        spellings = (value, plain, escaped, quote(value, safe=""), quote_plus(value), encoded)
        known = {*self._spellings, *spellings, quote(value)}
        self._spellings = sorted(known, key=len, reverse=True)  # none hides half of another

    def learn_from(self, body: Body | None) -> None:
        """Secrets that a body names, such as the key of a language model."""
        if body is None:
            return
        content = read_or_none(body.data()) if body.is_binary else body.value
        for value in secret_values(content):
            self.learn(value)

    def hidden(self, entry: E) -> E:
        """An entry without the values learned, wherever a client or a server has put them."""
        changed = {
            name: self._hide(name, getattr(entry, name)) for name in type(entry).model_fields
        }
        return entry.model_copy(update={name: v for name, v in changed.items() if v is not None})

    def _hide(self, name: str, field: object) -> object:
        """What a field is instead, or None if it stays as it is."""
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
    """The texts in a JSON value whose names say that they are secrets."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts_in(item) if is_secret_name(name) else secret_values(item)
    elif isinstance(value, list):
        for item in value:
            yield from secret_values(item)


def texts_in(value: Json) -> Iterator[str]:
    """Yield every text in a JSON value, but for the names in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)


def _credentials(headers: Mapping[str, str], query: str) -> Iterator[tuple[Credential, str]]:
    """By what a request says who asks, in the order in which it counts."""
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
    """What a request says beside who asks, and nobody may see."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        yield _basic(value.strip())[1]
    for name, text in parse_qsl(query):
        if is_secret_name(name):
            yield text
        elif text[:1] in ("{", "["):  # such as session settings
            yield from secret_values(read_or_none(text.encode(errors="replace")))


def _basic(encoded: str) -> tuple[str, str]:
    """The API key and the secret in HTTP Basic credentials."""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return encoded, ""
    return user, password
