"""Hides the values of credentials in text of any kind: bodies, headers, log lines."""

import re
from functools import lru_cache

from emulator.jsontext import read_or_none
from emulator.redaction.names import HIDDEN, SCHEME, is_secret_name, may_hold_secrets
from emulator.redaction.scan import hide_named
from emulator.redaction.values import hide_in_json_text, hide_in_query, hide_users

_LONGEST_REMEMBERED = 100  # characters
_TARGET = re.compile(
    r"([^\s?\"'{\[]*\?)(\S*)"
)  # the target of a request: a path or a URL, and its query
_FORM = re.compile(r"[^\s=&?\"'{\[]++=\S*")
_QUERY = re.compile(r"(?<=\?)[^\s\"'<>]+")
_CREDENTIALS = re.compile(r"\b((?:basic|bearer)\s+)(?!\(hidden\))(?=\S*\d)\S+", re.IGNORECASE)


def hide_in_body(text: str) -> str:
    """Return a body without credentials, whatever its format, even if it is cut off."""
    if not may_hold_secrets(text):
        return text
    shown = hide_in_json_text(text)
    if shown is None:
        return hide_in_text(text)
    as_written = hide_named(text, only_quoted=True)  # with its spaces and line breaks
    return as_written if _say_the_same(as_written, shown) else shown


def _say_the_same(one: str, other: str) -> bool:
    return bool(read_or_none(one.encode()) == read_or_none(other.encode()))


def hide_in_header(name: str, value: str) -> str:
    """Return the value of a header without credentials."""
    if len(value) <= _LONGEST_REMEMBERED:
        return _remembered_header(name, value)
    return _hide_in_header(name, value)


def _hide_in_header(name: str, value: str) -> str:
    scheme = SCHEME.match(value)
    if is_secret_name(name) or scheme is not None:
        return f"{scheme[0] if scheme else ''}{HIDDEN}"
    return hide_in_text(value)


_remembered_header = lru_cache(1024)(_hide_in_header)  # clients send the same ones again and again


def hide_in_text(text: str, key: str | None = None) -> str:
    """Return text made for people, such as a log line, without anything that looks like a key.

    A `key` that is known is hidden wherever it stands, whatever it looks like.
    """
    if key:
        text = text.replace(key, HIDDEN)
    if may_hold_secrets(text):
        text = _hide(text)
    return _CREDENTIALS.sub(rf"\1{HIDDEN}", text)


def _hide(text: str) -> str:
    target = _TARGET.fullmatch(text)
    if target is not None:
        return hide_users(hide_named(target[1])) + hide_in_query(target[2])
    if _FORM.fullmatch(text):
        return hide_in_query(text)
    return hide_users(hide_named(_QUERY.sub(lambda found: hide_in_query(found[0]), text)))
