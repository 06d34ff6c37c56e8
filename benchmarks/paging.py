"""Whether a page costs the same in a small world as in a large one, and what a world costs.

In one process and without sockets: `.venv/bin/python -m benchmarks paging`.
"""

import asyncio
import gc
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from starlette.types import Message, Scope

from benchmarks.figures import Effort, Finding, at_most, print_table, ratios, spread
from benchmarks.filling import (
    CONFIG_IDS,
    STATUSES,
    add_chats,
    add_events,
    chat_id,
    group_id,
)
from emulator.apis.evi.chat_store import ChatStore
from emulator.apis.evi.state import EviState
from emulator.jsontext import parse, render
from emulator.server import new_app
from emulator.settings import Settings
from emulator.store.paging import Paging
from emulator.web.app import App
from emulator.world.snapshot import Seed
from emulator.world.world import World
from emulator.world.worlds import Worlds

CALLS = 20  # per case, size and round
PAGE_SIZE = 10
ASKED = 0  # the chat whose events are asked for; it has far more than the others


@dataclass(frozen=True, slots=True)
class Size:
    """How much is in a world."""

    name: str
    chats: int
    events: int
    asked_events: int  # of the events, those of the chat that is asked for


SMALL = Size("small", 100, 1_000, 100)
LARGE = Size("large", 10_000, 1_000_000, 10_000)
LARGE_ENOUGH = Size("large", 2_000, 100_000, 10_000)  # for those in a hurry


@dataclass(frozen=True, slots=True)
class Filled:
    """The cost of filling a world."""

    world: World
    seconds: float
    bytes_per_event: float
    json_per_event: float


