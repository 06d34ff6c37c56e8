"""Several emulators behind HAProxy: that it works, and what it is good for.

`.venv/bin/python -m benchmarks.scaling [--quick]`; docs/scaling.md says how it is set up.
"""

import argparse
import asyncio
import json
import os
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, cycle
from statistics import median
from typing import Any

import httpx
import uvloop
from websockets.sync.client import connect

from benchmarks.chat_client import ChatClient
from benchmarks.figures import (
    Effort,
    Finding,
    at_least,
    median_ratio,
    print_findings,
    print_table,
    ratios,
    spread,
)
from benchmarks.load import CONNECTIONS, Ask, load
from benchmarks.messages import CHATS, CONFIG, CONFIGS, Make, request
from benchmarks.servers import CORES, HOST, ROOT, Command, Target, emulator, module, started
from emulator.jsontext import JsonObject, parse, render

CONFIGURATION = ROOT / "examples" / "scaling" / "haproxy.cfg"
HEALTH = "/_emulator/health"
SIMULATE = "/_emulator/simulate"
SERVER_HEADER = "X-EVI-Emulator-Server"
WORLDS = 64  # that load is spread over
CHATS_OPEN = 32
GRANT = {"grant_type": "client_credentials"}
EVENTS = ["chat_started", "chat_ended"]
WAIT_S = 10
FAIR_SHARE = 0.3  # of the worlds, at least, for each of two emulators
PROCESSES = ("emulators", "HAProxy", "client")
DIRECT, ONE, TWO = "no HAProxy", "1 emulator", "2 emulators"
MISSING = (
    "haproxy is not installed; on Debian it is in the package haproxy: apt-get install haproxy"
)


@dataclass(frozen=True, slots=True)
class Setup:
    """One address, and what is behind it."""

    name: str
    address: Target
    emulators: Sequence[Target]
    balancer: Target | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Load in one slice of time."""

    per_second: float
    cpu_us: Sequence[float]  # per request or turn: of PROCESSES


Work = Callable[[Setup, float], Coroutine[Any, Any, Slice]]  # for so many seconds


@dataclass
class Case:
    """One kind of load, and what came of it by setup."""

    name: str
    work: Work
    slices: dict[str, list[Slice]] = field(default_factory=dict)

    def per_second(self, setup: str) -> list[float]:
        return [each.per_second for each in self.slices[setup]]

    def cpu_us(self, setup: str) -> list[float]:
        """Medians."""
        return list(map(median, zip(*(each.cpu_us for each in self.slices[setup]), strict=True)))


class Watch:
    """Measures what the processes of a setup use from now on."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._start = time.perf_counter()
        self._before = self._cpu_seconds()

    def _cpu_seconds(self) -> list[float]:
        behind = sum(each.cpu_seconds() for each in self._setup.emulators)
        between = self._setup.balancer.cpu_seconds() if self._setup.balancer else 0.0
        return [behind, between, time.process_time()]

    def slice(self, per_second: float) -> Slice:
        done = per_second * (time.perf_counter() - self._start)
        used = zip(self._cpu_seconds(), self._before, strict=True)
        return Slice(per_second, [(after - before) / done * 1e6 for after, before in used])


def find_haproxy() -> str | None:
    """Debian has it where only root's PATH leads."""
    return shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def balancer(program: str, emulators: Sequence[Target]) -> Command:
    """HAProxy with the example's configuration, in front of two emulators or twice the same."""
    ports = [each.port for each in emulators]
    addresses = [
        f"EMULATOR_{number}={HOST}:{port}" for number, port in enumerate((ports * 2)[:2], 1)
    ]
    return lambda port: [
        "env", f"BALANCER={HOST}:{port}", *addresses, program, "-db", "-f", str(CONFIGURATION),
    ]  # fmt: skip


def keys(number: int) -> list[str]:
    return [f"world-{each}" for each in range(number)]


