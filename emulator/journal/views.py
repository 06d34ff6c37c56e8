"""How a field of a journal entry is shown: to everybody, and to a test that compares it."""

from collections.abc import Callable
from typing import NamedTuple

from emulator.journal.headers import plain_headers, shown_headers
from emulator.jsontext import Json, JsonText, read
from emulator.redaction.names import may_hold_secrets
from emulator.redaction.text import hide_in_body
from emulator.redaction.values import hide_in_json, hide_in_query


class View(NamedTuple):
    """Two functions that render a field as JSON: without credentials, and with them."""

    shown: Callable[[Json], Json]
    plain: Callable[[Json], Json]


def _as_it_is(value: Json) -> Json:
    return value


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _shown_query(value: bytes) -> str:
    text = _text(value)
    return hide_in_query(text) if may_hold_secrets(value) else text


def _shown_body(value: bytes) -> str:
    text = _text(value)
    return hide_in_body(text) if may_hold_secrets(value) else text


def _shown_content(value: Json) -> Json:
    if isinstance(value, JsonText):
        content = read(memoryview(value))
        return hide_in_json(content) if may_hold_secrets(value) else content
    return _shown_body(value) if isinstance(value, bytes) else hide_in_json(value)


def _plain_content(value: Json) -> Json:
    if isinstance(value, JsonText):
        return read(memoryview(value))
    return _text(value) if isinstance(value, bytes) else value


def _to_json(value: Json) -> Json:
    return value.to_json()


def _all_to_json(values: Json) -> Json:
    return [value.to_json() for value in values]


VALUE = View(hide_in_json, _as_it_is)
QUERY = View(_shown_query, _text)
HEADERS = View(shown_headers, plain_headers)
BODY = View(_shown_body, _text)
CONTENT = View(_shown_content, _plain_content)  # of a frame: JSON, its text, or a part of it
FINDINGS = View(_all_to_json, _all_to_json)  # made without credentials
RUN = View(_to_json, _to_json)
