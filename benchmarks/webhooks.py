"""How fast webhooks go out, and whether the record of them is true.

The emulator and a bare aiohttp client post the same events to the same receiver, in turn:
`.venv/bin/python -m benchmarks.webhooks`.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import uvloop

from benchmarks.figures import median_ratio, print_table, spread
from benchmarks.http import Target
from emulator.ids import derived_random
from emulator.jsontext import JsonObject, parse, render
from emulator.server import Server
from emulator.settings import Settings
from emulator.webhooks.sender import MOST_PER_RECEIVER

CHATS = 1_000
EVENTS = ("chat_started", "tool_call", "chat_ended")
ROUNDS = 5
FAILS = 0.1  # of the requests, where the receiver is to fail
HELD_S = 1  # how long the first event of each chat is held back
RETRIES_S = 60  # more than all retries of three events take
KEY = "webhooks"

Seen = tuple[str, int]  # an event's name, and the status that it was answered with


@dataclass(frozen=True, slots=True)
class Round:
    """What one sending of all events took."""

    per_second: float
    cpu_us: float  # of the sender, per event


@dataclass
class Result:
    """What was measured with one server."""

    simulating_ms: list[tuple[float, float]] = field(default_factory=list)  # as `simulate` says
    emulator: list[Round] = field(default_factory=list)
    bare: list[Round] = field(default_factory=list)
    attempts: int = 0
    mebibytes: tuple[float, float] = (0, 0)  # of the server: at the start, and at most


# The processes


def serve() -> None:
    """The emulator, with ids that are the same in each run, so that the same requests fail."""
    server = Server(Settings(seed="empty", port=0, random_seed=1))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(server.url, flush=True)
    server.run()


async def receive(fails: float) -> None:
    """The receiver. GET gives the log, DELETE clears it; POST is a webhook."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    log = Log(fails)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(log), "127.0.0.1", 0, backlog=2048)
    print("http://{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await server.serve_forever()


class Log:
    """What the receiver got, chat by chat."""

    def __init__(self, fails: float) -> None:
        self._fails = fails
        self.by_chat: dict[str, list[Seen]] = defaultdict(list)

    def add(self, body: bytes) -> int:
        """The status to answer with. An event alone decides which of its requests fail, and the
        fourth never does, so that all are delivered.
        """
        event = parse(body)
        chat, name = self.by_chat[event["chat_id"]], event["event_name"]
        number = sum(1 for seen, _ in chat if seen == name)
        status = 200
        if self._fails and number < 3:
            drawn = derived_random("webhook", event["chat_id"], name, number).random()
            status = 500 if drawn < self._fails else 200
        chat.append((name, status))
        return status


class Connection(asyncio.Protocol):
    """One connection to the receiver, which is kept open."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (request := _split(self._data)) is not None:
            head, body, self._data = request
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        status, answer = 200, b""
        if head.startswith(b"POST"):
            status = self._log.add(body)
        elif head.startswith(b"GET"):
            answer = render(self._log.by_chat)
        else:
            self._log.by_chat.clear()
        self._transport.write(
            b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n" % (status, len(answer)) + answer
        )


def _split(data: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Head, body and the rest, if there is a whole request."""
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return None
    _, named, value = head.lower().partition(b"content-length: ")
    length = int(value.partition(b"\r")[0]) if named else 0
    return None if len(rest) < length else (head, rest[:length], rest[length:])


async def post_bare(url: str) -> None:
    """Post the events on stdin, in order within a chat; print the seconds, and those of CPU."""
    chats = parse(sys.stdin.buffer.read())
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    connector = aiohttp.TCPConnector(limit_per_host=MOST_PER_RECEIVER)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def tell(events: Sequence[JsonObject]) -> None:
            for event in events:
                body, headers = event["body"].encode(), event["headers"]
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()

        start, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*map(tell, chats))
        print(time.perf_counter() - start, time.process_time() - cpu)


