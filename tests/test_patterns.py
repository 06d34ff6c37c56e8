"""Regular expressions that people send: what they match, how fast, and which are refused."""

import re
import subprocess
import sys

import pytest

from emulator.patterns import LONGEST_MATCHED, Pattern, PatternError, compile_pattern

PATIENCE_S = 30


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bgr\w+n\b", "das ist grün"),
        (r"^\w+ bitte$", "Zürich bitte"),
        (r"^[\w-]+$", "Smørrebrød-1"),
        (r"^\d\D$", "٣x"),
        (r"^[\d]$", "٣"),
        (r"a\sb", "a\u00a0b"),
        (r"^\S+$", "é"),
        (r"^\W$", "!"),
        (r"^a{,2}$", "aa"),
        (r"^a{2,3}$", "aaa"),
        ("a{x}", "a{x}"),
        (r"^\u00e9\U0001F600\Z", "é😀"),
        (r"^[\u00e9]$", "é"),
        (r"^[]a]+$", "]a"),
        (r"^[^]a]$", "b"),
        (r"^[\]\d]+x$", "]5x"),
        ("(?i)STRASSE", "strasse"),
    ],
)
def test_matching(pattern: str, text: str) -> None:
    """What Python's own matcher finds, is found."""
    assert re.search(pattern, text)
    assert compile_pattern(pattern).search(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^\W$", "é"),
        (r"^\S$", "\u2003"),
        (r"^\D$", "٣"),
        (r"^a{,2}$", "aaa"),
        (r"^[^\d]$", "7"),
        ("a.b", "a\nb"),
    ],
)
def test_not_matching(pattern: str, text: str) -> None:
    """What Python's own matcher does not find, is not found."""
    assert not re.search(pattern, text)
    assert not compile_pattern(pattern).search(text)


def test_flags_and_groups() -> None:
    """Letters of either case, a dot that is any character, and the texts of named groups."""
    found = compile_pattern(r"in (?P<city>\w+)(?: on (?P<day>\w+))?", ignore_case=True)
    assert found.groupindex == {"city": 1, "day": 2}
    match = found.search("weather IN Zürich")
    assert match is not None
    assert match.groupdict() == {"city": "Zürich", "day": None}
    assert compile_pattern("a.b", dot_all=True).fullmatch("a\nb")
    assert not compile_pattern("a").fullmatch("ab")


def test_it_equals_pythons_of_the_same_meaning() -> None:
    """So a script in Python and its file are one."""
    pattern = compile_pattern("tea", ignore_case=True)
    assert pattern == compile_pattern("tea", ignore_case=True) == re.compile("tea", re.I)
    others: list[object] = [
        compile_pattern("tea"),
        re.compile("tea"),
        re.compile("te", re.I),
        "tea",
    ]
    assert [other for other in others if pattern == other] == []
    assert len({pattern, Pattern("tea", True)}) == 1


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(", "missing )"),
        ("*", "no argument"),
        ("(?=a)", "lookaround"),
        ("(?<!a)b", "invalid"),
        (r"(a)\1", "backreferences"),
        ("(?P=a)", "backreferences"),
        ("(?x) a", "flags other than i, m and s"),
        ("a++", "bad repetition"),
        ("a{1001}", "invalid repetition size"),
        ("a{99999999999999999999}", "more than 1000 times"),
        ("(" * 5000 + ")" * 5000, "more than 1000"),
        ("(?:(?:a{1000}){10}){10}", "repetition size"),
        (r"\w{900}", "too large"),
        (r"\büber\b", r"write (^|\W)"),
        (r"café\b", r"(\W|$)"),
        ("\ud800", "surrogates"),
    ],
)
def test_mistakes(pattern: str, says: str) -> None:
    """What can't be matched in linear time is refused, and so is what would be misunderstood."""
    with pytest.raises(PatternError, match=re.escape(says)):
        compile_pattern(pattern)


@pytest.mark.process
@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", '"a" * 40 + "!"'),
        ("(a|a)*b", '"a" * 1_000_000'),
        ("(?:a?){400}a{400}b", '"a" * 1_000_000'),
        ("(x+x+)+y", '"x" * 1_000_000'),
    ],
)
def test_no_pattern_takes_long(pattern: str, text: str) -> None:
    """In a process of its own, since a match can't be interrupted."""
    program = (
        "from emulator.patterns import compile_pattern\n"
        f"assert not compile_pattern({pattern!r}).search({text})"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=PATIENCE_S)


def test_of_a_long_text_the_beginning_is_looked_at() -> None:
    """A whole text that is longer matches nothing."""
    pattern = compile_pattern("b")
    assert pattern.search("a" * (LONGEST_MATCHED - 1) + "b")
    assert not pattern.search("a" * LONGEST_MATCHED + "b")
    assert not compile_pattern("a*").fullmatch("a" * (LONGEST_MATCHED + 1))


def test_any_text_can_be_looked_at() -> None:
    """Python's texts may hold half a character."""
    assert compile_pattern("b").search("\ud800b")
