"""Hides the values of credentials in queries and JSON."""

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import quote, unquote_plus

from emulator.jsontext import Json, JsonObject, JsonTextError, parse, render
from emulator.redaction.names import HIDDEN, is_secret_name, may_hold_secrets
from emulator.redaction.scan import hide_named

Hide: TypeAlias = Callable[[str], str]

_USER = re.compile(r"(:\\*/\\*/)[^/\s?#]*@")  # JSON may have a backslash before a slash
_PARAMETER = re.compile(r"((?:\A|(?<=[?&#;]))[^\s=&?#;/]++)=([^\s&]++)")

# In a JSON schema a field's name does not name a value; these keywords list its values.
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_EXAMPLES = ("default", "const", "enum", "example", "examples")


def hide_in_json(value: Json, is_nested: bool = False) -> Json:
    """Return a JSON value without credentials, also where a text in it is JSON or a URL.

    `is_nested` is for a value that was a text inside JSON: the texts in it are not parsed again.
    """
    if isinstance(value, str):
        return hide_in_string(value, is_nested)
    if isinstance(value, list):
        items: list[Json] = []
        for item in value:  # in a comprehension deep JSON would use twice as much stack
            items.append(hide_in_json(item, is_nested))
        return items
    if not isinstance(value, dict):
        return value
    shown: JsonObject = {}
    for name, item in value.items():
        key = hide_in_string(name, is_nested) if "=" in name else name
        if is_secret_name(name):
            shown[key] = hidden(item)
        elif name == "properties" and isinstance(item, dict):
            shown[key] = {field: _in_field(field, of, is_nested) for field, of in item.items()}
        else:
            shown[key] = hide_in_json(item, is_nested)
    return shown


def hidden(value: Json) -> Json:
    """Return the placeholder for a credential's value; null, true and false reveal nothing."""
    is_harmless = value is None or isinstance(value, bool) or value in ("", [], {})
    return value if is_harmless else HIDDEN


def _in_field(name: str, value: Json, is_nested: bool) -> Json:
    """Return the content of a field of `properties`: in a JSON schema it is a type, not a value."""
    if not is_secret_name(name):
        return hide_in_json(value, is_nested)
    if not isinstance(value, dict) or value.get("type") not in _TYPES:
        return hidden(value)
    return {
        key: ([HIDDEN] if isinstance(item, list) else hidden(item))
        if key in _EXAMPLES
        else hide_in_json(item, is_nested)
        for key, item in value.items()
    }


def hide_in_string(text: str, is_nested: bool = False) -> str:
    """Return a text from JSON without credentials, if it is JSON itself or holds URLs.

    Other text, which people said, is left as it is.
    """
    is_json = text.lstrip()[:1] in ("{", "[", '"')
    if not is_json and "=" not in text and "@" not in text:  # the usual case
        return text
    if not may_hold_secrets(text):
        return text
    if is_json:
        shown = None if is_nested else hide_in_json_text(text)
        return _in_addresses(hide_named(text, only_quoted=True)) if shown is None else shown
    return _in_addresses(text)


def hide_in_json_text(text: str) -> str | None:
    """Return JSON text without credentials, or None if it is not JSON."""
    try:
        value = parse(text.encode())
    except (JsonTextError, UnicodeEncodeError):
        return None
    shown = hide_in_json(value, is_nested=True)
    return text if shown == value else render(shown).decode()


def _in_addresses(text: str) -> str:
    """Return a text without the callers' credentials that URLs carry, in front or in queries."""
    return _PARAMETER.sub(_in_parameter, hide_users(text)) if "=" in text else hide_users(text)


def hide_users(text: str) -> str:
    """Return a text without the names and passwords before the host of each URL."""
    return _USER.sub(rf"\1{HIDDEN}@", text) if "@" in text else text


def _in_parameter(found: re.Match[str]) -> str:
    name, value = found.groups()
    if is_secret_name(name):
        return f"{name}={HIDDEN}"
    return f"{name}={hide_in_encoded(value, lambda plain: hide_named(plain, only_quoted=True))}"


def hide_in_query(query: str, hide: Hide = hide_in_string) -> str:
    """Return a query or a form without credentials; `hide` cleans the other values."""
    if not may_hold_secrets(query):
        return query
    return "&".join(_in_pair(pair, hide) for pair in query.split("&"))


def _in_pair(pair: str, hide: Hide) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return hide_in_encoded(pair, hide)
    if value and is_secret_name(name):
        value = HIDDEN
    return f"{hide_in_encoded(name, hide)}={hide_in_encoded(value, hide)}"


def hide_in_encoded(text: str, hide: Hide = hide_in_string) -> str:
    """Return percent-encoded text as it is, unless something must be hidden in it."""
    plain = unquote_plus(text)
    shown = hide(plain)
    return text if shown == plain else quote(shown, safe="()")
