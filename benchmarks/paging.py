"""Whether a page costs the same in a small world as in a large one, and what a world costs.

In one process and without sockets: `.venv/bin/python -m benchmarks.paging`.
"""

import asyncio
import gc
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from starlette.types import Message, Scope

from benchmarks.filling import (
    CONFIG_IDS,
    STATUSES,
    add_chats,
    add_events,
    chat_id,
    group_id,
    median_ratio,
    print_table,
    spread,
)
from emulator.jsontext import parse, render
from emulator.settings import Settings
from emulator.store.chats import ChatStore
from emulator.store.paging import Paging
from emulator.store.store import Store
from emulator.web.app import App
from emulator.world import Worlds

ROUNDS = 151
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


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling a world took."""

    store: Store
    seconds: float
    bytes_per_event: float
    json_per_event: float


def fill(store: Store, size: Size) -> Filled:
    """All chats and events of a size."""
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
    return Filled(store, time.perf_counter() - start, used, json)


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cases(size: Size) -> dict[str, list[str]]:
    """What is asked for, as URLs that are asked for in turn. Every page is full."""
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


async def measure_pages(app: App) -> list[list[str]]:
    """A row for each case: small and large in turn, the order swapped every round."""
    callers = {
        name: [Caller(app, size.name, cases(size)[name]) for size in (SMALL, LARGE)]
        for name in cases(SMALL)
    }
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in callers}
    for pair in callers.values():
        for caller in pair:
            await caller.check()
            await caller.microseconds(CALLS)
    for round in range(ROUNDS):
        for name, pair in callers.items():
            for which in (0, 1) if round % 2 else (1, 0):
                times[name][which].append(await pair[which].microseconds(CALLS))
    return [
        [name, spread(small, 1), spread(large, 1), median_ratio(large, small)]
        for name, (small, large) in times.items()
    ]


def measure_worlds(store: Store) -> list[str]:
    """What a world on that seed costs, in ms: the first, the others, and their first writes."""
    worlds = Worlds(store)
    first = milliseconds(worlds.get, "0")
    others = [milliseconds(worlds.get, str(number)) for number in range(1, 201)]
    chats, events = [], []
    for number in range(1, 10):
        store = worlds.get(str(number)).store
        chats.append(milliseconds(add_chat, store.chats))
        events.append(milliseconds(add_events, store.chats, ASKED, 1))
    return [f"{each:.3f}" for each in (first, median(others), median(chats), median(events))]


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


def main() -> None:
    app = App(Settings(seed="empty"))
    filled = {size.name: fill(app.worlds.get(size.name).store, size) for size in (SMALL, LARGE)}
    print(f"A page of {PAGE_SIZE}: µs per call, median (quartiles) of {ROUNDS} rounds\n")
    rows = asyncio.run(measure_pages(app))
    print_table(["case", "100 chats", "1,000,000 events", "ratio"], rows)
    print("\nA fresh world: ms\n")
    print_table(
        ["seed", "first world", "another", "its first chat", "first event of the long chat"],
        [[name, *measure_worlds(each.store)] for name, each in filled.items()],
    )
    large = filled["large"]
    print(
        f"\nMemory: {large.bytes_per_event:.0f} bytes per event stored, whose JSON has "
        f"{large.json_per_event:.0f} ({large.bytes_per_event / large.json_per_event:.2f} times). "
        f"Filling took {large.seconds:.0f} s."
    )


if __name__ == "__main__":
    main()
