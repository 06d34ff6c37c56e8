"""Streams of server-sent events, however they are written and cut."""

import pytest

from emulator.apis.evi.model import event_stream
from emulator.apis.evi.model.event_stream import EventStream, EventTooLong


def read(*pieces: bytes) -> list[str]:
    stream = EventStream()
    found = [data for piece in pieces for data in stream.feed(piece)]
    return [*found, *stream.end()]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_any_way(line_end: bytes) -> None:
    """As the format allows."""
    text = line_end.join([b"data: one", b"", b"data: two", b"", b""])
    assert read(text) == ["one", "two"]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_may_be_cut_anywhere(line_end: bytes) -> None:
    """Also within a line's end, and within a character."""
    text = line_end.join(["data: größer".encode(), b"data: more", b"", b"data: two", b"", b""])
    assert read(*(text[i : i + 1] for i in range(len(text)))) == ["größer\nmore", "two"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b": a comment\n\ndata: one\n\n", ["one"]),
        (b"event: message\nid: 3\nretry: 5\ndata: one\n\n", ["one"]),
        (b"data:one\n\n", ["one"]),
        (b"data:  one\n\n", [" one"]),
        (b"data: one", ["one"]),
        (b"data: one\n", ["one"]),
        (b"data\n\n", []),
        (b"\n\n\n", []),
        (b"data: \xff\n\n", ["�"]),
        (b"", []),
    ],
)
def test_what_else_a_stream_may_hold(text: bytes, found: list[str]) -> None:
    """Comments, other fields, no space, more spaces, no end."""
    assert read(text) == found


def test_an_event_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a line nor an event takes all memory."""
    monkeypatch.setattr(event_stream, "LONGEST_EVENT", 100)
    with pytest.raises(EventTooLong):
        read(b"data: " + b"a" * 101)
    with pytest.raises(EventTooLong):
        read(*[b"data: aaaaaaaaaa\n"] * 11)
    assert len(read(*[b"data: aaaaaaaaaa\n\n"] * 11)) == 11
