"""Measures phone calls: many at once, each with 50 messages of sound a second.

Beside a bare WebSocket that sends the same messages back, and what a message costs in one process:
`.venv/bin/python -m benchmarks phone`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import quantiles

import uvloop

from benchmarks import phone_messages, phone_sound
from benchmarks.figures import Effort, Finding, at_most, print_table, ratios, spread
from benchmarks.phone_client import Caller, EchoedCaller, connect
from benchmarks.phone_messages import CALL_PATH, CYCLE, PER_SECOND, CallMessages
from benchmarks.servers import CORES, Target, emulator, module, started, use_cores
from emulator.twilio.messages import FRAME_MS

CALLS = 100
MOST_LATE_MS, MOST_CPU_US, MOST_KB = 20.0, 80.0, 150.0
_THINKING_MS = 200  # of the assistant, from the end of a turn to the first sound of the answer
_FLAGS = ("--first-audio", f"{_THINKING_MS}ms")
_FORM = "application/x-www-form-urlencoded"
_AHEAD_S = 0.05  # in which all calls are told when to begin
_WARMING = 10  # calls that come first, so that all is loaded that a call needs


@dataclass
class Side:
    """Measurements of one server, round by round."""

    late_ms: list[float] = field(default_factory=list)  # the 99th percentile
    middle_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)  # of a message
    turns: int = 0
    unanswered: int = 0


@dataclass
class Found:
    """Measurements of both servers."""

    ours: Side = field(default_factory=Side)
    echo: Side = field(default_factory=Side)
    kb: list[float] = field(default_factory=list)  # of the emulator, per call, after each round

    @property
    def behind_ms(self) -> list[float]:
        return [
            ours - echo for ours, echo in zip(self.ours.late_ms, self.echo.late_ms, strict=True)
        ]


def run(effort: Effort) -> list[Finding]:
    return [*calls_at_once(effort), *phone_sound.run(effort)]


def calls_at_once(effort: Effort) -> list[Finding]:
    """Calls that speak in real time, and an echo of their messages."""
    rounds, turns = effort.of(3, 1), effort.of(3, 2)
    use_cores(CORES[-1])
    with ExitStack() as servers:
        ours = servers.enter_context(started(emulator(*_FLAGS)))
        echo = servers.enter_context(started(module("apps.bare")))
        found = uvloop.run(measure(ours, echo, rounds, turns))
    report(found, rounds, turns)
    return [
        at_most(f"{CALLS} calls, answers behind an echo", found.behind_ms, MOST_LATE_MS, "ms"),
        at_most(f"{CALLS} calls, CPU of a media message", found.ours.cpu_us, MOST_CPU_US, "µs"),
        at_most(f"{CALLS} calls, memory of a call, {turns} turns", found.kb[:1], MOST_KB, "KB"),
    ]


def report(found: Found, rounds: int, turns: int) -> None:
    seconds = (turns + 1) * CYCLE * FRAME_MS / 1000
    print(
        f"{CALLS} calls at once, each {PER_SECOND} messages a second, beside an echo of the same "
        f"messages: {rounds} rounds of\n{seconds:g} s in turn, {found.ours.turns} turns. Late is "
        "what passes from the message that ends a turn to the first\nsound of the answer, without "
        f"the {_THINKING_MS} ms of thinking; of the echo, until that message is back.\n"
    )
    head = ["server", "late, median, ms", "99th percentile", "CPU of a message, µs", "of a core"]
    rows = [
        [
            name,
            spread(side.middle_ms, 1),
            spread(side.late_ms, 1),
            spread(side.cpu_us, 0),
            f"{max(side.cpu_us) * CALLS * PER_SECOND / 1e4:.0f}%",
        ]
        for name, side in (("emulator", found.ours), ("echo", found.echo))
    ]
    print_table(head, rows)
    print(
        f"Ratio of the CPU: {spread(ratios(found.ours.cpu_us, found.echo.cpu_us))}. Memory of a "
        f"call: {found.kb[0]:.0f} KB after {seconds:g} s,\n{found.kb[-1]:.0f} KB after "
        f"{seconds * rounds:g} s, with its share of the journal. Turns without an answer: "
        f"{found.ours.unanswered}.\n"
    )


async def measure(ours: Target, echo: Target, rounds: int, turns: int) -> Found:
    """Both in turn, on connections that are kept open."""
    found = Found()
    warming = await _place_calls(ours, range(_WARMING))
    await _talk(warming, 1)
    _hang_up(warming)
    before_kb = ours.mebibytes() * 1024
    calls: Sequence[Caller] = await _place_calls(ours, range(_WARMING, _WARMING + CALLS))
    echoed = [EchoedCaller(CallMessages(number)) for number in range(CALLS)]
    for each in echoed:
        await connect(echo.port, each)
    for _ in range(rounds):
        await _round(echo, echoed, turns, found.echo)
        await _round(ours, calls, turns, found.ours)
        found.kb.append((ours.mebibytes("VmHWM") * 1024 - before_kb) / CALLS)
    _hang_up(calls)
    _hang_up(echoed)
    return found


async def _place_calls(ours: Target, numbers: Sequence[int]) -> list[Caller]:
    """Post calls as Twilio does, and connect to their streams."""
    calls = []
    for number in numbers:
        twiml = ours.ask(
            200, "POST", CALL_PATH, body=phone_messages.form(number), content_type=_FORM
        )
        path = phone_messages.stream_path(twiml)
        calls.append(Caller(path, CallMessages(number), _THINKING_MS))
        await connect(ours.port, calls[-1])
    return calls


def _hang_up(calls: Sequence[Caller]) -> None:
    for call in calls:
        call.close()


async def _round(target: Target, calls: Sequence[Caller], turns: int, side: Side) -> None:
    cpu_s = target.cpu_seconds()
    messages = await _talk(calls, turns)
    side.cpu_us.append((target.cpu_seconds() - cpu_s) / messages * 1e6)
    late_ms = [ms for call in calls for ms in call.take_late_ms()]
    cuts = quantiles(late_ms, n=100, method="inclusive")
    side.late_ms.append(cuts[98])
    side.middle_ms.append(cuts[49])
    side.turns += len(late_ms)
    side.unanswered = sum(call.unanswered for call in calls)


async def _talk(calls: Sequence[Caller], turns: int) -> int:
    """Let all calls speak at once; return how many messages they send.

    Their turns are evenly spread over a cycle, and their messages over 20 ms.
    """
    begin, count = asyncio.get_running_loop().time() + _AHEAD_S, len(calls)
    talks = [
        call.talk(begin + number / count * FRAME_MS / 1000, number * CYCLE // count, turns)
        for number, call in enumerate(calls)
    ]
    return sum(await asyncio.gather(*talks))
