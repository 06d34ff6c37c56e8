"""Reads the commands of shell blocks: enough of a shell's grammar for what pages show."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS = {"|", "||", "&&", "&", ";"}
_VARIABLE = re.compile(r"[A-Z_]+=.*")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, and the file that its output goes to."""

    words: tuple[str, ...]
    output: str = ""

    @property
    def name(self) -> str:
        return self.words[0]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of commands, with what the page says that it prints."""

    text: str
    expected: str = ""

    def commands(self) -> Iterator[Command]:
        """Yield its commands, without variables that are set for them."""
        words: list[str] = []
        for word in (*_words(self.text), ";"):
            if word not in _OPERATORS:
                words.append(word)
                continue
            while words and _VARIABLE.fullmatch(words[0]) and len(words) > 1:
                words.pop(0)
            if words:
                yield _command(words)
            words = []


def _words(text: str) -> list[str]:
    reader = shlex.shlex(text, posix=True, punctuation_chars="|&;<>")
    reader.whitespace_split = True
    reader.commenters = "#"
    return list(reader)


def _command(words: list[str]) -> Command:
    if ">" in words:
        at = words.index(">")
        return Command(tuple(words[:at]), words[at + 1])
    return Command(tuple(words))


def lines(text: str) -> Iterator[Line]:
    """Yield the lines of a block, each joined with those that continue it."""
    joined = ""
    for line in text.splitlines():
        joined = f"{joined}\n{line}" if joined else line
        if joined.endswith("\\") or _is_open(joined):
            continue
        if joined.strip() and not joined.lstrip().startswith("#"):
            yield Line(joined.replace("\\\n", " "))
        joined = ""
    if joined:
        raise ValueError(f"the command never ends: {joined}")


def _is_open(text: str) -> bool:
    try:
        _words(text)
    except ValueError:  # a quotation that is not closed
        return True
    return False


def console_lines(text: str) -> Iterator[Line]:
    """Yield the commands of a console, which follow `$ `, each with what it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        found = next(lines(part))
        used = found.text.count("\n") + 1
        rows = part.splitlines()
        while rows and rows[used - 1].endswith("\\"):
            used += 1
        yield Line(found.text, "\n".join(rows[used:]).strip())
