"""Texts that many entries of a journal have in common, of which one copy is kept."""

from emulator.jsontext import kept

MOST_TEXTS = 64  # of a kind, about; then all are forgotten


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

    def head(
        self, method: str, path: str, query: bytes, headers: bytes
    ) -> tuple[str, str, bytes, bytes]:
        """Return equal parts of the head of a request, or these."""
        words, texts = self._words, self._texts
        if len(words) >= MOST_TEXTS or len(texts) >= MOST_TEXTS:
            words.clear()
            texts.clear()
        return (
            words.setdefault(method, method),
            words.setdefault(path, path),
            texts.setdefault(query, query),
            texts.setdefault(headers, headers),
        )

    def response(self, operation: str | None, text: bytes) -> bytes:
        """Return an equal body if the operation answered it the last time, or else a copy."""
        last = self._bodies.get(operation)
        if last == text:
            assert last is not None
            return last
        last = self._bodies[operation] = kept(text)
        return last
