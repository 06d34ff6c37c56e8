"""Whether a server with many worlds answers as fast as one with a single world.

`.venv/bin/python -m benchmarks growth`.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, cycle

import uvloop

from benchmarks.figures import (
    Effort,
    Finding,
    at_least,
    median_ratio,
    print_table,
    ratios,
    spread,
)
from benchmarks.load import Ask, Slice, cpu_us, load, per_second
from benchmarks.messages import CHATS, CONFIG, CONFIGS, Make, request
from benchmarks.servers import CORES, Target, emulator, started, use_cores
from emulator.jsontext import render

WORLDS = 1_000


@dataclass
class Case:
    """One kind of request, to one world and to each of many in turn."""

    name: str
    asks: Sequence[Ask]
    slices: tuple[list[Slice], list[Slice]] = field(default_factory=lambda: ([], []))


def make_cases() -> list[Case]:
    return [
        Case("list-chats", [Ask(_pages(worlds), 200) for worlds in (1, WORLDS)]),
        Case("create-config", [Ask(_configs(worlds), 201) for worlds in (1, WORLDS)]),
    ]


def _pages(worlds: int) -> Make:
    return cycle(
        [request("GET", CHATS, key=f"world-{number}") for number in range(worlds)]
    ).__next__


def _configs(worlds: int) -> Make:
    """Each time one with a new name, in the next world."""
    numbers = count()

    def make() -> bytes:
        number = next(numbers)
        body = render({**CONFIG, "name": f"Weather {number:06}"})
        return request("POST", CONFIGS, body, f"world-{number % worlds}")

    return make


async def measure(case: Case, targets: Sequence[Target], slices: int, seconds: float) -> None:
    turns = list(zip(targets, case.asks, case.slices, strict=True))
    for target, ask, _ in turns:
        await load(target, ask, seconds)  # every world is there after it
    for _ in range(slices):
        for target, ask, found in turns:
            found.append(await load(target, ask, seconds))
        turns.reverse()


def run(effort: Effort) -> list[Finding]:
    slices, seconds = effort.of(8, 4), effort.of(0.8, 0.4)
    cases = make_cases()
    use_cores(CORES[-1])
    with ExitStack() as servers:
        targets = [servers.enter_context(started(emulator())) for _ in range(2)]
        for number in range(WORLDS):
            targets[1].ask(200, "GET", CHATS, f"world-{number}")
        for case in cases:
            uvloop.run(measure(case, targets, slices, seconds))
        memory = [target.mebibytes() for target in targets]
    print(f"1 world, and {WORLDS:,}: {slices} slices of {seconds:g} s each in turn\n")
    rows = []
    for case in cases:
        one, many = case.slices
        rows.append(
            [
                case.name,
                *(spread(per_second(slices), 0) for slices in (one, many)),
                median_ratio(per_second(many), per_second(one)),
                *(spread(cpu_us(slices), 1) for slices in (one, many)),
                median_ratio(cpu_us(one), cpu_us(many)),
            ]
        )
    head = ["case", "per s, 1", f"{WORLDS:,}", "ratio", "CPU µs, 1", f"{WORLDS:,}", "ratio"]
    print_table(head, rows)
    print("Memory in the end: {:.0f} MiB with one world, {:.0f} MiB with all.\n".format(*memory))
    return [
        at_least(
            f"{case.name}, {WORLDS:,} worlds / 1",
            ratios(cpu_us(case.slices[0]), cpu_us(case.slices[1])),
            0.95,
        )
        for case in cases
    ]
