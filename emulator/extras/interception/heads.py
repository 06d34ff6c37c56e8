"""Heads of HTTP/1.1 requests and answers, as they pass through the proxy."""

import asyncio
from dataclasses import dataclass, replace

_END = b"\r\n\r\n"
_ENCODING = "latin-1"  # which keeps every byte


class BadHead(Exception):
    """The bytes are no head of HTTP."""


@dataclass(frozen=True, slots=True)
class Head:
    """A first line of three words, and headers in their order."""

    words: tuple[str, str, str]  # method, target and version; or version, status and reason
    headers: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        """Return the value of a header in small letters, or ""."""
        return next((value.lower() for each, value in self.headers if each.lower() == name), "")

    def without(self, *names: str) -> "Head":
        kept = tuple(each for each in self.headers if each[0].lower() not in names)
        return replace(self, headers=kept)

    def closing(self) -> "Head":
        """Return the head of a connection's only request; one that switches protocols is that."""
        if "upgrade" in self.value("connection"):
            return self
        bare = self.without("connection", "keep-alive", "proxy-connection")
        return replace(bare, headers=(*bare.headers, ("Connection", "close")))

    def to_bytes(self) -> bytes:
        lines = [" ".join(self.words), *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join(lines).encode(_ENCODING) + _END


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Read a head; None where the connection ends before one. Raises BadHead."""
    try:
        received = await reader.readuntil(_END)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BadHead("the head is cut off") from None
        return None
    except asyncio.LimitOverrunError:
        raise BadHead("the head is too long") from None
    first, *lines = received.decode(_ENCODING).removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ", 2)
    if len(words) == 2:  # an answer without a reason
        words.append("")
    pairs = [line.partition(":") for line in lines]
    if len(words) != 3 or not all(colon for _, colon, _ in pairs):
        raise BadHead("no HTTP/1.1")
    headers = tuple((name, value.strip()) for name, _, value in pairs)
    return Head((words[0], words[1], words[2]), headers)
