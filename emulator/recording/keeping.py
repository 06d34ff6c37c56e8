"""What is kept of a body while it passes through."""

import zlib

from emulator.recording.format import Body, body_of

_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Keeping:
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
        """What was gathered, without its content encoding; its size alone if it was too large."""
        if self.size > self._limit:
            return Body(cut=self.size)
        data = b"".join(self._parts)
        if encoding.lower() not in _WINDOW_BITS:
            return body_of(data)
        try:
            decoder = zlib.decompressobj(_WINDOW_BITS[encoding.lower()])
            plain = decoder.decompress(data, self._limit + 1)
        except zlib.error:
            return body_of(data)
        return body_of(plain) if len(plain) <= self._limit else Body(cut=self.size)
