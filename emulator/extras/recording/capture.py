"""Capturing a body while it passes through, up to a size."""

import zlib

from emulator.extras.recording.format import Body, body_of

DEFAULT_KEPT_BYTES = 4 * 1024 * 1024
_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS,
                "deflate": zlib.MAX_WBITS}  # fmt: skip
_PLAIN = ("", "identity")


class Capture:
    """Gathers a body part by part, as long as it is not larger than `limit` (bytes)."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._parts: list[bytes] = []

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size <= self._limit:
            self._parts.append(part)
        else:
            self._parts.clear()

    def body(self, encoding: str = "") -> Body | None:
        """Return what was gathered, with its content encoding undone.

        Returns only its size if it was too large or can't be decoded: secrets might be in it.
        """
        if self.size > self._limit:
            return Body(cut=self.size)
        data = b"".join(self._parts)
        names = [name.strip() for name in encoding.lower().split(",")]
        for name in reversed([name for name in names if name not in _PLAIN]):
            plain = self._decoded(data, name)
            if plain is None:
                return Body(cut=self.size) if self.size else None
            data = plain
        return body_of(data)

    def _decoded(self, data: bytes, encoding: str) -> bytes | None:
        """Return the plain data; None if it can't be decoded, or is larger than the limit."""
        if encoding not in _WINDOW_BITS:
            return None
        try:
            plain = zlib.decompressobj(_WINDOW_BITS[encoding]).decompress(data, self._limit + 1)
        except zlib.error:
            return None
        return plain if len(plain) <= self._limit else None
