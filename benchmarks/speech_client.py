"""Clients of streamed speech: one that asks again and again, and many that read slowly."""

import socket
import time
from dataclasses import dataclass

from benchmarks.servers import HOST, Target

_READ_BYTES = 1 << 20
_REST_S = 0.002  # in which a server has done all that an answer leaves to do, and sleeps
_END = b"\r\n0\r\n\r\n"
_SMALL_BUFFER = 65_536  # bytes that wait in the kernel for a slow client, at most about twice


@dataclass(frozen=True, slots=True)
class Streamed:
    """Streams in one slice of time."""

    first_ms: float  # until the first chunk is there; a tenth of the answers are faster
    cpu_ms: float  # of the server, per answer


class Asker:
    """One connection that is kept open; every request is the same, and answered in chunks."""

    def __init__(self, target: Target, request: bytes, first_bytes: int) -> None:
        """`first_bytes` are those of the first chunk."""
        self._target = target
        self._request = request
        self._first_bytes = first_bytes
        self._socket = socket.create_connection((HOST, target.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(_READ_BYTES)

    def ask(self) -> float:
        """Read an answer to its end; return how long its first chunk took (ms).

        The server is at rest when it is asked, so that every server must wake up first.
        """
        time.sleep(_REST_S)
        start, first_ms = time.perf_counter(), 0.0
        self._socket.sendall(self._request)
        size, wanted, tail = 0, 0, b""
        while not tail.endswith(_END):
            got = self._socket.recv_into(self._buffer)
            if not got:
                raise RuntimeError("the server hung up")
            data = memoryview(self._buffer)[:got]
            if not size:
                wanted = self._first_bytes + _head_bytes(bytes(data[:2000]))
            size += got
            if not first_ms and size >= wanted:
                first_ms = (time.perf_counter() - start) * 1000
            tail = (tail + bytes(data[-len(_END) :]))[-len(_END) :]
        return first_ms

    def slice(self, seconds: float) -> Streamed:
        """Ask until the time is over."""
        cpu, deadline = self._target.cpu_seconds(), time.perf_counter() + seconds
        times = [self.ask()]
        while time.perf_counter() < deadline:
            times.append(self.ask())
        used = self._target.cpu_seconds() - cpu
        return Streamed(sorted(times)[len(times) // 10], used / len(times) * 1000)

    def close(self) -> None:
        self._socket.close()


def _head_bytes(beginning: bytes) -> int:
    """The length of an answer's head, which must be of a stream."""
    head, found, _ = beginning.partition(b"\r\n\r\n")
    if not found or b" 200 " not in head or b"chunked" not in head.lower():
        raise RuntimeError(f"not a streamed answer: {beginning[:500]!r}")
    return len(head) + len(found)


class SlowReaders:
    """Clients with a stream each, of which they read no more than they are told to."""

    def __init__(self, target: Target, request: bytes, count: int) -> None:
        self._sockets = [self._begun(target, request) for _ in range(count)]

    @staticmethod
    def _begun(target: Target, request: bytes) -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        connection.settimeout(60)
        connection.connect((HOST, target.port))
        connection.sendall(request)
        return connection

    def read(self, size: int) -> None:
        """Each client reads so many bytes."""
        for each in self._sockets:
            left = size
            while left:
                got = len(each.recv(min(left, _READ_BYTES)))
                if not got:
                    raise RuntimeError("the server hung up")
                left -= got

    def close(self) -> None:
        for each in self._sockets:
            each.close()