def owner(client: httpx.Client, key: str) -> str:
    """The name of the emulator that has the key's world."""
    answer = client.get("/_emulator/clock", headers={"X-Hume-Api-Key": key})
    return str(answer.headers[SERVER_HEADER])


def browse(address: Target) -> httpx.Client:
    return httpx.Client(base_url=f"http://{HOST}:{address.port}", trust_env=False)


# That it works


def verify(address: Target, receiver: Target, number: int) -> Counter[str]:
    """How many worlds each emulator has, once all that each did was found to be right."""
    receiver.ask(200, "DELETE", "/")
    owners: Counter[str] = Counter()
    chats = []
    with browse(address) as client:
        for key in keys(number):
            config_id = verify_rest(client, key, f"http://{HOST}:{receiver.port}/hook")
            verify_speech(client, key)
            chats.append(verify_chat(client, address.port, key, config_id))
            owners[owner(client, key)] += 1
    log = parse(receiver.ask(200, "GET", "/"))
    expected = {chat: [[event, 200] for event in EVENTS] for chat in chats}
    check(log == expected, f"webhooks: expected {expected}, received {log}")
    fewest = min(owners.values()) if len(owners) == 2 else 0
    check(fewest >= FAIR_SHARE * number, f"unfair: {owners}")
    return owners


def verify_rest(client: httpx.Client, key: str, hook: str) -> str:
    """The id of a config that was created with a key, and found with all that stands for it."""
    own = {"X-Hume-Api-Key": key}
    config = {"name": key, "evi_version": "3", "webhooks": [{"url": hook, "events": EVENTS}]}
    created = answered(client.post(CONFIGS, json=config, headers=own), 201)
    basic = answered(client.post("/oauth2-cc/token", data=GRANT, auth=(key, "secret")), 200)
    form = {**GRANT, "client_id": key, "client_secret": "secret"}
    formed = answered(client.post("/oauth2-cc/token", data=form), 200)
    tokens = [basic["access_token"], formed["access_token"]]
    ways: list[tuple[str, dict[str, str]]] = [("", own), (f"&api_key={key}", {})]
    ways += [("", {"Authorization": f"Bearer {token}"}) for token in tokens]
    ways += [(f"&access_token={token}", {}) for token in tokens]
    for query, headers in ways:
        found = answered(client.get(f"{CONFIGS}?name={key}{query}", headers=headers), 200)
        ids = [each["id"] for each in found["configs_page"]]
        check(ids == [created["id"]], f"{key} with {query or headers}: {ids}")
    return str(created["id"])


def verify_speech(client: httpx.Client, key: str) -> None:
    """Speech that is said with a token makes a voice with the key, which the token then finds."""
    token = client.post("/oauth2-cc/token", data=GRANT, auth=(key, "secret")).json()["access_token"]
    bearer, text = {"Authorization": f"Bearer {token}"}, [{"text": "Good morning."}]
    said = answered(client.post("/v0/tts", json={"utterances": text}, headers=bearer), 200)
    generation_id = said["generations"][0]["generation_id"]
    own, voice = {"api_key": key}, {"name": key, "generation_id": generation_id}
    made = answered(client.post("/v0/tts/voices", json=voice, params=own), 200)
    listed = answered(client.get("/v0/tts/voices?provider=CUSTOM_VOICE", headers=bearer), 200)
    check(made["id"] in [each["id"] for each in listed["voices_page"]], f"{key}: {listed}")


def verify_chat(client: httpx.Client, port: int, key: str, config_id: str) -> str:
    """The id of a chat that had a turn and an end, and whose last webhook was sent."""
    url = f"ws://{HOST}:{port}/v0/evi/chat?api_key={key}&config_id={config_id}"
    with connect(url, proxy=None) as socket:
        chat_id = str(json.loads(socket.recv(WAIT_S))["chat_id"])
        socket.send(json.dumps({"type": "user_input", "text": "Hello."}))
        while json.loads(socket.recv(WAIT_S))["type"] != "assistant_end":
            pass
    own = {"X-Hume-Api-Key": key}
    wanted = f"kind=webhook&event_name={EVENTS[-1]}&chat_id={chat_id}&timeout={WAIT_S}"
    sent = answered(client.get(f"/_emulator/journal/wait?{wanted}", headers=own), 200)
    check(len(sent["entries"]) == 1, f"{key}: {sent}")
    chat = answered(client.get(f"/v0/evi/chats/{chat_id}", headers=own), 200)
    check(chat["status"] == "USER_ENDED", f"{key}: {chat['status']}")
    return chat_id


