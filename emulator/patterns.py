"""Regular expressions of clients, matched in a time that grows linearly with the text.

Python's own matcher tries every way to match, so a pattern such as (a+)+$ can keep the whole server
busy for years. RE2 does not. Its syntax is Python's, except for what needs such tries. Where the
same text means something else to RE2, this module translates it.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

LONGEST_PATTERN = 1_000  # characters
LONGEST_MATCHED = 20_000  # characters of a text that are searched
_MEMORY = 1_048_576  # bytes for the compiled pattern, and for matching
_LONGEST_COUNT = 4  # digits; RE2 repeats up to 1,000 times
_PATTERNS_KEPT = 256

_TOKEN = re.compile(r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\.|\{\d*,?\d*\}|\[\^?\]?|.", re.DOTALL)
_WORD, _DIGIT, _SPACE = r"\p{L}\p{N}_", r"\p{Nd}", r"\s\x0b\x1c-\x1f\x{85}\p{Z}"
_IN_CLASS = {r"\w": _WORD, r"\d": _DIGIT, r"\D": r"\P{Nd}", r"\s": _SPACE}
_OUTSIDE = {
    r"\w": f"[{_WORD}]",
    r"\W": f"[^{_WORD}]",
    r"\d": _DIGIT,
    r"\D": r"\P{Nd}",
    r"\s": f"[{_SPACE}]",
    r"\S": f"[^{_SPACE}]",
    r"\Z": r"\z",
}
_LOST_BOUNDARY = re.compile(r"\\[bB][^\x00-\x7f]|[^\x00-\x7f]\\[bB]")


class PatternError(ValueError):
    """The text is not a regular expression, or cannot be matched here."""


class Match(Protocol):
    """A match: the texts of its groups, None for a group that took no part."""

    def groups(self) -> tuple[str | None, ...]: ...

    def groupdict(self) -> dict[str, str | None]: ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, equal to Python's own of the same text and flags."""

    pattern: str
    ignore_case: bool = False
    dot_all: bool = False
    _compiled: Any = field(default=None, compare=False, repr=False)

    @property
    def groupindex(self) -> dict[str, int]:
        """Return the numbers of the named groups."""
        found: dict[str, int] = self._compiled.groupindex
        return found

    def search(self, text: str) -> Match | None:
        """Return the first match anywhere in the text."""
        found: Match | None = self._compiled.search(_readable(text))
        return found

    def fullmatch(self, text: str) -> Match | None:
        """Return the match of the whole text, or None, also if it exceeds LONGEST_MATCHED."""
        if len(text) > LONGEST_MATCHED:
            return None
        found: Match | None = self._compiled.fullmatch(_readable(text))
        return found

    def __eq__(self, other: object) -> bool:
        if isinstance(other, re.Pattern):
            return (other.pattern, other.flags) == (self.pattern, self._flags)
        if isinstance(other, Pattern):
            return (other.pattern, other._flags) == (self.pattern, self._flags)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.pattern, self._flags))

    @property
    def _flags(self) -> int:
        flags = re.UNICODE
        if self.ignore_case:
            flags |= re.IGNORECASE
        return int(flags | re.DOTALL if self.dot_all else flags)


@lru_cache(_PATTERNS_KEPT)
def compile_pattern(text: str, ignore_case: bool = False, dot_all: bool = False) -> Pattern:
    """Compile a regular expression. Raises PatternError."""
    import re2  # type: ignore[import-untyped]  # few send patterns, and it takes 5 ms

    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"it has {len(text)} characters, more than {LONGEST_PATTERN}")
    lost = _LOST_BOUNDARY.search(text)
    if lost is not None:
        raise PatternError(
            f"{lost[0]!r} never matches, as \\b and \\B only know ASCII letters; "
            r"write (^|\W) or (\W|$) for the boundary"
        )
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.case_sensitive = not ignore_case
    options.dot_nl = dot_all
    try:
        compiled = re2.compile(_translated(text), options)
    except (re2.error, UnicodeEncodeError) as error:
        raise PatternError(_in_words(error)) from None
    return Pattern(text, ignore_case, dot_all, compiled)


def _readable(text: str) -> str:
    """Return the part of a text that is searched; lone surrogates become question marks."""
    return text[:LONGEST_MATCHED].encode(errors="replace").decode()


def _translated(text: str) -> str:
    r"""Translate a pattern for RE2, whose \w, \d and \s match only ASCII."""
    parts, in_class = [], False
    for token in _TOKEN.findall(text):
        if len(token) > 2 and token[:2] in (r"\u", r"\U"):
            parts.append(f"\\x{{{token[2:]}}}")
        elif in_class:
            parts.append(_IN_CLASS.get(token, token))
            in_class = token != "]"
        elif len(token) > 1 and token.startswith("{"):
            parts.append(_repetition(token))
        else:
            parts.append(_OUTSIDE.get(token, token))
            in_class = token.startswith("[")
    return "".join(parts)


def _repetition(token: str) -> str:
    """Translate a repetition such as {2,3}, since RE2 does not read {,3} as {0,3}."""
    if any(len(number) > _LONGEST_COUNT for number in re.findall(r"\d+", token)):
        raise PatternError(f"it repeats more than 1000 times: {token}")
    return "{0" + token[1:] if re.fullmatch(r"\{,\d+\}", token) else token


def _in_words(error: Exception) -> str:
    """Return why RE2 refuses a pattern, and the likely cause."""
    reason = error.args[0]
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(error)
    if text.startswith(("invalid perl operator", "invalid escape sequence: \\")):
        lacks = "lookaround, backreferences and flags other than i, m and s are not supported"
        return f"{text} ({lacks})"
    return text
