"""Load that comes all at once: its cost, how long others wait, and the answer at the bound.

Each load has an emulator of its own, which has used each part that is loaded late. Another client
asks for its health all the while: its slowest answer is the longest pause of the event loop.
`.venv/bin/python -m benchmarks.bounds [--quick] [NAME ...]`
"""

import argparse
import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import httpx

from benchmarks.bound_rows import (
    HEALTH,
    MEGABYTE,
    Row,
    Table,
    answered,
    ask_each,
    browse,
    check,
    refusal,
    served,
    warm_up,
)
from benchmarks.bound_sockets import mirrors, the_end, unread, uploads
from benchmarks.figures import Effort, Finding, at_most, print_findings, print_table
from benchmarks.messages import CHATS, CONFIGS, request
from benchmarks.servers import CORES, HOST, module, started, use_cores
from emulator.jsontext import render

PAUSE_MS = 250  # the aim, on two cores that the load and others use, too
DELIVERIES = 10_000  # the settings' defaults
WORLDS = 10_000
EVENTS = 1_000_000
HOOKS = 5  # of the config, with two events each
WEBHOOKS_PER_CHAT = 2 * HOOKS


# Webhooks


def webhooks(table: Table, effort: Effort) -> None:
    """As many pending deliveries as a world keeps; then one more; then all are sent."""
    with ExitStack() as servers:
        receiver = servers.enter_context(started(module("apps.receiver", "0"), pinned=False))
        target, client = servers.enter_context(served())
        config_id = held_back(client, f"http://{HOST}:{receiver.port}")
        body = render({"user": ["Hello"], "config_id": config_id})
        simulate = request("POST", "/_emulator/simulate", body, "bounds")
        with table.row(f"{DELIVERIES:,} pending webhooks come", target) as row:
            ask_each(target, [simulate] * (DELIVERIES // WEBHOOKS_PER_CHAT), 200)
            ask_each(target, [simulate], 200)
            row.seen = too_many(client)
        with table.row("they are listed, with the journal", target) as row:
            listed = answered(client.get("/_emulator/webhooks/deliveries"), 200)
            entries = answered(client.get("/_emulator/journal"), 200)["entries"]
            row.seen = f"{len(listed['deliveries']):,} deliveries, {len(entries):,} entries"
        with table.row("they are sent", target) as row:
            answered(client.delete("/_emulator/faults"), 204)
            answered(client.post("/_emulator/clock/advance", json={"ms": 1000}), 200)
            left = answered(client.post("/_emulator/webhooks/drain"), 200)
            row.seen = f"{left['pending']} are pending"


def held_back(client: httpx.Client, receiver: str) -> str:
    """The id of a config whose webhooks wait for a clock that stands."""
    answered(client.post("/_emulator/clock/freeze"), 200)
    rule = {"kind": "webhook", "fault": "delay", "event_name": "chat_started", "delay_ms": 1000}
    answered(client.post("/_emulator/faults", json=rule), 201)
    events = ["chat_started", "chat_ended"]
    hooks = [{"url": f"{receiver}/{number}", "events": events} for number in range(HOOKS)]
    config = {"evi_version": "3", "name": "Bounds", "webhooks": hooks}
    return str(answered(client.post(CONFIGS, json=config), 201)["id"])


def too_many(client: httpx.Client) -> str:
    """Return the journal's words about the deliveries beyond the limit."""
    entries = answered(client.get("/_emulator/journal?kind=webhook"), 200)["entries"]
    errors = {entry["error"] for entry in entries}
    check(len(entries) == WEBHOOKS_PER_CHAT and len(errors) == 1, f"{entries[-3:]}")
    return f"the next fail at once: {errors.pop()}"


# Worlds


def worlds(table: Table, effort: Effort) -> None:
    """As many keys as a server takes, and one more."""
    with served() as (target, client):
        asked = (request("GET", CHATS, key=f"world-{number}") for number in range(WORLDS))
        with table.row(f"{WORLDS:,} worlds, a list in each", target) as row:
            ask_each(target, asked, 200)
            row.seen = f"the next key: {refusal(client.get(CHATS), 429)}"
        with table.row("their list, their metrics, their contract report", target) as row:
            for path in ("worlds", "metrics", "contract?worlds=all"):
                client.get(f"/_emulator/{path}", headers={"X-Hume-Api-Key": "world-1"})
            row.seen = "all are counted"


# Events


def events(table: Table, effort: Effort) -> None:
    """A world with as many events as it takes."""
    number = effort.of(EVENTS, EVENTS // 10)
    filled = module("apps.filled", str(number))
    with started(filled, HEALTH) as target, browse(target) as client:
        warm_up(client)
        chats = answered(client.get(f"{CHATS}&page_size=100"), 200)["chats_page"]
        with table.row(f"{number:,} events: pages of them", target) as row:
            for chat in chats[:20]:
                answered(client.get(f"/v0/evi/chats/{chat['id']}?page_size=100"), 200)
            body = {"user": ["Hello"]}
            more = client.post("/_emulator/simulate", json=body)
            row.seen = f"the next chat: {refusal(more, 429)}"
        with table.row("their snapshot", target) as row:
            size = sum(map(len, read_slowly(client, "/_emulator/snapshot")))
            row.seen = f"{size // MEGABYTE:,} MB"
        with table.row("a reset", target) as row:
            answered(client.post("/_emulator/reset"), 204)
            row.seen = "they are gone"


def read_slowly(client: httpx.Client, path: str) -> Iterator[bytes]:
    """The pieces of an answer, of which none is kept."""
    with client.stream("GET", path) as response:
        check(response.status_code == 200, f"{path}: {response.status_code}")
        yield from response.iter_raw()


LOADS: Mapping[str, Callable[[Table, Effort], Any]] = {
    "webhooks": webhooks,
    "mirrors": mirrors,
    "events": events,
    "worlds": worlds,
    "unread": unread,
    "uploads": uploads,
    "end": the_end,
}


def run(effort: Effort, names: Sequence[str] = ()) -> list[Finding]:
    """Measure every load, or those of that name, and keep the calmer of two runs of each."""
    rounds = [measure(names or list(LOADS), effort) for _ in range(effort.of(2, 1))]
    rows = [min(runs, key=lambda row: row.pause_ms) for runs in zip(*rounds, strict=True)]
    report(rows)
    slowest = max(filter(_has_aim, rows), key=lambda row: row.pause_ms, default=None)
    if slowest is None:
        return []
    return [at_most(f"longest pause: {slowest.load}", [slowest.pause_ms], PAUSE_MS, "ms")]


def _has_aim(row: Row) -> bool:
    """True except for snapshots: Python reads the JSON of one in a single step."""
    return "snapshot" not in row.load


def measure(names: Sequence[str], effort: Effort) -> list[Row]:
    table = Table()
    use_cores(*CORES[1:])
    for name in names:
        done = LOADS[name](table, effort)
        if asyncio.iscoroutine(done):
            asyncio.run(done)
    use_cores(*CORES)
    return table.rows


def report(rows: Sequence[Row]) -> None:
    head = ["load", "s", "CPU s", "MiB before", "MiB at most", "longest pause, ms", "seen"]
    print(
        "Each load comes to an emulator of its own, on a core of its own. The longest pause is\n"
        "the slowest answer that another client got when it asked for health, in the calmer of\n"
        "two runs.\n"
    )
    print_table(head, [row.cells() for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.bounds", description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(LOADS))
    parser.add_argument("--quick", action="store_true", help="fewer events")
    arguments = parser.parse_args()
    print_findings(run(Effort(arguments.quick), arguments.names))


if __name__ == "__main__":
    main()