def answered(response: httpx.Response, status: int) -> JsonObject:
    check(response.status_code == status, f"{response.request.url}: {response.text[:500]}")
    content: JsonObject = response.json()
    return content


def check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise SystemExit(otherwise)


# What it is good for


def shared_keys(address: Target) -> list[str]:
    """Keys whose worlds are in one emulator and in the other in turn, since few split unevenly."""
    parts: dict[str, list[str]] = defaultdict(list)
    with browse(address) as client:
        for key in keys(4 * WORLDS):
            parts[owner(client, key)].append(key)
    pairs = list(zip(*parts.values(), strict=False))[: WORLDS // 2]
    check(len(pairs) == WORLDS // 2, "too few worlds are in one of them")
    return [key for pair in pairs for key in pair]


def asking(make: Make, status: int, fills: Sequence[str] = ()) -> Work:
    """Requests; the worlds that they fill are fresh ones each time."""

    async def work(setup: Setup, seconds: float) -> Slice:
        renew(setup, fills)
        watch = Watch(setup)
        return watch.slice((await load(setup.address, Ask(make, status), seconds)).per_second)

    return work


def renew(setup: Setup, worlds: Sequence[str]) -> None:
    """Those worlds are as the seed is, and are there."""
    with browse(setup.address) as client:
        for key in worlds:
            own = {"X-Hume-Api-Key": key}
            client.delete("/_emulator/world", headers=own).raise_for_status()
            client.get(CHATS, headers=own).raise_for_status()


def pages(worlds: Sequence[str]) -> Make:
    return cycle([request("GET", CHATS, key=key) for key in worlds]).__next__


def simulations(worlds: Sequence[str]) -> Make:
    body = render({"script": "weather"})
    return cycle([request("POST", SIMULATE, body, key) for key in worlds]).__next__


def configs(worlds: Sequence[str]) -> Make:
    """Each with a new name, in the next world."""
    numbers, next_world = count(), cycle(worlds).__next__

    def make() -> bytes:
        body = render({**CONFIG, "name": f"Weather {next(numbers):06}"})
        return request("POST", CONFIGS, body, next_world())

    return make


async def open_chat(port: int, key: str) -> ChatClient:
    """A chat in a world of its own."""
    loop = asyncio.get_running_loop()
    _, chat = await loop.create_connection(lambda: ChatClient(api_key=key), HOST, port)
    await chat.begun
    return chat


def talking(worlds: Sequence[str]) -> Work:
    """Turns of text, each world's in a chat that is open already."""

    async def work(setup: Setup, seconds: float) -> Slice:
        chats = [await open_chat(setup.address.port, key) for key in worlds]
        watch, start = Watch(setup), time.perf_counter()
        counts = await asyncio.gather(*(chat.turns_until(start + seconds) for chat in chats))
        found = watch.slice(sum(counts) / (time.perf_counter() - start))
        for chat in chats:
            chat.close()
        return found

    return work


async def measure(case: Case, setups: Sequence[Setup], slices: int, seconds: float) -> None:
    """Slices of all setups in turn, begun with another one each time."""
    for setup in setups:
        await case.work(setup, seconds / 2)
    for number in range(slices):
        first = number % len(setups)
        for setup in (*setups[first:], *setups[:first]):
            case.slices.setdefault(setup.name, []).append(await case.work(setup, seconds))


def run(effort: Effort) -> list[Finding]:
    """Nothing where HAProxy is missing."""
    program = find_haproxy()
    if program is None:
        print(f"Left out: {MISSING}\n", flush=True)
        return []
    number, slices, seconds = effort.of(60, 30), effort.of(5, 2), effort.of(0.6, 0.4)
    with ExitStack() as servers:

        def start(command: Command) -> Target:
            return servers.enter_context(started(command, HEALTH, pinned=False))

        emulators = [start(emulator("--audio-output", "false")) for _ in range(2)]
        one, two = (start(balancer(program, emulators[:behind])) for behind in (1, 2))
        report_worlds(verify(two, start(module("apps.receiver", "0")), number))
        setups = [
            Setup(DIRECT, emulators[0], emulators[:1]),
            Setup(ONE, one, emulators[:1], one),
            Setup(TWO, two, emulators, two),
        ]
        worlds = shared_keys(two)
        cases = [
            Case("list-chats", asking(pages(worlds), 200)),
            Case("create-config", asking(configs(worlds), 201, worlds)),
            Case("turn of a chat", talking(worlds[:CHATS_OPEN])),
            Case("simulate", asking(simulations(worlds), 200, worlds)),
        ]
        for case in cases:
            uvloop.run(measure(case, setups, slices, seconds))
    report(cases, slices, seconds)
    return findings(cases)


def report_worlds(owners: Counter[str]) -> None:
    parts = " and ".join(f"{owners[name]} in {name}" for name in sorted(owners))
    print(
        f"{owners.total()} worlds, {parts}: each was found by header, query and both kinds of "
        "token,\nhad a voice and a chat, and each of its webhooks came once.\n",
        flush=True,
    )


def report(cases: Sequence[Case], slices: int, seconds: float) -> None:
    print(
        f"{WORLDS} worlds, half of them in each of two emulators, {CONNECTIONS} connections or "
        f"{CHATS_OPEN} chats; {slices} slices of\n{seconds:g} s each in turn, medians (quartiles). "
        f"The ratios are those to one emulator behind HAProxy.\nCPU is µs per request or turn. 'At "
        f"best' follows from it: what {len(CORES)} cores allow.\n"
    )
    rows = []
    for case in cases:
        below = case.per_second(ONE)
        for name in case.slices:
            rate = case.per_second(name)
            rows.append(
                [
                    case.name,
                    name,
                    spread(rate, 0),
                    median_ratio(rate, below) if name != ONE else "1",
                    f"{at_best(case):.2f}" if name == TWO else "",
                    *(f"{time:.0f}" for time in case.cpu_us(name)),
                ]
            )
    columns = [f"CPU, {name}" for name in PROCESSES]
    print_table(["load", "behind HAProxy", "per s", "ratio", "at best", *columns], rows)
    carried = ", ".join(f"{case.name} {carried_by_one_core(case):.1f}" for case in cases)
    print(f"Emulators that a core of HAProxy keeps busy: {carried}.\n")


def at_best(case: Case) -> float:
    """Two emulators over one, where all processes share the cores and none can use two."""

    def fastest(setup: str, emulators: int) -> float:
        behind, between, client = case.cpu_us(setup)
        total = behind + between + client
        return min(emulators / behind, 1 / between, 1 / client, len(CORES) / total)

    return fastest(TWO, 2) / fastest(ONE, 1)


def carried_by_one_core(case: Case) -> float:
    behind, between, _ = case.cpu_us(TWO)
    return behind / between


def findings(cases: Sequence[Case]) -> list[Finding]:
    """Of what costs HAProxy and the client next to nothing: for the rest two cores are too few."""
    simulate = cases[-1]
    gains = ratios(simulate.per_second(TWO), simulate.per_second(ONE))
    return [at_least("simulate, 2 emulators / 1", gains, 1.5)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.scaling")
    parser.add_argument("--quick", action="store_true", help="20 s, and more noise")
    effort = Effort(parser.parse_args().quick)
    if find_haproxy() is None:
        raise SystemExit(MISSING)
    print_findings(run(effort))


if __name__ == "__main__":
    main()