@contextmanager
def started(*arguments: str) -> Iterator[Target]:
    """A server in a process of its own, which is ended at the end."""
    command = [sys.executable, "-m", "benchmarks.webhooks", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = urlsplit(process.stdout.readline().strip())
        if url.hostname is None or url.port is None:
            raise SystemExit(f"{' '.join(arguments)}: it did not start")
        yield Target(url.hostname, url.port, process.pid)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


# Measuring


def measure(fails: float, rounds: int) -> Result:
    """That many rounds with one server; without failures, the bare client in turn with it."""
    result = Result()
    with ExitStack() as servers:
        emulator = servers.enter_context(started("serve"))
        receiver = servers.enter_context(started("receive", str(fails)))
        first = memory(emulator, "VmRSS")
        for number in range(rounds):
            receiver.ask(200, "DELETE", "/", KEY)
            result.simulating_ms.append(simulate(emulator, receiver))
            result.emulator.append(deliver(emulator))
            if number == 0:  # before anybody asks for the record, which is 5 MB
                result.mebibytes = first, memory(emulator, "VmHWM")
            record = ask(emulator, "GET", "webhooks/deliveries")["deliveries"]
            result.attempts = verify(record, parse(receiver.ask(200, "GET", "/", KEY)))
            if not fails:
                result.bare.append(deliver_bare(record, receiver))
    return result


def simulate(emulator: Target, receiver: Target) -> tuple[float, float]:
    """Chats in a fresh world whose clock stands, so that their webhooks wait for it.

    Returns how long one takes, in ms: of the first tenth, and of the last.
    """
    emulator.ask(204, "POST", "/_emulator/reset", KEY)
    ask(emulator, "POST", "clock/freeze")
    rule = {"kind": "webhook", "fault": "delay", "event_name": EVENTS[0], "delay_ms": HELD_S * 1000}
    ask(emulator, "POST", "faults", rule, 201)
    webhook = {"url": f"http://{receiver.host}:{receiver.port}/hook", "events": EVENTS}
    config = render({"name": "hooked", "evi_version": "3", "webhooks": [webhook]})
    config_id = parse(emulator.ask(201, "POST", "/v0/evi/configs", KEY, config))["id"]
    times = []
    for _ in range(CHATS):
        start = time.perf_counter()
        ask(emulator, "POST", "simulate", {"script": "weather", "config_id": config_id})
        times.append((time.perf_counter() - start) * 1000)
    if parse(receiver.ask(200, "GET", "/", KEY)):
        raise SystemExit("webhooks went out too early")
    return median(times[: CHATS // 10]), median(times[-CHATS // 10 :])


def deliver(emulator: Target) -> Round:
    """Let the clock go on until everything is delivered, retries too."""
    cpu, start = emulator.cpu_seconds(), time.perf_counter()
    ask(emulator, "POST", "clock/advance", {"seconds": HELD_S + RETRIES_S})
    passed, used = time.perf_counter() - start, emulator.cpu_seconds() - cpu
    count = CHATS * len(EVENTS)
    return Round(count / passed, used / count * 1e6)


def deliver_bare(record: Sequence[JsonObject], receiver: Target) -> Round:
    """The same bodies with the same headers, from a process that does nothing else."""
    chats: dict[str, list[JsonObject]] = defaultdict(list)
    for delivery in record:
        request = delivery["attempts"][0]["request"]
        chats[delivery["chat_id"]].append(request)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.webhooks",
            "bare",
            f"http://{receiver.host}:{receiver.port}",
        ],
        input=render(list(chats.values())),
        stdout=subprocess.PIPE,
        check=True,
    )
    passed, used = map(float, done.stdout.split())
    return Round(len(record) / passed, used / len(record) * 1e6)


def ask(target: Target, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """The answer of a control route."""
    text = b"" if body is None else render(body)
    return parse(target.ask(status, method, f"/_emulator/{path}", KEY, text))


def memory(target: Target, name: str) -> float:
    """MiB that the process has (VmRSS), or had at most (VmHWM)."""
    for line in Path(f"/proc/{target.pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no {name} in /proc")


def verify(record: Sequence[JsonObject], log: Mapping[str, Sequence[Sequence[Any]]]) -> int:
    """The number of attempts, once the record says exactly what the receiver saw."""
    told: dict[str, list[list[Any]]] = defaultdict(list)
    for delivery in record:
        if delivery["state"] != "delivered":
            raise SystemExit(f"not delivered: {delivery}")
        told[delivery["chat_id"]] += [
            [delivery["event_name"], attempt["status"]] for attempt in delivery["attempts"]
        ]
    for chat_id, seen in log.items():
        if told[chat_id] != seen:
            raise SystemExit(f"chat {chat_id}: recorded {told[chat_id]}, received {seen}")
        good = tuple(name for name, status in seen if status == 200)
        if good != EVENTS:
            raise SystemExit(f"chat {chat_id} was told of {good}")
    if len(log) != len(told) or len(log) != CHATS:
        raise SystemExit(f"{len(told)} chats recorded, {len(log)} received")
    return sum(map(len, log.values()))


# Report


def row(name: str, result: Result) -> list[str]:
    emulator = [each.per_second for each in result.emulator]
    bare = [each.per_second for each in result.bare]
    return [
        name,
        str(result.attempts),
        spread(emulator, 0),
        spread(bare, 0) if bare else "-",
        median_ratio(emulator, bare) if bare else "-",
        spread([each.cpu_us for each in result.emulator], 0),
        spread([each.cpu_us for each in result.bare], 0) if bare else "-",
        "{:.0f} / {:.0f}".format(*result.mebibytes),
    ]


def main() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the emulator is on the first core
    plain, failing = measure(0, ROUNDS), measure(FAILS, ROUNDS)
    print(
        f"{CHATS} chats with {len(EVENTS)} webhooks each, to one receiver; medians (quartiles) of "
        f"{ROUNDS} rounds.\nEvery event was delivered, in the order of its chat, and the record of "
        "attempts is what the receiver saw.\n"
    )
    head = [
        "the receiver fails", "attempts", "deliveries per s", "bare aiohttp", "emulator / bare",
        "CPU µs per delivery", "bare", "MiB at first / most",
    ]  # fmt: skip
    print_table(head, [row("never", plain), row("1 time in 10", failing)])
    first, last = map(median, zip(*plain.simulating_ms, *failing.simulating_ms, strict=True))
    print(f"\nSimulating one chat: {first:.1f} ms in an empty world, {last:.1f} ms after {CHATS}.")


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["serve"]:
            serve()
        case ["receive", fails]:
            uvloop.run(receive(float(fails)))
        case ["bare", url]:
            uvloop.run(post_bare(url))
