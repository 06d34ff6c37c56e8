"""Measures expression sockets: many streams of audio at once, in real time, on one core.

Beside a bare WebSocket that sends the same frames back:
`.venv/bin/python -m benchmarks expression`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import quantiles

import uvloop

from benchmarks.expression_client import (
    CYCLE,
    FRAME_MS,
    MESSAGES_IN_CYCLE,
    EchoedStream,
    Stream,
    connect,
)
from benchmarks.figures import Effort, Finding, at_most, print_table, ratios, spread
from benchmarks.servers import CORES, Target, emulator, module, started, use_cores

STREAMS = 100
MOST_BEHIND_MS, MOST_GROWTH_KB = 20.0, 10.0
_FLAGS = ("--journal-limit", "1000")  # which is full after the first round
_AHEAD_S = 0.1  # in which all streams are told when to begin


@dataclass
class Side:
    """Measurements of one server, round by round."""

    late_ms: list[float] = field(default_factory=list)  # the 99th percentile
    middle_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)  # of a frame
    messages: int = 0
    missing: int = 0


@dataclass
class Found:
    """Measurements of both servers."""

    ours: Side = field(default_factory=Side)
    echo: Side = field(default_factory=Side)
    kb: list[float] = field(default_factory=list)  # of the emulator, per stream, after each round

    @property
    def behind_ms(self) -> list[float]:
        """How much later the emulator's 99th percentile is than the echo's."""
        return [
            ours - echo for ours, echo in zip(self.ours.late_ms, self.echo.late_ms, strict=True)
        ]

    @property
    def growth_kb(self) -> float:
        """The growth of a stream's share of the memory in the later half of the rounds."""
        return self.kb[-1] - self.kb[(len(self.kb) - 1) // 2]


def run(effort: Effort) -> list[Finding]:
    rounds, cycles = effort.of(4, 2), effort.of(2, 1)
    use_cores(CORES[-1])
    with ExitStack() as servers:
        ours = servers.enter_context(started(emulator(*_FLAGS)))
        echo = servers.enter_context(started(module("apps.bare")))
        found = uvloop.run(measure(ours, echo, rounds, cycles))
    report(found, rounds, cycles)
    late = f"{STREAMS} audio streams, 99th percentile behind an echo"
    growth = f"{STREAMS} audio streams, growth of a stream in the later rounds"
    return [
        at_most(late, found.behind_ms, MOST_BEHIND_MS, "ms"),
        at_most(growth, [found.growth_kb], MOST_GROWTH_KB, "KB"),
    ]


def report(found: Found, rounds: int, cycles: int) -> None:
    seconds = cycles * CYCLE * FRAME_MS / 1000
    per_second = 1000 // FRAME_MS
    print(
        f"{STREAMS} streams at once, each {per_second} frames of {FRAME_MS} ms a second, beside an "
        f"echo of the same frames:\n{rounds} rounds of {seconds:g} s in turn, "
        f"{found.ours.messages} messages. Late is what passes from the frame with which an\n"
        "utterance begins, has lasted 3 s or is over until the message about it; of the echo, "
        "until that\nframe is back.\n"
    )
    head = ["server", "late, median, ms", "99th percentile", "CPU of a frame, µs", "of a core"]
    rows = [
        [
            name,
            spread(side.middle_ms, 1),
            spread(side.late_ms, 1),
            spread(side.cpu_us, 0),
            f"{max(side.cpu_us) * STREAMS * per_second / 1e4:.0f}%",
        ]
        for name, side in (("emulator", found.ours), ("echo", found.echo))
    ]
    print_table(head, rows)
    print(
        f"Ratio of the CPU: {spread(ratios(found.ours.cpu_us, found.echo.cpu_us))}. Memory of a "
        f"stream: {found.kb[0]:.0f} KB after {seconds:g} s,\n{found.kb[-1]:.0f} KB after "
        f"{seconds * rounds:g} s, with its share of a journal of 1,000 entries. Messages that did "
        f"not come: {found.ours.missing}.\n"
    )


async def measure(ours: Target, echo: Target, rounds: int, cycles: int) -> Found:
    """Both in turn, on sessions that are kept open."""
    found = Found()
    await _speak_once(ours)
    before_kb = ours.mebibytes() * 1024
    streams: Sequence[Stream] = [Stream() for _ in range(STREAMS)]
    echoed: Sequence[Stream] = [EchoedStream() for _ in range(STREAMS)]
    for port, sessions in ((ours.port, streams), (echo.port, echoed)):
        for session in sessions:
            await connect(port, session)
    for _ in range(rounds):
        await _round(echo, echoed, cycles, found.echo)
        await _round(ours, streams, cycles, found.ours)
        found.kb.append((ours.mebibytes() * 1024 - before_kb) / STREAMS)
    for session in (*streams, *echoed):
        session.close()
    return found


async def _speak_once(ours: Target) -> None:
    """Have all loaded that a session needs."""
    session = Stream()
    await connect(ours.port, session)
    await session.speak(asyncio.get_running_loop().time(), 1)
    session.close()


async def _round(target: Target, streams: Sequence[Stream], cycles: int, side: Side) -> None:
    """Let all streams speak at once, their frames spread over 100 ms, their cycles over a cycle."""
    cpu_s = target.cpu_seconds()
    begin = asyncio.get_running_loop().time() + _AHEAD_S
    spread_s = CYCLE * FRAME_MS / 1000 / len(streams)
    talks = [
        stream.speak(begin + number * spread_s, cycles) for number, stream in enumerate(streams)
    ]
    frames = sum(await asyncio.gather(*talks))
    side.cpu_us.append((target.cpu_seconds() - cpu_s) / frames * 1e6)
    late_ms = [ms for stream in streams for ms in stream.take_late_ms()]
    cuts = quantiles(late_ms, n=100, method="inclusive")
    side.late_ms.append(cuts[98])
    side.middle_ms.append(cuts[49])
    side.messages += len(late_ms)
    side.missing += frames // CYCLE * MESSAGES_IN_CYCLE - len(late_ms)
