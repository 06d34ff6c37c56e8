"""The longest pause of a server's event loop, as another client sees it.

`python -m benchmarks.pause PORT` asks for the server's health again and again until its input ends,
and then prints how long the slowest answer took (ms).
"""

import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.servers import HOST, ROOT, Target

_REST_S = 0.002  # between two requests
_PATIENCE_S = 60
_REQUEST = b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass
class Pause:
    """The longest pause (ms), known once it is over."""

    ms: float = 0.0


@contextmanager
def longest_pause(target: Target) -> Iterator[Pause]:
    """Watch a server from a process of its own, so that what the load costs is not counted."""
    command = [sys.executable, "-m", "benchmarks.pause", str(target.port)]
    found = Pause()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdout.readline()  # it has begun
        yield found
        process.stdin.close()
        found.ms = float(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def main() -> None:
    with socket.create_connection((HOST, int(sys.argv[1])), timeout=_PATIENCE_S) as server:
        _ask(server)
        print("begun", flush=True)
        slowest = 0.0
        while not select.select([sys.stdin], [], [], _REST_S)[0]:
            slowest = max(slowest, _ask(server))
    print(slowest * 1000, flush=True)


def _ask(server: socket.socket) -> float:
    """How long an answer takes (s); it is small, and so comes in one piece."""
    start = time.perf_counter()
    server.sendall(_REQUEST)
    if not server.recv(65_536).startswith(b"HTTP/1.1 200"):
        raise SystemExit("the server is not healthy")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
