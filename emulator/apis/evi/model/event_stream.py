"""Reads a stream of server-sent events: bytes in, the data of each event out."""

from collections.abc import Iterable, Iterator

LONGEST_EVENT = 1_048_576  # bytes


class EventTooLong(Exception):
    """An event of the stream is longer than anybody needs."""

    def __init__(self) -> None:
        super().__init__("an event has more bytes than any answer needs")


class EventStream:
    """Splits a stream into events. Lines may end in LF, CR LF or CR; comments are ignored."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterable[str]:
        """Return the data of events that are complete now. Raises EventTooLong."""
        if not (self._rest or self._data) and _is_one_event(piece):
            return (piece[6:-2].decode(errors="replace"),)
        return self._fed(piece)

    def _fed(self, piece: bytes) -> Iterator[str]:
        text, held = self._rest + piece, b""
        if b"\r" in text:
            held = b"\r" if text.endswith(b"\r") else b""  # half of a line's end, perhaps
            text = text.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = text.split(b"\n")
        self._rest = lines.pop() + held
        for line in lines:
            yield from self._take(line)
        if len(self._rest) + self._size > LONGEST_EVENT:
            raise EventTooLong

    def end(self) -> Iterator[str]:
        """Yield what the stream ended with, though nothing completed it."""
        rest, self._rest = self._rest.rstrip(b"\r"), b""
        if rest:
            yield from self._take(rest)
        yield from self._take(b"")

    def _take(self, line: bytes) -> Iterator[str]:
        if not line:
            if self._data:
                yield b"\n".join(self._data).decode(errors="replace")
            self._data, self._size = [], 0
        elif line.startswith(b"data:"):
            value = line[5:].removeprefix(b" ")
            self._data.append(value)
            self._size += len(value)


def _is_one_event(piece: bytes) -> bool:
    """True if a piece is one line of data and the end of its event, as nearly all are."""
    is_whole = piece.startswith(b"data: ") and piece.endswith(b"\n\n") and len(piece) > 8
    return is_whole and piece.find(b"\n") == len(piece) - 2 and b"\r" not in piece
