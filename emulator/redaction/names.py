"""The one rule for credentials: their names. docs/safety.md explains it in plain words."""

import re
from functools import lru_cache
from urllib.parse import unquote_plus

HIDDEN = "(hidden)"
SCHEME = re.compile(r"(?:basic|bearer|digest)\s+", re.IGNORECASE)  # precedes the secret

_WORDS = (
    "token", "secret", "password", "authorization", "signature", "credential", "cookie",
)  # fmt: skip
_BEFORE_KEY = ("api", "access", "signing", "private", "secret")

# It searches a name whose words are in small letters, with `_` or other signs between them. Other
# letters may run into the beginning of a word (`accesstoken`), but not into its end (`tokens`,
# `tokenizer`). Names such as `token_type` only tell the kind of a credential.
_CREDENTIAL = re.compile(
    rf"(?:{'|'.join(_WORDS)}|credentials|(?:{'|'.join(_BEFORE_KEY)})[\W\d_]*key(?:id)?)"
    r"(?![a-z])(?![_.-]?type\W*$)"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_MOST_ENCODINGS = 3  # a name may be percent-encoded several times over
_LONGEST_REMEMBERED = 100  # characters

_KEY = re.compile(rf"(?:{'|'.join(_BEFORE_KEY)})[\W\d_]*key".encode())
_ENCODED_LETTER = re.compile(rb"%(?:25|[4-7][0-9a-f])|\\u00[4-7]")
_URL = re.compile(rb":\\*/\\*/")
_IN_BYTES = tuple(word.encode() for word in _WORDS)


def is_secret_name(name: str) -> bool:
    """True if a name marks a credential, such as `apiKey`, `x-token` or `a[secret]`."""
    if len(name) <= _LONGEST_REMEMBERED:
        return _is_remembered_secret(name)
    return _is_secret(name)


def _is_secret(name: str) -> bool:
    plain = _decoded(name)
    return any(map(_CREDENTIAL.search, (plain.lower(), _HUMP.sub("_", plain).lower())))


_is_remembered_secret = lru_cache(4096)(_is_secret)


def _decoded(name: str) -> str:
    """Return the name without escapes, percent-encoded up to _MOST_ENCODINGS times."""
    for _ in range(_MOST_ENCODINGS):
        if "%" not in name and "+" not in name:
            break
        name = unquote_plus(name)
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name) if "\\" in name else name


def may_hold_secrets(text: str | bytes) -> bool:
    """False if the text surely names no credential, so that nobody needs to search it closely."""
    raw = text.encode(errors="replace") if isinstance(text, str) else text
    lower = raw.lower()
    for word in _IN_BYTES:
        if word in lower and _ends_a_word(word, lower, raw):
            return True
    if b"key" in lower and _KEY.search(lower):
        return True
    if (b"%" in lower or b"\\u00" in lower) and _ENCODED_LETTER.search(lower):
        return True
    return b"@" in lower and b":" in lower and _URL.search(lower) is not None


def _ends_a_word(word: bytes, lower: bytes, raw: bytes) -> bool:
    """True if the word is somewhere not followed by a small letter, unlike in `tokens`."""
    at = lower.find(word)
    while at >= 0:
        at += len(word)
        if lower.startswith(b"credentials", at - len(word)):
            at += 1
        if not b"a" <= raw[at : at + 1] <= b"z":
            return True
        at = lower.find(word, at)
    return False
