"""Servers in processes of their own: starting them, asking them, and what they take. Linux only."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
API_KEY = "benchmark"
_PATIENCE_S = 60
_POLL_S = 0.002
CORES = sorted(os.sched_getaffinity(0))  # servers are on the first, load comes from the last
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

Command = Callable[[int], Sequence[str]]  # what to run, for a port


class NotStarted(Exception):
    """A server did not come up."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Return the CPU seconds used so far, with running children."""
        return sum(_cpu_seconds(pid) for pid in _family(self.pid))

    def mebibytes(self, name: str = "VmRSS") -> float:
        """Return the memory now (VmRSS), or at most (VmHWM), with children."""
        return sum(_mebibytes(pid, name) for pid in _family(self.pid))

    def ask(
        self,
        status: int,
        method: str,
        path: str,
        key: str = API_KEY,
        body: bytes = b"",
        content_type: str = "application/json",
    ) -> bytes:
        """The body of the answer to a single request, which must have that status."""
        headers = {"X-Hume-Api-Key": key, "Content-Type": content_type}
        connection = HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status != status:
                raise SystemExit(f"{method} {path}: {response.status} {answer[:500]!r}")
            return answer
        finally:
            connection.close()

    def send(self, request: bytes) -> bytes:
        """The beginning of the answer to a request that is given as bytes."""
        with socket.create_connection((HOST, self.port), timeout=30) as connection:
            connection.sendall(request)
            return connection.recv(65_536)


def use_cores(*cores: int) -> None:
    """Keep this process on those cores."""
    os.sched_setaffinity(0, cores)


def module(name: str, *arguments: str) -> Command:
    """The command that runs a module of the benchmarks, given a port after its arguments."""
    return lambda port: [sys.executable, "-m", f"benchmarks.{name}", *arguments, str(port)]


def emulator(*flags: str) -> Command:
    """The command that serves the checkout."""
    program = shutil.which("evi-emulator", path=str(Path(sys.executable).parent))
    if program is None:
        raise SystemExit("evi-emulator is not installed beside this Python")
    return lambda port: [program, "serve", "--port", str(port), *flags]


@contextmanager
def started(
    command: Command, path: str = "/", pinned: bool = True, folder: Path = ROOT
) -> Iterator[Target]:
    """A server that has answered its first request, to `path`. It is ended at the end."""
    port = _free_port()
    process = subprocess.Popen(
        command(port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(),
        start_new_session=True,
        preexec_fn=partial(use_cores, *(CORES[:1] if pinned else CORES)),
    )
    try:
        _wait_for_answer(process, port, path)
        yield Target(port, process.pid)
    finally:
        _end(process)


def _environment() -> dict[str, str]:
    """Without what would slow Python down: compiled modules are kept, as they are by default."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for_answer(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    """Any answer will do that is no failure of the server."""
    deadline = time.perf_counter() + _PATIENCE_S
    while not answers(port, path):
        if process.poll() is not None:
            raise NotStarted(f"it ended at once, with exit code {process.returncode}")
        if time.perf_counter() > deadline:
            raise NotStarted(f"it did not answer within {_PATIENCE_S} s")
        time.sleep(_POLL_S)


def answers(port: int, path: str) -> bool:
    """Whether a server there answers, if only to refuse."""
    connection = HTTPConnection(HOST, port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", path, headers={"X-Hume-Api-Key": API_KEY})
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The process, and its children: they have a session of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


def _family(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    return found


def _cpu_seconds(pid: int) -> float:
    columns = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(columns[11]) + int(columns[12])) / _TICKS_PER_SECOND


def _mebibytes(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no {name} in /proc")
