"""Docstrings are sentences: that of a function begins with a verb, or with "True if"."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import emulator

PACKAGE = Path(emulator.__file__).parent

# Words that are not verbs: articles, pronouns, conjunctions, prepositions.
_NO_VERBS = (
    "A All Also An Another Any As At Beside But By Each Every False For From He Here How If In It "
    "Its Just More Most No None Not Nothing Of On One Once Only Or Perhaps She So Some Somebody "
    "Something Such That The Their Then There These They This Those Though To Under Until What "
    "Whatever When Where Whether Which While Who Whoever Whose Why With Without"
)
NO_VERBS = frozenset(_NO_VERBS.split())


def docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the place and the docstring of each function and method of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}", text


def is_sentence(text: str) -> bool:
    """True if a function's docstring may begin so."""
    if text.startswith(("True if ", "False if ")):
        return True
    first = re.match(r"[A-Z][a-z]+(?= |\.|,|$)", text)
    return first is not None and first[0] not in {*NO_VERBS, "True"}


def test_docstrings_of_functions_begin_with_a_verb() -> None:
    """Each begins with a verb, or with "True if" (or "False if")."""
    found = [each for path in sorted(PACKAGE.rglob("*.py")) for each in docstrings(path)]
    assert len(found) > 1_000
    assert [f"{place}: {text}" for place, text in found if not is_sentence(text)] == []


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("Return the latest version.", True),
        ("Yield each box: its kind and its bytes.", True),
        ("True if the chat is over.", True),
        ("True: the chat is over.", False),
        ("The latest version.", False),
        ("Whether the chat is over.", False),
        ("Of several channels the first counts.", False),
        ("`judge` says what to note.", False),
        ("'10s' in ms.", False),
        ("128 random bits.", False),
    ],
)
def test_sentences(text: str, is_good: bool) -> None:
    """Fragments are found, sentences pass."""
    assert is_sentence(text) == is_good
