"""A row of the table of benchmarks.bounds, and the emulators and clients that all loads share."""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

from benchmarks.load import is_whole
from benchmarks.messages import CONFIGS
from benchmarks.pause import longest_pause
from benchmarks.servers import HOST, Target, emulator, started

HEALTH = "/_emulator/health"
PATIENCE_S = 60
MEGABYTE = 1_000_000
CHAT = "/v0/evi/chat?api_key=bounds"


@dataclass
class Row:
    """The cost of one load, and the answer at the bound."""

    load: str
    seconds: float = 0.0
    cpu_s: float = 0.0
    mebibytes: tuple[float, float] = (0.0, 0.0)  # before, and at most
    pause_ms: float = 0.0
    seen: str = ""

    def cells(self) -> list[str]:
        before, most = self.mebibytes
        figures = (f"{self.seconds:.1f}", f"{self.cpu_s:.1f}", f"{before:.0f}", f"{most:.0f}")
        return [self.load, *figures, f"{self.pause_ms:.0f}", self.seen]


@dataclass
class Table:
    """All that was measured."""

    rows: list[Row] = field(default_factory=list)

    @contextmanager
    def row(self, load: str, target: Target) -> Iterator[Row]:
        """Measure a load for as long as the block takes."""
        row = Row(load)
        forget_most_memory(target)
        cpu, before, start = target.cpu_seconds(), target.mebibytes(), time.perf_counter()
        with longest_pause(target) as pause:
            yield row
        row.seconds = time.perf_counter() - start
        row.cpu_s = target.cpu_seconds() - cpu
        row.mebibytes = before, target.mebibytes("VmHWM")
        row.pause_ms = pause.ms
        self.rows.append(row)


def forget_most_memory(target: Target) -> None:
    """Let VmHWM begin at the memory of now."""
    Path(f"/proc/{target.pid}/clear_refs").write_text("5")


@contextmanager
def served(*flags: str) -> Iterator[tuple[Target, httpx.Client]]:
    """An emulator that has loaded what comes late, and a client of one world."""
    with started(emulator(*flags), HEALTH) as target, browse(target) as client:
        warm_up(client)
        yield target, client


def browse(target: Target, key: str = "bounds") -> httpx.Client:
    return httpx.Client(
        base_url=f"http://{HOST}:{target.port}",
        headers={"X-Hume-Api-Key": key},
        timeout=PATIENCE_S,
        trust_env=False,
    )


def warm_up(client: httpx.Client) -> None:
    """Use each part that is loaded late, in a world that is deleted."""
    own = {"X-Hume-Api-Key": "warm"}
    hook = [{"url": "http://127.0.0.1:9/", "events": ["chat_started"]}]
    config = {"evi_version": "3", "name": "warm", "webhooks": hook}
    made = answered(client.post(CONFIGS, json=config, headers=own), 201)
    body = {"user": ["Hello"], "config_id": made["id"]}
    answered(client.post("/_emulator/simulate", json=body, headers=own), 200)
    for path in ("metrics", "contract", "journal", "webhooks/deliveries"):
        client.get(f"/_emulator/{path}", headers=own).raise_for_status()
    speech = {"utterances": [{"text": "Hello."}]}
    answered(client.post("/v0/tts", json=speech, headers=own), 200)
    socket_url = f"ws://{client.base_url.netloc.decode()}/v0/evi/chat?api_key=warm"
    with connect(socket_url, proxy=None) as chat:
        chat.recv(PATIENCE_S)
    client.get("/_emulator/journal/wait?kind=webhook", headers=own).raise_for_status()
    client.delete("/_emulator/world", headers=own).raise_for_status()


def answered(response: httpx.Response, status: int) -> Any:
    check(response.status_code == status, f"{response.request.url}: {response.text[:500]}")
    return response.json() if response.content else None


def check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise SystemExit(otherwise)


def refusal(response: httpx.Response, status: int) -> str:
    """Return the status and the code of a refused request."""
    check(response.status_code == status, f"{response.request.url}: {response.text[:500]}")
    return f"{status} `{response.json()['code']}`"


def ask_each(target: Target, requests: Iterable[bytes], status: int) -> None:
    """Ask one request after the other on one connection; each must have that status."""
    with socket.create_connection((HOST, target.port), timeout=PATIENCE_S) as connection:
        for each in requests:
            connection.sendall(each)
            answer = b""
            while not is_whole(answer):
                answer += connection.recv(65_536)
            check(answer[8:13] == b" %d " % status, f"{answer[:500]!r}")


@contextmanager
def narrow(target: Target) -> Iterator[socket.socket]:
    """A connection whose client's side takes little."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((HOST, target.port))
        yield connection
