"""Findings about the values, fields and parameters that a client sends."""

import re
from collections.abc import Sequence
from functools import lru_cache

from emulator.contract.findings import (
    FINDINGS_REMEMBERED,
    LONGEST_REMEMBERED,
    MOST_AT_ONCE,
    Finding,
    find,
)
from emulator.errors import Loc, nearest
from emulator.openapi.fields import Field, Use
from emulator.openapi.operation import FALSE_WORDS, TRUE_WORDS
from emulator.openapi.strictness import nearest_listed, where_it_belongs

_PLAIN_BOOLEANS = ("true", "false")
_INTEGER = re.compile("[+-]?[0-9]+")
_IGNORED, _KEPT = "it is ignored", "it is kept as it is"  # what happens unless it is refused


def judge_use(use: Use) -> list[Finding]:
    """Judge the fields that a value has, and the values of its open enums."""
    if not (use.unknown or use.fractions or use.unlisted or use.deprecated):
        return []
    findings = [_unknown_field(loc, known) for loc, known in use.unknown[:MOST_AT_ONCE]]
    findings += [
        find("value_coerced", loc, got, expected=f"an integer: {got:.0f}")
        for loc, got in use.fractions[:MOST_AT_ONCE]
    ]
    findings += [
        (_repeated if len(got) <= LONGEST_REMEMBERED else _unlisted)(loc, got, field)
        for loc, got, field in use.unlisted[:MOST_AT_ONCE]
    ]
    return findings + [
        find("deprecated", loc, loc[-1], instead="another field")
        for loc in use.deprecated[:MOST_AT_ONCE]
    ]


def _unknown_field(loc: Loc, known: Sequence[str]) -> Finding:
    meant, name = nearest(str(loc[-1]), known), loc[-1]
    fate = "" if meant else _IGNORED
    return find("field_unknown", loc, name, fate, known=", ".join(known), hint=meant)


def _unlisted(loc: Loc, got: str, field: Field) -> Finding:
    meant = nearest_listed(got, field)
    if meant:
        return find("value_unlisted", loc, got, hint=meant)
    return find("value_unlisted", loc, got, _KEPT, hint=where_it_belongs(field))


_repeated = lru_cache(FINDINGS_REMEMBERED)(_unlisted)


def unknown_parameter(name: str, known: Sequence[str], hint: str = "") -> Finding:
    """Return the finding about a parameter that is not read; `hint` names what to use."""
    words = f"one of {', '.join(known)}" if known else "no parameters"
    meant = hint or nearest(name, known)
    fate = "" if meant else _IGNORED
    return find("parameter_unknown", ("query", name), name, fate, known=words, hint=meant)


def judge_boolean(loc: Loc, text: str) -> Sequence[Finding]:
    """Judge a boolean in a query, which may also be written yes, on, 1, ..."""
    is_read = text.lower() in TRUE_WORDS | FALSE_WORDS
    if not is_read or text in _PLAIN_BOOLEANS:
        return ()
    return [find("value_coerced", loc, text, expected="true or false")]


def judge_integer(loc: Loc, text: str) -> Sequence[Finding]:
    """Judge an integer in a query; spellings such as 007 or +1 are read, too."""
    is_read = len(text) < 20 and _INTEGER.fullmatch(text)
    if not is_read or str(int(text)) == text:
        return ()
    return [find("value_coerced", loc, text, expected=f"{int(text)}")]
