"""Measures the memory of worlds that are used.

In one process, by tracemalloc: `.venv/bin/python -m benchmarks busy_worlds`. Each world has 100
requests, a chat of three turns with sound, and 20 webhooks.
"""

import asyncio
import gc
import sys
import tracemalloc
from collections.abc import Iterator

from benchmarks.figures import Effort, Finding, at_most, print_table
from benchmarks.in_process import Asker, living
from benchmarks.messages import CONFIG, CONFIGS, ONE_PROBLEM
from benchmarks.servers import HOST
from emulator.apis.evi.state import EviState
from emulator.journal.entries import FrameEntry, HttpEntry
from emulator.jsontext import parse, render
from emulator.outgoing.outbox import DELIVERED
from emulator.server import new_app
from emulator.waiting import until
from emulator.web.app import App
from emulator.world.snapshot import state_of
from emulator.world.world import World

LISTS, CREATED, READ, REFUSED = 69, 10, 10, 10  # requests, and one that creates the chat's config
TURNS = 3
RECEIVERS, EVENTS = 10, ("chat_started", "chat_ended")  # of each event
MOST_KB = 100.0
_WARMING = 3  # worlds that load what is loaded late


async def use(app: App, key: str, receiver: str) -> World:
    """Return a world after all its requests, its chat and its webhooks."""
    asker = Asker(app, key)
    hooks = [{"url": f"{receiver}/{number}", "events": EVENTS} for number in range(RECEIVERS)]
    hooked = render({**CONFIG, "name": "Hooked", "webhooks": hooks})
    config_id = parse(await asker.request("POST", CONFIGS, hooked, 201))["id"]
    await asker.list_chats(LISTS)
    await asker.create_config(CREATED)
    for _ in range(READ):
        await asker.request("GET", f"{CONFIGS}/{config_id}", b"", 200)
    for _ in range(REFUSED):
        await asker.request("POST", CONFIGS, render(ONE_PROBLEM), 422)
    await asker.turn_of_a_chat(TURNS, f"config_id={config_id}")
    world = app.worlds.get(key)
    outbox = world.outbox
    await until(outbox.watchers, lambda: outbox.pending == 0, None)
    states = [each.state for each in world.outbox.deliveries.values()]
    if states != [DELIVERED] * RECEIVERS * len(EVENTS):
        raise SystemExit(f"not all webhooks were delivered: {states}")
    return world


def kept_texts(world: World) -> Iterator[bytes]:
    """Yield the bodies, frames, payloads and events of chats that a world keeps."""
    for entry in world.journal.kept():
        if isinstance(entry, HttpEntry):
            yield from (entry.request or b"", entry.response)
        elif isinstance(entry, FrameEntry) and isinstance(entry.content, bytes):
            yield entry.content
    for delivery in world.outbox.deliveries.values():
        yield delivery.body
    seeded = state_of(world.seed.states, EviState).chats
    of_the_seed = set(map(id, seeded.all_events()))
    for event in world.state(EviState).chats.all_events():
        if id(event) not in of_the_seed:
            yield event


def size_of_texts(world: World) -> int:
    """Return the bytes of memory of what `kept_texts` yields; what is shared counts once."""
    return sum({id(text): sys.getsizeof(text) for text in kept_texts(world)}.values())


async def measure(count: int) -> tuple[float, float]:
    """Return the KB of a world, and those of its texts."""
    receiver = await asyncio.start_server(_receive, HOST, 0)
    url = f"http://{HOST}:{receiver.sockets[0].getsockname()[1]}"
    app = new_app()
    async with living(app):
        for number in range(_WARMING):
            await use(app, f"warming-{number}", url)
        gc.collect()
        tracemalloc.start()
        worlds = [await use(app, f"busy-{number}", url) for number in range(count)]
        gc.collect()
        each = tracemalloc.get_traced_memory()[0] / count / 1000
        tracemalloc.stop()
        texts = sum(map(size_of_texts, worlds)) / count / 1000
    receiver.close()
    return each, texts


async def _receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each webhook with 200."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def run(effort: Effort) -> list[Finding]:
    count = effort.of(200, 50)
    each, texts = asyncio.run(measure(count))
    print(
        f"Memory of a world after {1 + LISTS + CREATED + READ + REFUSED} requests ({LISTS} pages, "
        f"{1 + CREATED} created configs, {READ} read\nand {REFUSED} refused ones), a chat of "
        f"{TURNS} turns with sound, and {RECEIVERS * len(EVENTS)} webhooks: KB, mean of {count} "
        "worlds.\nTexts are the bodies, frames, payloads and events of chats; what a world keeps "
        "once for several entries\ncounts once.\n"
    )
    cells = [f"{kb:.1f}" for kb in (each, texts, each - texts)]
    print_table(["all", "of it texts", "besides"], [cells])
    return [at_most("memory of a busy world, besides its texts", [each - texts], MOST_KB, "KB")]