def fill(world: World, size: Size) -> Filled:
    """All chats and events of a size."""
    store = world.state(EviState)
    start = time.perf_counter()
    add_chats(store.chats, size.chats)
    gc.collect()
    before = resident_bytes()
    others, rest = divmod(size.events - size.asked_events, size.chats - 1)
    add_events(store.chats, ASKED, size.asked_events)
    for number in range(1, size.chats):
        add_events(store.chats, number, others + (number <= rest))
    used = (resident_bytes() - before) / size.events
    sample = store.chats.page_of_events(chat_id(ASKED), Paging(size=100)).items
    json = sum(len(render(event)) for event in sample) / len(sample)
    return Filled(world, time.perf_counter() - start, used, json)


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cases(size: Size) -> dict[str, list[str]]:
    """Return the cases, each with URLs to ask for in turn. Every page is full."""
    group = group_id(ASKED)
    of_both = f"&config_id={CONFIG_IDS[0]}&status={STATUSES[0]}"
    chats, events = "/v0/evi/chats", f"/v0/evi/chats/{chat_id(ASKED)}"
    group_events = f"/v0/evi/chat_groups/{group}/events"
    last_chat, last_event = size.chats // PAGE_SIZE - 1, size.asked_events // PAGE_SIZE - 1
    scattered = [last_chat * step // 9 for step in range(10)]
    return {
        "list-chats, first page": [page(chats, 0)],
        "list-chats, last page": [page(chats, last_chat)],
        "list-chats, ten pages in turn": [page(chats, number) for number in scattered],
        "list-chats, descending": [page(chats, 0, "&ascending_order=false")],
        "list-chats, of a config and status": [page(chats, 0, of_both)],
        "list-chats, the same, 2nd page, descending": [
            page(chats, 1, of_both + "&ascending_order=false")
        ],
        "list-chat-events, first page": [page(events, 0)],
        "list-chat-events, last page": [page(events, last_event)],
        "list-chat-group-events, first page": [page(group_events, 0)],
        "list-chat-group-events, last page": [page(group_events, last_event)],
        "list-chat-groups, first page": [page("/v0/evi/chat_groups", 0)],
        "list-chat-groups, last page": [page("/v0/evi/chat_groups", last_chat // 5)],
    }


def page(path: str, number: int, more: str = "") -> str:
    return f"{path}?page_number={number}&page_size={PAGE_SIZE}{more}"


class Caller:
    """Calls an application as a server would, without one."""

    def __init__(self, app: App, api_key: str, urls: Sequence[str]) -> None:
        self._app = app
        self._scopes = [_scope(url, api_key) for url in urls]
        self._messages: list[Message] = []

    async def check(self) -> None:
        """Refuse to measure anything but full pages."""
        for scope in self._scopes:
            self._messages.clear()
            await self._app(scope, _receive, self._send)
            start, body = self._messages
            answer = parse(body["body"])
            items = next((value for key, value in answer.items() if key.endswith("s_page")), ())
            if start["status"] != 200 or len(items) != PAGE_SIZE:
                raise SystemExit(f"{scope['path']}: not a full page: {answer}")

    async def microseconds(self, calls: int) -> float:
        """The mean CPU time of a call: what else runs on the machine counts less."""
        scopes = self._scopes * (calls // len(self._scopes))
        start = time.process_time()
        for scope in scopes:
            self._messages.clear()
            await self._app(scope, _receive, self._send)
        return (time.process_time() - start) / len(scopes) * 1e6

    async def _send(self, message: Message) -> None:
        self._messages.append(message)


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _scope(url: str, api_key: str) -> Scope:
    path, _, query = url.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1:8484"),
            (b"accept", b"*/*"),
            (b"accept-encoding", b"gzip, deflate"),
            (b"connection", b"keep-alive"),
            (b"user-agent", b"python-httpx/0.28.1"),
            (b"x-hume-api-key", api_key.encode()),
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8484),
    }


Times = dict[str, tuple[list[float], list[float]]]  # by case: µs in the small and the large world


async def measure_pages(app: App, large: Size, rounds: int) -> Times:
    """Small and large in turn, the order swapped every round."""
    callers = {
        name: [Caller(app, size.name, cases(size)[name]) for size in (SMALL, large)]
        for name in cases(SMALL)
    }
    times: Times = {name: ([], []) for name in callers}
    for pair in callers.values():
        for caller in pair:
            await caller.check()
            await caller.microseconds(CALLS)
    for round in range(rounds):
        for name, pair in callers.items():
            for which in (0, 1) if round % 2 else (1, 0):
                times[name][which].append(await pair[which].microseconds(CALLS))
    return times


def measure_worlds(world: World) -> list[float]:
    """Return the ms that worlds on that seed take: the first, others, and their first writes."""
    worlds = Worlds(Seed(world.user_id, world.states))
    first = milliseconds(worlds.get, "0")
    others = [milliseconds(worlds.get, str(number)) for number in range(1, 201)]
    chats, events = [], []
    for number in range(1, 10):
        chat_store = worlds.get(str(number)).state(EviState).chats
        chats.append(milliseconds(add_chat, chat_store))
        events.append(milliseconds(add_events, chat_store, ASKED, 1))
    return [first, median(others), median(chats), median(events)]


def add_chat(store: ChatStore) -> None:
    """A chat in a group of its own."""
    store.add_chat(
        {
            "id": "new",
            "chat_group_id": "new",
            "status": "ACTIVE",
            "start_timestamp": 1_730_000_000_000,
            "end_timestamp": None,
            "metadata": "",
        }
    )


def milliseconds(work: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - start) * 1000


def run(effort: Effort) -> list[Finding]:
    large, rounds = effort.of(LARGE, LARGE_ENOUGH), effort.of(101, 21)
    app = new_app(Settings(seed="empty"))
    small_world, large_world = (fill(app.worlds.get(size.name), size) for size in (SMALL, large))
    print(f"A page of {PAGE_SIZE}: µs per call, median (quartiles) of {rounds} rounds\n")
    times = asyncio.run(measure_pages(app, large, rounds))
    by_case = {name: ratios(above, below) for name, (below, above) in times.items()}
    print_table(
        ["case", f"{SMALL.events:,} events", f"{large.events:,} events", "ratio"],
        [
            [name, spread(below, 1), spread(above, 1), spread(by_case[name])]
            for name, (below, above) in times.items()
        ],
    )
    print("A fresh world: ms\n")
    fresh = {"small": measure_worlds(small_world.world), "large": measure_worlds(large_world.world)}
    print_table(
        ["seed", "first world", "another", "its first chat", "first event of the long chat"],
        [[name, *(f"{value:.3f}" for value in each)] for name, each in fresh.items()],
    )
    per_event, json = large_world.bytes_per_event, large_world.json_per_event
    print(
        f"Memory: {per_event:.0f} bytes per event stored, whose JSON has {json:.0f}. "
        f"Filling took {large_world.seconds:.0f} s.\n"
    )
    worst = max(
        (name for name in by_case if "events" in name), key=lambda name: median(by_case[name])
    )
    return [
        at_most(f"page of events, {large.events:,} events / {SMALL.events:,}", by_case[worst], 1.1),
        at_most("memory per stored event / its JSON", [per_event / json], 1.2),
        at_most("fresh world on the large seed", fresh["large"][:1], 1, "ms"),
        at_most("fresh world, large seed / small", [fresh["large"][1] / fresh["small"][1]], 1.5),
    ]
