"""docs/troubleshooting.md quotes messages that the emulator really has."""

import ast
import re

import pytest

import emulator
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
QUOTED = re.findall(r"^\| `([^`|]+)` \|", PAGE, re.MULTILINE)
_NOT_OURS = {"certificate verify failed"}  # OpenSSL's


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """All texts of the package."""
    modules = (ROOT / emulator.__name__).rglob("*.py")
    return {
        node.value
        for module in modules
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_there_are_messages() -> None:
    assert len(QUOTED) >= 7


@pytest.mark.parametrize("message", QUOTED)
def test_the_emulator_has_the_message(message: str, texts: set[str]) -> None:
    """In one of its texts, as the page quotes it."""
    assert message in _NOT_OURS or any(message in text for text in texts)


@pytest.mark.parametrize("code", re.findall(r"\d{3} `(\w+)`", PAGE))
def test_the_emulator_has_the_code(code: str, texts: set[str]) -> None:
    """Whole, or made from the name of a kind of thing, as config_not_found is."""
    assert code in texts or code.endswith("_not_found")
