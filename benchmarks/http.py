"""What the emulator costs over a bare ASGI application that sends the same bytes.

Two servers on one core, load from another: `.venv/bin/python -m benchmarks.http`.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import uvloop
from starlette.types import Receive, Scope, Send

from benchmarks.figures import add_chats, median_ratio, print_table, spread
from emulator.jsontext import JsonObject, parse, render
from emulator.server import Server
from emulator.settings import Settings

CONNECTIONS = 16
SLICES = 8  # for each case and server
SLICE_SECONDS = 1.0
WARM_UP_SECONDS = 0.3
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
READ_KEY, WRITE_KEY = "read", "write"  # two worlds

CHATS = "/v0/evi/chats?page_number=0&page_size=10"
CONFIGS = "/v0/evi/configs"
PROMPT = {"name": "Weather prompt", "text": "You are a voice that tells the weather. " * 10}
CONFIG: JsonObject = {
    "evi_version": "3",
    "name": "Weather",
    "voice": {"provider": "HUME_AI", "name": "Ava Song"},
    "language_model": {
        "model_provider": "ANTHROPIC",
        "model_resource": "claude-3-7-sonnet-latest",
        "temperature": 1.0,
    },
    "event_messages": {
        "on_new_chat": {"enabled": False, "text": ""},
        "on_inactivity_timeout": {"enabled": False, "text": ""},
        "on_max_duration_timeout": {"enabled": False, "text": ""},
    },
}
TWO_FIELDS: JsonObject = {"evi_version": "3", "name": "Weather"}
ONE_PROBLEM: JsonObject = {"evi_version": "3"}  # no name
SIX_PROBLEMS: JsonObject = {
    "evi_version": 3,
    "voice": {"provider": "HUME_AI"},
    "language_model": {"model_provider": "NOBODY", "temperature": "warm"},
    "timeouts": {"inactivity": {"enabled": "maybe"}},
}


@dataclass(frozen=True, slots=True)
class Slice:
    """What happened to one server in one slice of time."""

    per_second: float
    cpu_us: float  # of the server, per request
    busy: float  # the server's share of its core


@dataclass
class Case:
    """One kind of request: `make` gives the bytes of the next one, `answer` is one answer."""

    name: str
    status: int
    make: Callable[[], bytes]
    answer: bytes = b""
    emulator: list[Slice] = field(default_factory=list)
    bare: list[Slice] = field(default_factory=list)


# Servers


def serve(what: str) -> None:
    """Either server, with the options of the emulator, until this process is told to stop."""
    server = Server(Settings(seed="empty", port=0))
    if what == "bare":
        server._uvicorn.config.app = Bare()
    else:
        add_chats(server.app.worlds.get(READ_KEY).store.chats, 100)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(server.url, flush=True)
    server.run()


class Bare:
    """An ASGI application that only sends: the body that was last PUT, with that status."""

    def __init__(self) -> None:
        self._status, self._body = 204, b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "PUT":
            self._status = int(scope["path"].removeprefix("/"))
            self._body = await _read(receive)
        elif scope["method"] == "POST":
            await _read(receive)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self._body)).encode()),
        ]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs in a process of its own."""

    host: str
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        with open(f"/proc/{self.pid}/stat") as file:
            columns = file.read().rpartition(")")[2].split()
        return (int(columns[11]) + int(columns[12])) / TICKS_PER_SECOND

    def ask(self, status: int, method: str, path: str, key: str, body: bytes = b"") -> bytes:
        """The body of the answer to a single request, which must have that status."""
        connection = HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request(method, path, body, {"X-Hume-Api-Key": key})
            response = connection.getresponse()
            answer = response.read()
            if response.status != status:
                raise SystemExit(f"{method} {path}: {response.status} {answer!r}")
            return answer
        finally:
            connection.close()


@contextmanager
def started(what: str) -> Iterator[Target]:
    """A server in a process of its own, which is ended at the end."""
    command = [sys.executable, "-m", "benchmarks.http", what]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = urlsplit(process.stdout.readline().strip())
        if url.hostname is None or url.port is None:
            raise SystemExit(f"the {what} server did not start")
        yield Target(url.hostname, url.port, process.pid)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


# Cases


def make_cases(emulator: Target) -> list[Case]:
    """What is measured. The emulator's answers are kept for the bare server to repeat."""
    prompt = parse(emulator.ask(201, "POST", "/v0/evi/prompts", READ_KEY, render(PROMPT)))
    with_prompt = {**CONFIG, "prompt": {"id": prompt["id"], "version": 0}}
    config = parse(emulator.ask(201, "POST", CONFIGS, READ_KEY, render(with_prompt)))
    version = f"{CONFIGS}/{config['id']}/version/0"
    cases = [
        Case("list-chats", 200, always("GET", CHATS)),
        Case("get-config-version", 200, always("GET", version)),
        Case("create-config", 201, new_configs(CONFIG)),
        Case("create-config, 2 fields", 201, new_configs(TWO_FIELDS)),
        Case("create-config, 1 problem", 422, always("POST", CONFIGS, render(ONE_PROBLEM))),
        Case("create-config, 6 problems", 422, always("POST", CONFIGS, render(SIX_PROBLEMS))),
    ]
    for case in cases:
        case.answer = first_answer(emulator, case)
    return cases


