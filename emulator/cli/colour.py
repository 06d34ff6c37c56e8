"""Colours on a terminal: when to use them, and how."""

import os
from collections.abc import Callable, Mapping
from typing import TextIO, TypeAlias

Paint: TypeAlias = Callable[[str, str], str]  # of a style and a text

_PLAIN = "\x1b[0m"
STYLES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "blue": "\x1b[34m",
    "magenta": "\x1b[35m",
    "cyan": "\x1b[36m",
}


def has_colours(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """True if what is printed there may have colours.

    NO_COLOR forbids them, FORCE_COLOR demands them, and NO_COLOR wins; empty ones do not count.
    Otherwise a terminal has them, unless it is a dumb one.
    """
    environ = os.environ if environ is None else environ
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and stream.isatty()


def painter(stream: TextIO, environ: Mapping[str, str] | None = None) -> Paint:
    """Return what paints texts for that stream: it leaves them as they are if it has no colours."""
    return _painted if has_colours(stream, environ) else _left_plain


def _painted(style: str, text: str) -> str:
    return f"{STYLES[style]}{text}{_PLAIN}"


def _left_plain(style: str, text: str) -> str:
    return text
