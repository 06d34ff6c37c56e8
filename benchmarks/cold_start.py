"""How long a server takes to its first answer, and how much memory it then has.

From the start of its process to an answered request, each server in turn, on both cores:
`.venv/bin/python -m benchmarks cold_start`.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from benchmarks.environment import Environment, prepare
from benchmarks.figures import (
    Effort,
    Finding,
    ahead,
    at_most,
    median_ratio,
    print_table,
    ratios,
    spread,
)
from benchmarks.http import make_cases
from benchmarks.messages import CHATS
from benchmarks.peers import Peer, installed, peers, starlette
from benchmarks.servers import NotStarted, emulator, started

SETTLES_S = 0.3  # from the first answer to the look at its memory
MOST_IDLE_MIB = 47
MOST_TIMES = 1.35


@dataclass
class Measured:
    """Measurements of one server, round by round."""

    milliseconds: list[float] = field(default_factory=list)
    mebibytes: list[float] = field(default_factory=list)


def measure(server: Peer) -> tuple[float, float]:
    """One start: ms to the first answer, and MiB of it."""
    begin = time.perf_counter()
    with started(server.command, server.path, pinned=False, folder=server.folder) as target:
        passed = time.perf_counter() - begin
        time.sleep(SETTLES_S)
        return passed * 1000, target.mebibytes()


def run(effort: Effort, environment: Environment | None = None) -> list[Finding]:
    environment = environment or prepare()
    with ExitStack() as servers:
        cases = make_cases(servers.enter_context(started(emulator())))
    others = peers(environment, {case.name: case.answer for case in cases})
    base, ours = starlette(), installed()
    checkout = Peer("emulator, from a checkout", emulator())
    measured = {server.name: Measured() for server in (ours, checkout, base, *others)}
    # The emulator beside Starlette, more often than the others: they are further away.
    for _ in range(effort.of(11, 3)):
        _add(measured, (ours, checkout, base))
    for _ in range(effort.of(3, 1)):
        _add(measured, others)
    report(measured, base)
    times = {name: each.milliseconds for name, each in measured.items()}
    memory = {name: each.mebibytes for name, each in measured.items()}
    names = [peer.name for peer in others if times[peer.name]]
    first = median(times[ours.name])
    return [
        at_most(
            "cold start / bare Starlette", ratios(times[ours.name], times[base.name]), MOST_TIMES
        ),
        ahead("cold start, ms", first, {name: median(times[name]) for name in names}, less=True),
        at_most("idle memory", memory[ours.name], MOST_IDLE_MIB, "MiB"),
    ]


def _add(measured: dict[str, Measured], servers: Sequence[Peer]) -> None:
    for server in servers:
        try:
            milliseconds, mebibytes = measure(server)
        except NotStarted as error:
            print(f"Left out: {server.name}: {error}", flush=True)
            continue
        measured[server.name].milliseconds.append(milliseconds)
        measured[server.name].mebibytes.append(mebibytes)


def report(measured: dict[str, Measured], base: Peer) -> None:
    print(f"To the first answer, and {SETTLES_S} s later; the emulator's is {CHATS}\n")
    beside = measured[base.name].milliseconds
    rows = [
        [
            name,
            spread(each.milliseconds, 0),
            median_ratio(each.milliseconds, beside)
            if len(each.milliseconds) == len(beside)
            else f"{median(each.milliseconds) / median(beside):.1f}",
            spread(each.mebibytes, 0),
        ]
        for name, each in measured.items()
        if each.milliseconds
    ]
    print_table(["server", "cold start, ms", "/ bare Starlette", "idle MiB"], rows)
