"""A filter of log records that hides credentials and keeps clients from forging lines."""

import logging

from emulator.redaction.printable import visible
from emulator.redaction.text import hide_in_text


class Lines(str):
    """Text of several lines, such as a traceback: the log indents all but the first line.

    Any other text is logged in one line.
    """

    __slots__ = ()


class LogFilter(logging.Filter):
    """Cleans log records for every handler.

    It hides keys and tokens. Nothing that a client has sent can begin a line: a line that is not
    indented is the emulator's own.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and record.args:
            record.args = tuple(map(_clean, record.args))
        elif isinstance(record.msg, str):
            record.msg = _one_line(record.msg.rstrip("\n"))
        if record.exc_info and not record.exc_text:
            record.exc_text = _indented(logging.Formatter().formatException(record.exc_info))
        return True


def _clean(argument: object) -> object:
    if argument is None or isinstance(argument, int | float):
        return argument
    return _indented(argument) if isinstance(argument, Lines) else _one_line(str(argument))


def _one_line(text: str) -> str:
    return visible(hide_in_text(text))


def _indented(text: str) -> str:
    return "\n  ".join(map(visible, hide_in_text(text).split("\n")))