def first_answer(target: Target, case: Case) -> bytes:
    """The body of one answer; what is created has a world of its own."""
    head, _, body = case.make().partition(b"\r\n\r\n")
    method, url, _ = head.decode().split(" ", 2)
    return target.ask(case.status, method, url, case.name if body else READ_KEY, body)


def new_configs(config: JsonObject) -> Callable[[], bytes]:
    """Requests for one config after another, each with a name of its own."""
    numbers = count()

    def make() -> bytes:
        body = render({**config, "name": f"Weather {next(numbers):06}"})
        return request("POST", CONFIGS, WRITE_KEY, body)

    return make


def always(method: str, path: str, body: bytes | None = None) -> Callable[[], bytes]:
    """The same request again and again."""
    text = request(method, path, READ_KEY, body)
    return lambda: text


def request(method: str, path: str, key: str, body: bytes | None = None) -> bytes:
    """A request with the headers that Hume's SDK sends."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1:8484",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "Connection: keep-alive",
        "User-Agent: hume/0.14.1",
        "X-Fern-Language: Python",
        "X-Fern-SDK-Name: hume",
        "X-Fern-SDK-Version: 0.14.1",
        f"X-Hume-Api-Key: {key}",
    ]
    if body is not None:
        lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


# Load


class Client(asyncio.Protocol):
    """Keeps its connection, and asks again as soon as it is answered, until the deadline."""

    def __init__(self, case: Case, deadline: float) -> None:
        self._case = case
        self._deadline = deadline
        self._expected = b"HTTP/1.1 %d " % case.status
        self._data = b""
        self.answered = 0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        transport.write(self._case.make())

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not _is_whole(self._data):
            return
        if not self._data.startswith(self._expected):
            self._end(RuntimeError(f"{self._case.name}: {self._data!r}"))
            return
        self._data = b""
        self.answered += 1
        if time.perf_counter() < self._deadline:
            self._transport.write(self._case.make())
        else:
            self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error or RuntimeError(f"{self._case.name}: the server hung up"))

    def _end(self, error: Exception | None) -> None:
        if self.finished.done():
            return
        if error is None:
            self.finished.set_result(None)
        else:
            self.finished.set_exception(error)
        self._transport.close()


def _is_whole(data: bytes) -> bool:
    """Whether a response with a content-length has arrived."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    start = data.index(b"content-length: ") + 16
    return len(data) == head + 4 + int(data[start : data.index(b"\r", start)])


async def load(target: Target, case: Case, seconds: float) -> Slice:
    """One slice: as many requests as the server answers."""
    loop = asyncio.get_running_loop()
    cpu, start = target.cpu_seconds(), time.perf_counter()
    deadline = start + seconds
    pairs = [
        await loop.create_connection(lambda: Client(case, deadline), target.host, target.port)
        for _ in range(CONNECTIONS)
    ]
    for _, client in pairs:
        await client.finished
    passed, used = time.perf_counter() - start, target.cpu_seconds() - cpu
    answered = sum(client.answered for _, client in pairs)
    return Slice(answered / passed, used / answered * 1e6, used / passed)


async def measure(case: Case, emulator: Target, bare: Target) -> None:
    """Slices of both servers in turn, the order swapped every time."""
    bare.ask(case.status, "PUT", f"/{case.status}", "", case.answer)
    turns = [(emulator, case.emulator), (bare, case.bare)]
    for target, _ in turns:
        await load(target, case, WARM_UP_SECONDS)
    for _ in range(SLICES):
        for target, slices in turns:
            if target is emulator:
                target.ask(204, "POST", "/_emulator/reset", WRITE_KEY)
            slices.append(await load(target, case, SLICE_SECONDS))
        turns.reverse()


# Report


def throughput_row(case: Case) -> Sequence[str]:
    emulator = [slice.per_second for slice in case.emulator]
    bare = [slice.per_second for slice in case.bare]
    return [
        case.name,
        str(len(case.answer)),
        spread(emulator, 0),
        spread(bare, 0),
        median_ratio(emulator, bare),
        " / ".join(
            f"{median(slice.busy for slice in slices):.0%}" for slices in (case.emulator, case.bare)
        ),
    ]


def cpu_row(case: Case) -> Sequence[str]:
    emulator = [slice.cpu_us for slice in case.emulator]
    bare = [slice.cpu_us for slice in case.bare]
    return [case.name, spread(emulator, 1), spread(bare, 1), median_ratio(bare, emulator)]


def main() -> None:
    with ExitStack() as servers:
        emulator = servers.enter_context(started("emulator"))
        bare = servers.enter_context(started("bare"))
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # servers are on the first core
        cases = make_cases(emulator)
        for case in cases:
            uvloop.run(measure(case, emulator, bare))
    print(f"{CONNECTIONS} connections, {SLICES} slices of {SLICE_SECONDS:.0f} s each in turn;")
    print("medians (quartiles). A ratio of 1 is the bare application.\n")
    print("Requests per second (the client may be what limits them: see how busy the server is)\n")
    head = ["case", "bytes", "emulator", "bare", "emulator / bare", "server busy"]
    print_table(head, [throughput_row(case) for case in cases])
    print("\nCPU of the server, µs per request\n")
    print_table(["case", "emulator", "bare", "bare / emulator"], [cpu_row(case) for case in cases])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1])
    else:
        main()
