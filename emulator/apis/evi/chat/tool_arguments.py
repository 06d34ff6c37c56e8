"""Finds arguments for a tool in a user's words.

No language is understood here: an argument is what follows a preposition, a value that the tool's
schema lists, or a number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.chat.tool_request import (
    EMPTY_WORDS,
    LONGEST,
    name_words,
    plain_text,
    stem,
    word_set,
    words_of,
)
from emulator.jsontext import Json, JsonObject, parse

MOST_ARGUMENTS = 50
_NOTHING = object()
_NAMED_DAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_TIME = re.compile(
    rf"\b(?:today|tonight|tomorrow|yesterday|(?:(?:this|next) )?(?:{_NAMED_DAY})|"
    r"(?:this|next) (?:week|weekend|month|year|morning|afternoon|evening)|\d{4}-\d\d-\d\d|"
    r"\d{1,2}:\d\d(?: ?[ap]m)?|\d{1,2} ?[ap]m)\b",
    re.I,
)
_CODE = re.compile(r"[\w-]*\d[\w-]*")
_FROM_TWO = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_NUMBERS = {word: number for number, word in enumerate(_FROM_TWO.split(" "), 2)}
_NUMBER = re.compile(rf"(?<![\w.-])(?:-?\d{{1,15}}(?:\.\d{{1,6}})?|{'|'.join(_NUMBERS)})\b", re.I)
_PREPOSITIONS = (
    "in|at|near|around|for|from|to|of|about|on|with|by|named|called|until|as|via|into|under|over"
)
_PHRASE_ENDS = (
    rf"(?=,? (?:{_PREPOSITIONS}|please|thanks|thank you|right now|now|like)\b|"
    r",? (?:and|but|or) (?:what|how|can|could|please|tell|i)\b|[?!;:]|(?<=\w{3})\.(?: |$)|$)"
)
_TAIL = re.compile(
    rf"(?:^|[ ,]+)(?:please|thanks|thank you|for me|right now|now|like|{_TIME.pattern})[ ,.]*$",
    re.I,
)
_ARTICLE = re.compile(r"^(?:the|an?|my|your|our|this|that)\s+", re.I)
_QUOTES = " \"'“”„«».,"

# The prepositions that precede an argument, by a word of the property's name.
_PLACE = word_set("location city place town country region state address area where")
_FROM = word_set("from origin source start departure begin")
_TO = word_set("to destination end arrival target recipient")
_TIMES = word_set("date day when time datetime")
_CODES = word_set("id number no code reference ref sku")
_TOPICS = word_set(
    "query q question search text topic subject message content term terms keyword keywords"
)
_AFTER_PLACE = ("in", "at", "near", "around", "for", "to", "of", "about", "on")
_AFTER_ANY = ("for", "of", "named", "called", "about", "in", "at", "with", "to", "from", "on", "by")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of a call: `parameters` holds placeholders whose texts are in `values`.

    `missing` names what the schema requires and the user did not say.
    """

    parameters: JsonObject
    values: Mapping[str, str]
    missing: Sequence[str]


def said_arguments(tool: ToolSpec, text: str) -> Arguments:
    """Return the tool's arguments that a text has; none if the tool's schema is unsound."""
    try:
        schema = parse(tool.parameters.encode())
        return _Reader(tool.name, plain_text(text[:LONGEST])).read(schema)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        return Arguments({}, {}, ())


