"""Many chats at once that ask one model server, beside bare clients of it in the same run."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Protocol

import uvloop

from benchmarks.apps.model import LASTS_S, PER_SECOND, TOKENS
from benchmarks.chat_client import connect as connect_chat
from benchmarks.figures import Effort, Finding, at_most, print_table, spread
from benchmarks.model_client import connect as connect_bare
from benchmarks.servers import CORES, HOST, Target, emulator, module, started, use_cores
from emulator.jsontext import JsonObject, parse, render

CHATS = 500
MOST_BEHIND_MS, MOST_KB = 50.0, 100.0
TURNS = 2  # of each chat in a round, one right after the other
# All chats of a world share its journal, which has limits of its own: here it is soon full.
_FLAGS = ("--audio-output", "false", "--journal-limit", "100")
_WARMING = 20  # chats that come first, so that all is loaded that a chat needs


class Client(Protocol):
    """Says something, and waits for the whole answer."""

    async def say(self) -> None: ...


@dataclass
class Found:
    """Measurements, round by round."""

    ours_ms: list[float] = field(default_factory=list)  # the 99th percentile of turns
    bare_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)  # of the emulator, per turn
    kb: list[float] = field(default_factory=list)  # of the emulator, per chat; after one turn first

    @property
    def behind_ms(self) -> list[float]:
        return [ours - bare for ours, bare in zip(self.ours_ms, self.bare_ms, strict=True)]


def run(effort: Effort) -> list[Finding]:
    chats, rounds = effort.of(CHATS, 100), effort.of(4, 1)
    use_cores(CORES[-1])
    with ExitStack() as servers:
        model = servers.enter_context(started(module("apps.model")))
        ours = servers.enter_context(started(emulator(*_FLAGS)))
        found = uvloop.run(measure(ours, model, chats, rounds))
    print(
        f"{chats} chats at once, whose model streams {PER_SECOND} tokens a second, {len(TOKENS)} "
        f"in an answer, beside bare\nclients of it: {rounds} rounds of {TURNS} turns in turn; ms\n"
    )
    head = ["a turn, 99th percentile", "bare client", "behind it", "CPU of a turn", "KB of a chat"]
    row = [
        spread(found.ours_ms, 0),
        spread(found.bare_ms, 0),
        spread(found.behind_ms, 1),
        spread(found.cpu_ms),
        f"{found.kb[0]:.0f} after a turn, {found.kb[-1]:.0f} after {1 + TURNS * rounds}",
    ]
    print_table(head, [row])
    return [
        at_most(f"turn behind a bare client, {chats} chats", found.behind_ms, MOST_BEHIND_MS, "ms"),
        at_most(f"memory of a chat in its first turn, {chats} chats", found.kb[:1], MOST_KB, "KB"),
    ]


async def measure(ours: Target, model: Target, count: int, rounds: int) -> Found:
    """Both in turn, on connections that are kept open."""
    config_id = new_config(ours, f"http://{HOST}:{model.port}/chat/completions")
    await _warm_up(ours, config_id)
    found, before_kb = Found(), ours.mebibytes() * 1024
    bare = [await connect_bare(model.port) for _ in range(count)]
    chats = [await connect_chat(ours.port, config_id) for _ in range(count)]
    await asyncio.gather(*(chat.begun for chat in chats))

    def most_kb() -> float:
        return (ours.mebibytes("VmHWM") * 1024 - before_kb) / count

    await _slowest_ms(chats, 1)
    found.kb.append(most_kb())
    for _ in range(rounds):
        found.bare_ms.append(await _slowest_ms(bare))
        cpu_s = ours.cpu_seconds()
        found.ours_ms.append(await _slowest_ms(chats))
        found.cpu_ms.append((ours.cpu_seconds() - cpu_s) / count / TURNS * 1000)
    found.kb.append(most_kb())
    for client in bare:
        client.close()
    for chat in chats:
        chat.close()
    return found


def new_config(ours: Target, url: str) -> str:
    """Create a config that names a custom language model, and return its id."""
    model = {"model_provider": "CUSTOM_LANGUAGE_MODEL", "model_resource": url}
    body: JsonObject = {"evi_version": "3", "name": "With a model", "language_model": model}
    created = parse(ours.ask(201, "POST", "/v0/evi/configs", body=render(body)))
    return str(created["id"])


async def _warm_up(ours: Target, config_id: str) -> None:
    chats = [await connect_chat(ours.port, config_id) for _ in range(_WARMING)]
    await asyncio.gather(*(chat.begun for chat in chats))
    await _slowest_ms(chats)
    for chat in chats:
        chat.close()


async def _slowest_ms(clients: Sequence[Client], turns: int = TURNS) -> float:
    """Return the 99th percentile of the turns of all clients (ms).

    Each begins at a moment of its own, evenly spread over the length of an answer.
    """
    count = len(clients)
    talks = [_talk(client, place / count * LASTS_S, turns) for place, client in enumerate(clients)]
    times = [took_ms for talk in await asyncio.gather(*talks) for took_ms in talk]
    return quantiles(times, n=100, method="inclusive")[98]


async def _talk(client: Client, after_s: float, turns: int) -> list[float]:
    """Return what each turn of a client takes (ms)."""
    await asyncio.sleep(after_s)
    return [await _timed_ms(client.say) for _ in range(turns)]


async def _timed_ms(say: Callable[[], Awaitable[None]]) -> float:
    begin = time.perf_counter()
    await say()
    return (time.perf_counter() - begin) * 1000
