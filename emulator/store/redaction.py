"""What must not show: keys and tokens in queries, in JSON, and in whatever is logged."""

import re
from urllib.parse import quote, unquote_plus

from emulator.credentials import HANDSHAKE_CREDENTIALS
from emulator.jsontext import Json

HIDDEN = "(hidden)"
_OF_LANGUAGE_MODEL = "language_model_api_key"
_IN_QUERY = (*HANDSHAKE_CREDENTIALS, _OF_LANGUAGE_MODEL)
_IN_JSON = re.compile(
    rf'("{_OF_LANGUAGE_MODEL}"\s*:\s*)(?!null)(?:"(?:[^"\\]|\\.?)*"?|\[[^\]]*\]?|\{{[^}}]*\}}?|[^"\s,}}\]]+)',
    re.DOTALL,
)
_SECRET_HEADER = re.compile(
    r"api[-_]?key|token|secret|password|authorization|cookie", re.IGNORECASE
)
_SCHEME = re.compile(r"(?:basic|bearer)\s+", re.IGNORECASE)
_QUERY = re.compile(r"(?<=\?)[^\s\"'<>]+")
_IN_TEXT = re.compile(
    r"""(
        (?:api[-_]?key | access[-_]?token | client_secret)
            (?:\]|%5D)?+ ["']?+ \s*+ (?:[=:,]|%3D) \s*+ (?:b?["'])?+
        | authorization ["']?+ \s*+ [=:,] \s*+ (?:b?["'])?+ (?:(?:basic|bearer)\s+)?+
        | \b (?:basic|bearer) \s+ (?=\S*\d)
    )
    (?!\(hidden\)) [^\s"'&,;)}\]]+""",
    re.VERBOSE | re.IGNORECASE,
)


def hide_in_query(query: str) -> str:
    """A query without the keys and tokens in it."""
    return "&".join(map(_hide_in_pair, query.split("&")))


def _hide_in_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    innermost = unquote_plus(name).rstrip("]").rpartition("[")[2]
    if equals and innermost in _IN_QUERY:
        return f"{name}={HIDDEN}"
    plain = unquote_plus(value)
    if _OF_LANGUAGE_MODEL in plain:  # in session settings as JSON text
        return f"{name}={quote(hide_in_json_text(plain))}"
    return pair


def hide_in_header(name: str, value: str) -> str:
    """The value of a header without keys, tokens and cookies; addresses in it lose theirs."""
    if _SECRET_HEADER.search(name):
        scheme = _SCHEME.match(value)
        return f"{scheme[0] if scheme else ''}{HIDDEN}"
    return hide_in_text(value) if "?" in value else value


def hide_in_json_text(text: str) -> str:
    """JSON text, perhaps cut off, without the keys of language models."""
    return _IN_JSON.sub(rf'\1"{HIDDEN}"', text)


def may_hold_keys(text: bytes) -> bool:
    """Whether it is worth to look into JSON text: names may be written with escapes."""
    return _OF_LANGUAGE_MODEL.encode() in text or b"\\u" in text


def hide_in_json(value: Json) -> Json:
    """A JSON value without the keys of language models, also in JSON that is text in it."""
    if isinstance(value, str):
        return hide_in_json_text(value) if _OF_LANGUAGE_MODEL in value else value
    if isinstance(value, dict):
        return {
            name: HIDDEN if name == _OF_LANGUAGE_MODEL and item else hide_in_json(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [hide_in_json(item) for item in value]
    return value


def hide_in_text(text: str) -> str:
    """Text that was made to be read, such as a log's, without what looks like a key in it."""
    text = _QUERY.sub(lambda found: hide_in_query(found[0]), hide_in_json_text(text))
    return _IN_TEXT.sub(rf"\1{HIDDEN}", text)
