"""Texts that many entries of a journal have in common, of which one copy is kept."""

from emulator.jsontext import kept

MOST_TEXTS = 64  # of each kind; then all are forgotten


class SharedTexts:
    """Returns the copy of a text that an earlier entry of the same journal holds, if it can.

    A client sends the same headers and paths again and again, and often gets the same answer. What
    this holds itself is bounded: the last body of each operation, and few shorter texts.
    """

    __slots__ = ("_bodies", "_texts", "_words")

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._texts: dict[bytes, bytes] = {}
        self._bodies: dict[str | None, bytes] = {}

    def word(self, word: str) -> str:
        """Return an equal method or path, or this one."""
        if len(self._words) >= MOST_TEXTS:
            self._words.clear()
        return self._words.setdefault(word, word)

    def text(self, text: bytes) -> bytes:
        """Return an equal query or text of headers, or this one."""
        if len(self._texts) >= MOST_TEXTS:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def response(self, operation: str | None, text: bytes) -> bytes:
        """Return an equal body if the operation answered it the last time, or else a copy."""
        last = self._bodies.get(operation)
        if last == text:
            assert last is not None
            return last
        last = self._bodies[operation] = kept(text)
        return last
