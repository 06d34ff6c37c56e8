"""Measures streamed speech, beside a bare application that streams the same bytes.

And beside the MP3 encoder alone; how much memory it takes, and how long others wait meanwhile:
`.venv/bin/python -m benchmarks speech`.
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks import speech_encoding, speech_memory
from benchmarks.figures import (
    Effort,
    Finding,
    at_least,
    at_most,
    median_ratio,
    print_table,
    ratios,
    spread,
)
from benchmarks.servers import CORES, Target, emulator, module, started, use_cores
from benchmarks.speech_client import Asker, Streamed
from benchmarks.speech_requests import FILE, LINES, asking, body, short
from emulator.jsontext import parse, render

MANY = 1000  # characters: a minute
MOST_TIMES_FIRST, LEAST_PER_CPU = 2.0, 0.5


def run(effort: Effort) -> list[Finding]:
    return [
        *streams(effort),
        *speech_encoding.run(effort),
        *speech_memory.run(effort),
    ]


@dataclass
class Case:
    """One kind of stream."""

    path: str
    format: str
    characters: int
    pieces: list[int] = field(default_factory=list)
    emulator: list[Streamed] = field(default_factory=list)
    bare: list[Streamed] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{short(self.path)}, {self.format}, {self.characters:,}"

    @property
    def request(self) -> bytes:
        return asking(self.path, self.characters, self.format)

    def rates(self, slices: Sequence[Streamed]) -> list[float]:
        """Return the MB that are sent per second of the server's CPU."""
        return [sum(self.pieces) / each.cpu_ms / 1000 for each in slices]

    def rates_cells(self) -> Sequence[str]:
        """Both rates and their ratio, unless answers are so short that little else is measured."""
        if self.characters < MANY:
            return "", "", ""
        ours, bare = self.rates(self.emulator), self.rates(self.bare)
        return spread(ours, 0), spread(bare, 0), median_ratio(ours, bare)


def make_cases(effort: Effort) -> list[Case]:
    cases = [Case(FILE, "pcm", 100), Case(FILE, "pcm", MANY), Case(LINES, "pcm", MANY)]
    return cases if effort.quick else [*cases, Case(LINES, "pcm", 100), Case(FILE, "mp3", MANY)]


def learn(case: Case, ours: Target, bare: Target) -> None:
    """Give the bare application the emulator's answer, in the same pieces."""
    asked = render(body(case.characters, case.format))
    pieces = ours.ask(200, "POST", LINES, body=asked).splitlines(keepends=True)
    if case.path == FILE:
        pieces = [b64decode(parse(line)["audio"]) for line in pieces]
        if b"".join(pieces) != ours.ask(200, "POST", FILE, body=asked):
            raise SystemExit("the lines have other audio than the file")
    case.pieces = [len(piece) for piece in pieces]
    bare.ask(204, "PUT", f"/pieces/{','.join(map(str, case.pieces))}", body=b"".join(pieces))


def measure(case: Case, ours: Target, bare: Target, slices: int, seconds: float) -> None:
    """Both in turn."""
    learn(case, ours, bare)
    askers = [
        (Asker(target, case.request, case.pieces[0]), found)
        for target, found in ((ours, case.emulator), (bare, case.bare))
    ]
    for asker, _ in askers:
        asker.slice(seconds / 2)
    for _ in range(slices):
        for asker, found in askers:
            found.append(asker.slice(seconds))
        askers.reverse()
    for asker, _ in askers:
        asker.close()


def streams(effort: Effort) -> list[Finding]:
    """Streams of one client at a time."""
    slices, seconds = effort.of(8, 3), effort.of(0.6, 0.4)
    cases = make_cases(effort)
    with ExitStack() as servers:
        ours = servers.enter_context(started(emulator()))
        bare = servers.enter_context(started(module("apps.bare")))
        use_cores(CORES[-1])
        for case in cases:
            measure(case, ours, bare, slices, seconds)
    print(
        f"Streams of one client, {slices} slices of {seconds:g} s each in turn; medians "
        "(quartiles). Of the times\nto the first chunk in a slice, the fastest tenth counts. Sizes "
        "are in characters of text.\n"
    )
    print_table(
        ["stream", "first chunk, ms", "bare", "ratio", "MB per CPU s", "bare", "ratio"],
        [
            [
                case.name,
                spread(_first(case.emulator)),
                spread(_first(case.bare)),
                median_ratio(_first(case.emulator), _first(case.bare)),
                *case.rates_cells(),
            ]
            for case in cases
        ],
    )
    return [finding for case in cases if case.format == "pcm" for finding in _findings(case)]


def _findings(case: Case) -> Iterator[Finding]:
    first = ratios(_first(case.emulator), _first(case.bare))
    yield at_most(f"first chunk / bare ASGI: {case.name}", first, MOST_TIMES_FIRST)
    if case.characters >= MANY and case.path == FILE:
        rate = ratios(case.rates(case.emulator), case.rates(case.bare))
        yield at_least(f"per CPU second / bare ASGI: {case.name}", rate, LEAST_PER_CPU)


def _first(slices: Sequence[Streamed]) -> list[float]:
    return [each.first_ms for each in slices]