class _Reader:
    """Reads arguments out of a text; words that it has used are taken out."""

    def __init__(self, tool: str, text: str) -> None:
        self._tool_words = {stem(word) for word in name_words(tool)}
        self._text = text
        self._values: dict[str, str] = {}

    def read(self, schema: Any) -> Arguments:
        """Read the easily recognised properties first, since the others are found around them."""
        properties = dict(list(schema.get("properties", {}).items())[:MOST_ARGUMENTS])
        required = schema.get("required", [])
        found: JsonObject = {}
        for name in sorted(properties, key=lambda each: _rank(each, properties[each])):
            wanted = name in required or "required" not in schema
            value = self._read(name, properties[name], wanted)
            if value is _NOTHING and name in required:
                value = _otherwise(properties[name])
            if value is not _NOTHING:
                found[name] = value
        missing = [name for name in required if name not in found]
        parameters = {name: found[name] for name in properties if name in found}
        return Arguments(parameters, self._values, missing)

    def _read(self, name: str, schema: Any, wanted: bool) -> Json:
        """Return a property's value. If it is not `wanted`, its kind alone must identify it."""
        kind = _kind(schema)
        if kind == "const":
            return schema["const"]
        if kind == "enum":
            return self._one_of(schema["enum"])
        if kind in ("integer", "number"):
            return self._number(name, schema, wanted)
        if kind == "array":
            return self._list(name, schema.get("items", {}), wanted)
        return (
            self._placeholder(self._string(name, schema, wanted)) if kind == "string" else _NOTHING
        )

    def _one_of(self, options: Sequence[Json]) -> Json:
        for option in options:
            if isinstance(option, str) and self._take(
                rf"(?:\b(?:in|as) )?\b{re.escape(option)}s?\b"
            ):
                return option
        return _NOTHING

    def _number(self, name: str, schema: Any, wanted: bool) -> Json:
        """Return the number beside a word of the property's name, else the next one if wanted."""
        words = {stem(word) for word in name_words(name)}
        found = list(_NUMBER.finditer(self._text))
        beside = [each for each in found if words & self._neighbours(each)]
        if not beside and not (wanted and found):
            return _NOTHING
        chosen = (beside or found)[0]
        self._remove(chosen)
        number = _NUMBERS.get(chosen[0].casefold()) or float(chosen[0])
        number = within(schema, number)
        return int(number) if _type(schema) == "integer" or number == int(number) else number

    def _neighbours(self, number: re.Match[str]) -> set[str]:
        before, after = words_of(self._text[: number.start()]), words_of(self._text[number.end() :])
        return {stem(word) for word in (*before[-1:], *after[:1])}

    def _list(self, name: str, items: Any, wanted: bool) -> Json:
        found = list[Json]()
        if _kind(items) == "enum":
            while (option := self._one_of(items["enum"])) is not _NOTHING:
                found.append(option)
        elif _kind(items) == "string":
            text = self._string(name, items, wanted)
            parts = re.split(r",? and |, ", text) if text else []
            found = [self._placeholder(part) for part in parts if part]
        return found or _NOTHING

    def _placeholder(self, text: str) -> Json:
        """Return a placeholder for a text, so that braces in the text have no meaning."""
        if not text:
            return _NOTHING
        name = f"argument_{len(self._values)}"
        self._values[name] = text
        return f"{{{name}}}"

    # texts

    def _string(self, name: str, schema: Any, wanted: bool) -> str:
        words = set(name_words(name))
        if words & _TIMES or schema.get("format") in ("date", "time", "date-time"):
            return self._match(_TIME)
        if words & _CODES:
            return self._match(_CODE)
        if words & _FROM:
            return self._phrase(("from",))
        if words & _TO:
            return self._phrase(("to", "for") if wanted else ("to",))
        if words & _PLACE:
            return self._phrase(_AFTER_PLACE) or (self._rest(capitals=True) if wanted else "")
        if not wanted:
            return ""
        if words & _TOPICS:
            return self._topic()
        return self._phrase(_AFTER_ANY) or self._rest()

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.search(self._text)
        if found is None:
            return ""
        self._remove(found)
        return found[0].strip()

    def _phrase(self, prepositions: Iterable[str]) -> str:
        """Return what follows one of the prepositions, the likeliest first."""
        for preposition in prepositions:
            pattern = re.compile(rf"\b{preposition} (.+?){_PHRASE_ENDS}", re.I)
            for found in pattern.finditer(self._text):
                text = _tidy(found[1])
                if text and stem(text.casefold()) not in self._tool_words:
                    self._remove(found)
                    return text
        return ""

    def _topic(self) -> str:
        """Return what comes after 'for' or 'about', up to the end, else all that is left."""
        found = re.search(r"\b(?:for|about|on) (.+?)[?!.]*$", self._text, re.I)
        return _tidy(found[1]) if found and _tidy(found[1]) else self._rest()

    def _rest(self, capitals: bool = False) -> str:
        """Return the remaining words, without the tool's words and the words that only ask."""
        words = re.findall(r"[^\W_]+(?:['-][^\W_]+)*", self._text)
        left = []
        for number, word in enumerate(words):
            plain = word.removesuffix("'s")
            is_name = plain[:1].isupper() and (number > 0 or len(words) < 4)
            is_empty = plain.casefold() in EMPTY_WORDS or stem(plain.casefold()) in self._tool_words
            if not is_empty and (is_name or not capitals):
                left.append(plain)
        return " ".join(left)

    def _take(self, pattern: str) -> bool:
        """True if the text has the pattern, which is then taken out."""
        found = re.search(pattern, self._text, re.I)
        if found is not None:
            self._remove(found)
        return found is not None

    def _remove(self, found: re.Match[str]) -> None:
        self._text = f"{self._text[: found.start()]} {self._text[found.end() :]}"


def within(schema: Mapping[str, Any], number: float) -> float:
    """Return the number nearest to this one that a schema's limits allow."""
    most: float = schema.get("maximum", number)
    number = min(most, number)
    least: float = schema.get("minimum", number)
    return max(least, number)


def _tidy(text: str) -> str:
    """Return a phrase without what people put around it: articles, times, thanks."""
    before = None
    while before != text:
        before = text
        text = _TAIL.sub("", _ARTICLE.sub("", text.strip(_QUOTES)))
    return text


def _kind(schema: Any) -> str:
    for keyword in ("const", "enum"):
        if schema.get(keyword) is not None:
            return keyword
    return _type(schema)


def _type(schema: Any) -> str:
    """Return the type of a schema; the first that is not null if it has several."""
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    return str(kind)


def _rank(name: str, schema: Any) -> int:
    """Return how easily a property's value is recognised: 0 is easiest."""
    kind, words = _kind(schema), set(name_words(name))
    if kind == "enum":
        return 0
    if words & _TIMES:
        return 1
    if kind in ("integer", "number"):
        return 2
    return 3 if words & (_CODES | _FROM | _TO) else 4 if words & _PLACE else 5


def _otherwise(schema: Any) -> Json:
    """Return the value of a required property that was not mentioned, or _NOTHING.

    Texts and numbers are not made up.
    """
    if "default" in schema:
        return schema["default"]
    if _kind(schema) == "enum":
        return schema["enum"][0]
    if schema.get("examples"):
        return schema["examples"][0]
    return {"boolean": True, "null": None}.get(_type(schema), _NOTHING)
