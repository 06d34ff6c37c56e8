"""Finds named values in text of any kind: broken JSON, a header, a form, Python's output."""

import re
from collections.abc import Iterator

from emulator.redaction.names import HIDDEN, SCHEME, is_secret_name

# Names may have escapes of JSON and of URLs instead of letters, digits and signs. A name begins
# only where no other can be under way, so each place of a long text is searched once.
_NAME = re.compile(
    r"""
    (?: (?<! [\w.\[\]%-] )
      | (?<= %(?: [0189a-f][0-9a-f] | 2[0-46-9a-cf] | 3[a-f] | [46]0 | 5[ce] | 7[b-f] ) )
      | (?<= %) (?! [0-9a-f]{2} ) )
    (?! (?<=\\) u00[2-7] )
    (?P<name> (?: [\w.\[\]-]
                | %(?: 2[5de] | 3\d | [46][1-9a-f] | [57][0-9a] | 5[bdf] )
                | (?<!\\) \\++ u00[2-7][0-9a-f] )++ )
    (?P<quote> (?: \\*+ ["'`] | %22 | %27 | [)}]++ )?+ )
    \s*+ (?P<sign> => | [:=,] | %3[ad] ) \s*+
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PAIRS = {"{": "}", "[": "]", "(": ")"}
_FIRST = re.compile(r"""[(\[]b?\\*["']\Z""")
_STRUCTURE = re.compile(r"""\\*+["']|[\[\](){}]""")
_OPENING = re.compile(r"""[bru]{0,2}(\\*+)(["'`])""", re.IGNORECASE)
_FOLLOWS = r"""(?=\s*(?:[}\])]|,\s*["'\\]|\Z))"""  # what follows a value in JSON
_NOTHING = re.compile(rf"(?:null|true|false|none){_FOLLOWS}", re.IGNORECASE)
_NUMBER = re.compile(rf"-?\d[\d.eE+-]*+{_FOLLOWS}")
_TO_END_OF_LINE = re.compile(r"[^\r\n]*")
_TO_END_OF_PARAMETER = re.compile(r"""(?:\\.|[^\s&"\\])*+""", re.DOTALL)
_TO_END_OF_ENCODED = re.compile(r"[^\s&]*")


def hide_named(text: str, only_quoted: bool = False) -> str:
    """Return the text without the values that credentials' names mark.

    With `only_quoted`, a name counts only if it is quoted, as in JSON, or begins a URL's parameter.
    In broken text the end of a value is a guess: it is better to hide too much than too little.
    """
    parts, done = list[str](), 0
    for begin, end in _values(text, only_quoted):
        parts += (text[done:begin], HIDDEN)
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def _values(text: str, only_quoted: bool) -> Iterator[tuple[int, int]]:
    """Yield where each value begins and ends."""
    found = _NAME.search(text)
    while found is not None:
        after = found.end()
        if is_secret_name(found["name"]) and _counts(found, only_quoted):
            begin, end = _value(found)
            if end > begin and not text.startswith(HIDDEN, begin):
                yield begin, end
            after = max(after, end)
        found = _NAME.search(text, after)


def _counts(found: re.Match[str], only_quoted: bool) -> bool:
    """True if a sign that assigns a value follows the name."""
    text, begin = found.string, found.start()
    if found["sign"] == ",":  # as in a list of headers: (b'authorization', b'Basic x')
        is_first = _FIRST.search(text[max(begin - 4, 0) : begin]) is not None
        return is_first and _OPENING.match(text, found.end()) is not None
    if found["quote"] or not only_quoted:
        return True
    return found["sign"] == "=" and text[max(begin - 1, 0)] in "?&#;"


def _value(found: re.Match[str]) -> tuple[int, int]:
    """Return where the value that follows the name begins and ends."""
    text, at, sign = found.string, found.end(), found["sign"]
    opening = _OPENING.match(text, at)
    if opening is not None:
        begin = _after_scheme(text, opening.end())
        return begin, _end_of_quoted(text, begin, opening[1] + opening[2])
    if text[at : at + 1] in _PAIRS and not text.startswith(HIDDEN, at):
        return at, _end_of_brackets(text, at)
    if sign not in ("=", ":", "=>"):
        return at, _end(_TO_END_OF_ENCODED, text, at)
    if found["quote"] and _NOTHING.match(text, at):
        return at, at
    if found["quote"] and _NUMBER.match(text, at):
        return at, _end(_NUMBER, text, at)
    begin = _after_scheme(text, at)
    return begin, _end(_TO_END_OF_PARAMETER if sign == "=" else _TO_END_OF_LINE, text, begin)


def _end_of_quoted(text: str, at: int, quote: str) -> int:
    """Return where the closing quote is, or where the text ends without one.

    A quote may have backslashes before it, since JSON may be nested in JSON. A quote with more
    backslashes than the opening one is part of the value.
    """
    end = text.find(quote, at)
    while end > 0 and text[end - 1] == "\\":
        end = text.find(quote, end + 1)
    return len(text) if end < 0 else end


def _end_of_brackets(text: str, at: int) -> int:
    """Return the place after the bracket that closes the one at `at`, or the end of the text."""
    waiting = list[str]()
    found = _STRUCTURE.search(text, at)
    while found is not None:
        sign, after = found[0], found.end()
        if sign in _PAIRS:
            waiting.append(_PAIRS[sign])
        elif sign in _PAIRS.values():
            if waiting.pop() != sign:
                break
            if not waiting:
                return after
        else:
            after = _end_of_quoted(text, after, sign) + len(sign)
        found = _STRUCTURE.search(text, after)
    return len(text)


def _after_scheme(text: str, at: int) -> int:
    """Return the place after a scheme such as `Bearer`, which is not secret itself."""
    scheme = SCHEME.match(text, at)
    return at if scheme is None else scheme.end()


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()
