"""Measures a turn of a chat, beside an echo of the same bytes on the same server.

With and without audio, with one chat and with many: `.venv/bin/python -m benchmarks chat`.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import uvloop

from benchmarks.chat_client import ChatClient, connect
from benchmarks.figures import Effort, Finding, at_most, median_ratio, print_table, ratios, spread
from benchmarks.servers import CORES, Target, emulator, module, started, use_cores
from emulator.jsontext import render

WITHOUT_AUDIO = ("--audio-output", "false")
MOST_TIMES = 3.0
MANY = 1_000


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns in one slice of time."""

    per_second: float
    cpu_us: float  # of the server, per turn


@dataclass
class Case:
    """So many chats, with or without audio."""

    name: str
    chats: int
    flags: Sequence[str]
    frames: list[str] = field(default_factory=list)  # of a turn
    emulator: list[Turns] = field(default_factory=list)
    echo: list[Turns] = field(default_factory=list)


async def measure(case: Case, ours: Target, echo: Target, slices: int, seconds: float) -> None:
    """Both in turn, on connections that are kept open."""
    ours_chats = [await connect(ours.port) for _ in range(case.chats)]
    await asyncio.gather(*(chat.begun for chat in ours_chats))
    case.frames = [await ours_chats[0].turn() for _ in range(3)][-1]
    echo.ask(204, "PUT", "/frames", body=render(case.frames))
    echo_chats = [await connect(echo.port) for _ in range(case.chats)]
    turns = [(ours, ours_chats, case.emulator), (echo, echo_chats, case.echo)]
    for target, chats, _ in turns:
        await take_turns(target, chats, seconds / 2)
    for _ in range(slices):
        for target, chats, found in turns:
            found.append(await take_turns(target, chats, seconds))
        turns.reverse()
    for chat in (*ours_chats, *echo_chats):
        chat.close()


async def take_turns(target: Target, chats: Sequence[ChatClient], seconds: float) -> Turns:
    """Every chat has one turn after the other, all at once."""
    cpu, start = target.cpu_seconds(), time.perf_counter()
    deadline = start + seconds
    counts = await asyncio.gather(*(chat.turns_until(deadline) for chat in chats))
    passed, used = time.perf_counter() - start, target.cpu_seconds() - cpu
    return Turns(sum(counts) / passed, used / sum(counts) * 1e6)


def run(effort: Effort) -> list[Finding]:
    slices, seconds = effort.of(6, 3), effort.of(0.8, 0.4)
    many = effort.of(MANY, 100)
    cases = [
        Case(f"{chats:,} chat{'s' * (chats > 1)}, {name}", chats, flags)
        for name, flags in (("without audio", WITHOUT_AUDIO), ("with audio", ()))
        for chats in (1, many)
        if not (effort.quick and chats > 1 and not flags)
    ]
    use_cores(CORES[-1])
    for case in cases:
        with ExitStack() as servers:
            ours = servers.enter_context(started(emulator(*case.flags)))
            echo = servers.enter_context(started(module("apps.bare")))
            uvloop.run(measure(case, ours, echo, slices, seconds))
    report(cases, slices, seconds)
    return [
        at_most(
            f"chat turn / echo, {case.name}",
            ratios(_cpu(case.emulator), _cpu(case.echo)),
            MOST_TIMES,
        )
        for case in cases
        if case.flags
    ]


def report(cases: Sequence[Case], slices: int, seconds: float) -> None:
    print(
        f"Turns of text, {slices} slices of {seconds:g} s each in turn; medians (quartiles). The "
        "ratio is\nthat of the CPU times, emulator / echo.\n"
    )
    rows = [
        [
            case.name,
            f"{len(case.frames)} frames, {sum(map(len, case.frames)) / 1000:.1f} kB",
            spread(_rate(case.emulator), 0),
            spread(_rate(case.echo), 0),
            median_ratio(_rate(case.emulator), _rate(case.echo)),
            spread(_cpu(case.emulator), 0),
            spread(_cpu(case.echo), 0),
            median_ratio(_cpu(case.emulator), _cpu(case.echo)),
        ]
        for case in cases
    ]
    print_table(
        ["chats", "a turn", "turns per s", "echo", "emulator / echo", "CPU µs", "echo", "ratio"],
        rows,
    )


def _rate(turns: Sequence[Turns]) -> list[float]:
    return [each.per_second for each in turns]


def _cpu(turns: Sequence[Turns]) -> list[float]:
    return [each.cpu_us for each in turns]
