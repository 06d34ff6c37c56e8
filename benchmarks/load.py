"""Load over HTTP from one process: what a server answers in a slice of time."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.messages import Make
from benchmarks.servers import HOST, Target

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Slice:
    """Load of one server in one slice of time."""

    per_second: float
    cpu_us: float  # of the server, per request
    busy: float  # the server's share of its core


@dataclass(frozen=True, slots=True)
class Ask:
    """One kind of request, and the status that it is to be answered with."""

    make: Make
    status: int


class Client(asyncio.Protocol):
    """Keeps its connection, and asks again as soon as it is answered, until the deadline.

    `lost` says that the server has closed the connection after an answer.
    """

    def __init__(self, ask: Ask, deadline: float) -> None:
        self._make = ask.make
        self._deadline = deadline
        self._expected = b" %d " % ask.status
        self._data = b""
        self._length = 0  # of the last answer: most are as long
        self.answered = 0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        transport.write(self._make())

    def data_received(self, data: bytes) -> None:
        if self._data:
            data = self._data + data
        if len(data) != self._length and not is_whole(data):
            self._data = data
            return
        self._take(data)
        if self.finished.done():
            return
        if time.perf_counter() >= self._deadline:
            self._end(None)
        elif not closes(data):
            self._transport.write(self._make())

    def _take(self, data: bytes) -> None:
        if data[8:13] != self._expected:
            self._end(RuntimeError(f"not answered{self._expected!r}: {data[:500]!r}"))
        self._data = b""
        self._length = 0 if b"chunked" in data[:1000] else len(data)
        self.answered += 1

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error)

    def _end(self, error: Exception | None) -> None:
        if self.finished.done():
            return
        if error is None:
            self.finished.set_result(None)
        else:
            self.finished.set_exception(error)
        self._transport.close()


def is_whole(data: bytes) -> bool:
    """Whether all of an answer has arrived."""
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return False
    fields = head.lower()
    _, named, value = fields.partition(b"\r\ncontent-length:")
    if named:
        return len(body) >= int(value.partition(b"\r")[0])
    return b"chunked" in fields and body.endswith(b"0\r\n\r\n")


def closes(data: bytes) -> bool:
    """Whether the server is about to close the connection."""
    return b"\r\nConnection: close" in data[:1000]


async def load(target: Target, ask: Ask, seconds: float) -> Slice:
    """One slice: as many requests as the server answers."""
    cpu, start = target.cpu_seconds(), time.perf_counter()
    deadline = start + seconds
    answered = sum(
        await asyncio.gather(*(_keep_asking(target, ask, deadline) for _ in range(CONNECTIONS)))
    )
    passed, used = time.perf_counter() - start, target.cpu_seconds() - cpu
    if not answered:
        raise RuntimeError("nothing was answered")
    return Slice(answered / passed, used / answered * 1e6, used / passed)


async def _keep_asking(target: Target, ask: Ask, deadline: float) -> int:
    """The number of answers; a connection that the server closes is followed by another."""
    loop, answered = asyncio.get_running_loop(), 0
    while not answered or time.perf_counter() < deadline:
        _, client = await loop.create_connection(lambda: Client(ask, deadline), HOST, target.port)
        await client.finished
        if not client.answered:
            raise RuntimeError("the server hung up")
        answered += client.answered
    return answered


def per_second(slices: Iterable[Slice]) -> list[float]:
    return [each.per_second for each in slices]


def cpu_us(slices: Iterable[Slice]) -> list[float]:
    return [each.cpu_us for each in slices]
