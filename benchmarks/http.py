"""Measures answers per second, beside a bare application that sends the same bytes.

And beside what a user would pick instead: `.venv/bin/python -m benchmarks http`.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

import uvloop

from benchmarks.environment import Environment, prepare
from benchmarks.figures import (
    Effort,
    Finding,
    ahead,
    at_least,
    median_ratio,
    print_table,
    ratios,
    spread,
)
from benchmarks.load import CONNECTIONS, Ask, Slice, cpu_us, load, per_second
from benchmarks.messages import (
    CHATS,
    CONFIG,
    CONFIGS,
    ONE_PROBLEM,
    SIX_PROBLEMS,
    TWO_FIELDS,
    WRITTEN_KEY,
    always,
    new_configs,
)
from benchmarks.peers import CREATE, INVALID, LIST, Peer, peers
from benchmarks.servers import (
    API_KEY,
    CORES,
    NotStarted,
    Target,
    emulator,
    module,
    started,
    use_cores,
)
from emulator.jsontext import parse, render

EMULATOR, BARE = "emulator", "bare"
WARM_UP_SECONDS = 0.3
# Of the emulator over the bare application, in requests per second of the server's CPU.
AIMS = {LIST: 0.55, CREATE: 0.45, "create-config, 1 problem": 0.45, INVALID: 0.3}


@dataclass
class Case:
    """One kind of request; `answer` is what the emulator says to it."""

    name: str
    ask: Ask
    answer: bytes = b""
    slices: dict[str, list[Slice]] = field(default_factory=dict)  # by server


def make_cases(target: Target) -> list[Case]:
    """Return the cases to measure. The bare server repeats the emulator's answers."""
    prompt = {"name": "Weather prompt", "text": "You are a voice that tells the weather. " * 10}
    prompt = parse(target.ask(201, "POST", "/v0/evi/prompts", body=render(prompt)))
    with_prompt = {**CONFIG, "prompt": {"id": prompt["id"], "version": 0}}
    config = parse(target.ask(201, "POST", CONFIGS, body=render(with_prompt)))
    version = f"{CONFIGS}/{config['id']}/version/0"
    cases = [
        Case(LIST, Ask(always("GET", CHATS), 200)),
        Case("get-config-version", Ask(always("GET", version), 200)),
        Case(CREATE, Ask(new_configs(CONFIG), 201)),
        Case("create-config, 2 fields", Ask(new_configs(TWO_FIELDS), 201)),
        Case("create-config, 1 problem", Ask(always("POST", CONFIGS, render(ONE_PROBLEM)), 422)),
        Case(INVALID, Ask(always("POST", CONFIGS, render(SIX_PROBLEMS)), 422)),
    ]
    for case in cases:
        head, _, body = case.ask.make().partition(b"\r\n\r\n")
        method, path, _ = head.decode().split(" ", 2)
        key = case.name if body else API_KEY  # what is created has a world of its own
        case.answer = target.ask(case.ask.status, method, path, key, body)
    return cases


def start_peers(
    servers: ExitStack, environment: Environment, cases: Sequence[Case]
) -> dict[str, tuple[Peer, Target]]:
    """All that come up."""
    up = {}
    for peer in peers(environment, {case.name: case.answer for case in cases}):
        try:
            target = servers.enter_context(started(peer.command, peer.path, folder=peer.folder))
        except NotStarted as error:
            print(f"Left out: {peer.name}: {error}", flush=True)
        else:
            peer.fill(target)
            up[peer.name] = peer, target
    return up


async def measure(
    case: Case, turns: Sequence[tuple[str, Target, Ask]], slices: int, seconds: float
) -> None:
    """Slices of all servers in turn, begun with another one each time."""
    for name, target, ask in turns:
        await load(target, ask, WARM_UP_SECONDS if name in (EMULATOR, BARE) else seconds)
    for number in range(slices):
        for name, target, ask in (*turns[number % len(turns) :], *turns[: number % len(turns)]):
            if name == EMULATOR and case.ask.status == 201:
                target.ask(204, "POST", "/_emulator/reset", WRITTEN_KEY)
            case.slices.setdefault(name, []).append(await load(target, ask, seconds))


def run(effort: Effort, environment: Environment | None = None) -> list[Finding]:
    """Measure all cases, beside peers where they have the case, too."""
    environment = environment or prepare()
    slices, seconds = effort.of(6, 3), effort.of(0.8, 0.4)
    with ExitStack() as servers:
        ours = servers.enter_context(started(emulator()))
        bare = servers.enter_context(started(module("apps.bare")))
        use_cores(CORES[-1])
        cases = make_cases(ours)
        others = start_peers(servers, environment, cases)
        if effort.quick:
            cases = [case for case in cases if case.name in AIMS]
        for case in cases:
            bare.ask(case.ask.status, "PUT", f"/{case.ask.status}", body=case.answer)
            turns = [(EMULATOR, ours, case.ask), (BARE, bare, case.ask)]
            if not effort.quick or case.name == LIST:
                turns += [
                    (name, target, peer.asks[case.name])
                    for name, (peer, target) in others.items()
                    if case.name in peer.asks
                ]
            uvloop.run(measure(case, turns, slices, seconds))
    report(cases, slices, seconds)
    return findings(cases)


def report(cases: Sequence[Case], slices: int, seconds: float) -> None:
    print(
        f"{CONNECTIONS} connections, {slices} slices of {seconds:g} s each in turn; medians "
        "(quartiles).\nA ratio of 1 is the bare application.\n"
    )
    rows = []
    for case in cases:
        bare = case.slices[BARE]
        for name, ours in case.slices.items():
            rows.append(
                [
                    case.name,
                    name,
                    spread(per_second(ours), 0),
                    median_ratio(per_second(ours), per_second(bare)),
                    spread(cpu_us(ours), 0),
                    median_ratio(cpu_us(bare), cpu_us(ours)),
                    f"{median(each.busy for each in ours):.0%}",
                ]
            )
    print_table(["case", "server", "per s", "ratio", "CPU µs", "CPU ratio", "busy"], rows)


def findings(cases: Sequence[Case]) -> list[Finding]:
    """By the CPU of the servers, which other load on the machine changes least."""
    found = []
    for case in cases:
        medians = {name: median(cpu_us(each)) for name, each in case.slices.items()}
        if case.name in AIMS:
            ratio = ratios(cpu_us(case.slices[BARE]), cpu_us(case.slices[EMULATOR]))
            found.append(at_least(f"{case.name} / bare ASGI", ratio, AIMS[case.name]))
        ours = medians.pop(EMULATOR)
        del medians[BARE]
        if medians:
            found.append(ahead(f"{case.name}, CPU µs", ours, medians, less=True))
    return found
