"""How fast webhooks go out, and whether the record of them is true.

The emulator and a bare aiohttp client post the same events to the same receiver, in turn:
`.venv/bin/python -m benchmarks webhooks`.
"""

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.figures import Effort, Finding, at_least, median_ratio, print_table, spread
from benchmarks.servers import CORES, HOST, Target, emulator, module, started, use_cores
from emulator.jsontext import JsonObject, parse, render

EVENTS = ("chat_started", "tool_call", "chat_ended")
FAILS = 0.1  # of the requests, where the receiver is to fail
HELD_S = 1  # how long the first event of each chat is held back
RETRIES_S = 60  # more than all retries of three events take
KEY = "webhooks"


@dataclass(frozen=True, slots=True)
class Round:
    """One sending of all events."""

    per_second: float
    cpu_us: float  # of the sender, per event


@dataclass
class Result:
    """Measurements with one server."""

    simulating_ms: list[tuple[float, float]] = field(default_factory=list)  # as `simulate` says
    emulator: list[Round] = field(default_factory=list)
    bare: list[Round] = field(default_factory=list)
    attempts: int = 0
    mebibytes: tuple[float, float] = (0, 0)  # of the server: at the start, and at most


# Measuring


def measure(fails: float, rounds: int, chats: int) -> Result:
    """That many rounds with one server; without failures, the bare client in turn with it."""
    result = Result()
    with ExitStack() as servers:
        # Ids that are the same in each run, so that the same requests fail.
        ours = servers.enter_context(started(emulator("--seed", "empty", "--random-seed", "1")))
        receiver = servers.enter_context(started(module("apps.receiver", str(fails)), pinned=False))
        first = ours.mebibytes()
        for number in range(rounds):
            receiver.ask(200, "DELETE", "/", KEY)
            result.simulating_ms.append(simulate(ours, receiver, chats))
            result.emulator.append(deliver(ours, chats))
            if number == 0:  # before anybody asks for the record, which is 5 MB
                result.mebibytes = first, ours.mebibytes("VmHWM")
            record = ask(ours, "GET", "webhooks/deliveries")["deliveries"]
            result.attempts = verify(record, parse(receiver.ask(200, "GET", "/", KEY)), chats)
            if not fails:
                result.bare.append(deliver_bare(record, receiver))
    return result


def simulate(ours: Target, receiver: Target, chats: int) -> tuple[float, float]:
    """Chats in a fresh world whose clock stands, so that their webhooks wait for it.

    Returns how long one takes, in ms: of the first tenth, and of the last.
    """
    ours.ask(204, "POST", "/_emulator/reset", KEY)
    ask(ours, "POST", "clock/freeze")
    rule = {"kind": "webhook", "fault": "delay", "event_name": EVENTS[0], "delay_ms": HELD_S * 1000}
    ask(ours, "POST", "faults", rule, 201)
    webhook = {"url": f"http://{HOST}:{receiver.port}/hook", "events": EVENTS}
    config = render({"name": "hooked", "evi_version": "3", "webhooks": [webhook]})
    config_id = parse(ours.ask(201, "POST", "/v0/evi/configs", KEY, config))["id"]
    times = []
    for _ in range(chats):
        start = time.perf_counter()
        ask(ours, "POST", "simulate", {"script": "weather", "config_id": config_id})
        times.append((time.perf_counter() - start) * 1000)
    if parse(receiver.ask(200, "GET", "/", KEY)):
        raise SystemExit("webhooks went out too early")
    return median(times[: chats // 10]), median(times[-chats // 10 :])


def deliver(ours: Target, chats: int) -> Round:
    """Let the clock go on until everything is delivered, retries too."""
    cpu, start = ours.cpu_seconds(), time.perf_counter()
    ask(ours, "POST", "clock/advance", {"seconds": HELD_S + RETRIES_S})
    passed, used = time.perf_counter() - start, ours.cpu_seconds() - cpu
    count = chats * len(EVENTS)
    return Round(count / passed, used / count * 1e6)


def deliver_bare(record: Sequence[JsonObject], receiver: Target) -> Round:
    """The same bodies with the same headers, from a process that does nothing else."""
    chats: dict[str, list[JsonObject]] = defaultdict(list)
    for delivery in record:
        request = delivery["attempts"][0]["request"]
        chats[delivery["chat_id"]].append(request)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.apps.sender", f"http://{HOST}:{receiver.port}"],
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


def verify(
    record: Sequence[JsonObject], log: Mapping[str, Sequence[Sequence[Any]]], chats: int
) -> int:
    """The number of attempts, once the record says exactly what the receiver saw."""
    told: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for delivery in record:
        if delivery["state"] != "delivered":
            raise SystemExit(f"not delivered: {delivery}")
        statuses = [attempt["status"] for attempt in delivery["attempts"]]
        told[delivery["chat_id"]][delivery["event_name"]] = statuses
    for chat_id, rows in log.items():
        seen: dict[str, list[int]] = {}
        for name, status in rows:
            seen.setdefault(name, []).append(status)
        if told[chat_id] != seen:
            raise SystemExit(f"chat {chat_id}: recorded {told[chat_id]}, received {seen}")
        if tuple(seen) != EVENTS:  # by their first attempts: a retry waits for nobody
            raise SystemExit(f"chat {chat_id} was told of {tuple(seen)}, in this order")
    if len(log) != len(told) or len(log) != chats:
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


def run(effort: Effort) -> list[Finding]:
    rounds, chats = effort.of(3, 1), effort.of(1_000, 300)
    use_cores(CORES[-1])
    plain, failing = measure(0, rounds, chats), measure(FAILS, rounds, chats)
    print(
        f"{chats} chats with {len(EVENTS)} webhooks each, to one receiver; medians (quartiles) of "
        f"{rounds} rounds.\nEvery event was delivered, at first attempt in the order of its chat, "
        "and the record of attempts is what the receiver saw.\n"
    )
    head = [
        "the receiver fails", "attempts", "deliveries per s", "bare aiohttp", "emulator / bare",
        "CPU µs per delivery", "bare", "MiB at first / most",
    ]  # fmt: skip
    print_table(head, [row("never", plain), row("1 time in 10", failing)])
    first, last = map(median, zip(*plain.simulating_ms, *failing.simulating_ms, strict=True))
    print(f"Simulating one chat: {first:.1f} ms in an empty world, {last:.1f} ms after {chats}.\n")
    return [
        at_least(name, [each.per_second for each in result.emulator], 1000, "per s")
        for name, result in (("webhooks", plain), ("webhooks, 1 in 10 fails", failing))
    ]
