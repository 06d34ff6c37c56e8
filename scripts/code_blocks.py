"""Finds the code blocks of a page in Markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

_OPENING = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[\w-]*)(?P<rest>.*)$")
_TITLE = re.compile(r'title="([^"]+)"')
INDENTED = "indented"  # the language of a block without fences


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: where it begins, its language, the file that it is, and its text."""

    page: Path
    line: int  # of its first line of code, from 1
    language: str
    title: str  # the name of a file, or ""
    text: str
    before: str  # the paragraph before it
    section: str  # the heading that it stands under


def code_blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, in order; those by indentation have the language `indented`."""
    lines = page.read_text().splitlines()
    section = paragraph = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        if opening := _OPENING.match(line):
            end = _closing(lines, at, opening["fence"])
            text = dedent("\n".join(lines[at + 1 : end])) + "\n"
            title = _TITLE.search(opening["rest"])
            named = title[1] if title else ""
            yield Block(page, at + 2, opening["language"], named, text, paragraph, section)
            at = end + 1
            continue
        if line.startswith("    ") and _is_code(lines, at):
            end = at
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            text = dedent("\n".join(lines[at:end])).strip() + "\n"
            yield Block(page, at + 1, INDENTED, "", text, paragraph, section)
            at = end
            continue
        if heading := re.match(r"#+ (.+)", line):
            section, paragraph = heading[1], ""
        elif line.strip():
            is_new = at == 0 or not lines[at - 1].strip()
            paragraph = line.strip() if is_new else f"{paragraph} {line.strip()}"
        at += 1


def _closing(lines: list[str], at: int, fence: str) -> int:
    """Return the line that closes a fence. Raises ValueError if none does."""
    for number in range(at + 1, len(lines)):
        if lines[number].strip() == fence:
            return number
    raise ValueError(f"the code block of line {at + 1} is never closed")


def _is_code(lines: list[str], at: int) -> bool:
    """True if an indented line begins a code block: after an empty line, outside of a list."""
    if at == 0 or lines[at - 1].strip():
        return False
    for line in reversed(lines[:at]):
        if line.strip() and not line.startswith("    "):
            return not re.match(r" *([-*]|\d+\.) ", line) and not line.startswith("  ")
    return True
