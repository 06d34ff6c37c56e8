"""What is logged: nobody else can write a line of it, and it holds no credentials."""

import logging
from io import StringIO

import pytest

from emulator.redaction.log import Lines, LogFilter

SECRET = "Zq-s3cret-qZ"
FORGERIES = [
    "http://a/\r\nemulator: forged",
    "a\nemulator: forged",
    "a\remulator: forged",
    "a\x0bemulator: forged\x0c",
    "a\x85emulator: forged\u2028\u2029",
    "a\x1b[2K\x1b[1Gemulator: forged\x9b2K\x07",
    "a\0\x08\x08\x7f",
]


@pytest.fixture
def log() -> tuple[logging.Logger, StringIO]:
    """A logger that cleans what it writes, and what it wrote."""
    logger, written = logging.Logger("test"), StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger.addFilter(LogFilter())
    logger.addHandler(handler)
    return logger, written


def lines_of(written: StringIO) -> list[str]:
    """The lines, as any reader may divide them."""
    return written.getvalue().removesuffix("\n").splitlines()


@pytest.mark.parametrize("text", FORGERIES)
def test_a_client_writes_no_line(log: tuple[logging.Logger, StringIO], text: str) -> None:
    """Whatever it sends stays in one line, and colours nothing."""
    logger, written = log
    logger.warning("webhook %s to %s failed: %s", "x", text, OSError(text))
    logger.warning(text)
    first, second = lines_of(written)
    assert first.startswith("test: webhook x to ")
    assert second.startswith("test: ")
    assert (first + second).isprintable()


@pytest.mark.parametrize("text", FORGERIES)
def test_tracebacks_are_indented(log: tuple[logging.Logger, StringIO], text: str) -> None:
    """What is not is the beginning of a record, also where the exception's message has lines."""
    logger, written = log
    try:
        raise ValueError(f"{text}\nemulator: token={SECRET}")
    except ValueError:
        logger.exception("a bug of %s", text)
    logger.warning("bug %s", Lines(f"Traceback\n{text}"))
    flush = [line for line in lines_of(written) if not line.startswith("  ")]
    assert [line.partition(" ")[0] for line in flush] == ["test:", "Traceback", "test:"]
    assert all(line.isprintable() for line in lines_of(written))
    assert SECRET not in written.getvalue()
    assert "token=(hidden)" in written.getvalue()


def test_what_is_logged_otherwise(log: tuple[logging.Logger, StringIO]) -> None:
    """Numbers are formatted as numbers, a line break at the end of a library's text is dropped."""
    logger, written = log
    logger.warning("%d of %.1f %s", 3, 2.5, None)
    logger.warning("Exception in ASGI application\n")
    logger.warning(
        '%s - "%s %s HTTP/%s" %d', "x:1", "GET", f"/a?x='&api%5Fkey={SECRET}", "1.1", 200
    )
    assert lines_of(written) == [
        "test: 3 of 2.5 None",
        "test: Exception in ASGI application",
        'test: x:1 - "GET /a?x=\'&api%5Fkey=(hidden) HTTP/1.1" 200',
    ]
