"""Whether an emulator bears a mixed load for long while everything breaks by chance.

`.venv/bin/python -m benchmarks.soak [--minutes 10]`. What goes wrong must have been asked for, and
memory must stay flat; else the exit code is 1.
"""

import argparse
import asyncio
import hmac
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.servers import HOST, Target, started
from emulator.faults.chaos import read_chaos
from emulator.ids import derived_random
from emulator.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

CHAOS = ",".join(
    (
        "http_5xx=.02,http_429=.02,http_reset=.01,http_lost=.01,http_truncated=.01,http_garbage=.01",
        "http_delay=.002,http_slow=.002",
        "ws_refuse=.02,ws_drop=.004,ws_half_frame=.002,ws_close=.002,ws_stall=.001,ws_error=.002",
        "ws_garbage=.005,ws_duplicate=.01,ws_reorder=.005,ws_delay=.0005",
        "webhook_duplicate=.1,webhook_reorder=.1,webhook_drop=.05,webhook_delay=.05",
        "webhook_stale_timestamp=.05,webhook_wrong_key=.05,webhook_tampered_body=.05",
        "webhook_missing_headers=.05",
    )
)
NAMES = [part.partition("=")[0] for part in CHAOS.split(",")]
HARMLESS = {"http_delay", "http_slow", "http_reset", "http_lost"}  # aiohttp asks again for a page
CORRUPTING = ("stale_timestamp", "wrong_key", "tampered_body", "missing_headers")
SIGNING_KEY = "soak"
WORKERS = 8  # each with a key, and so a world, of its own
PER_SECOND = 5  # tasks of each worker, at most
TASKS_BEFORE_RESET = 100
SHIFTS = 60  # a world draws the same after each reset, unless its rules are others
TURNS = 3
PATIENCE_S = 4  # below the 5 s of a delay
DRAIN_S = 30  # for the last webhooks
FLAT = 1.1  # the most that the last third may have, for 1 of the middle third
MOST_EXAMPLES = 10
SAMPLES_PER_S = 2


class Wrong(Exception):
    """Something was not as it should be; maybe it was asked for."""


@dataclass
class Report:
    """Counts of what happened; bounded, however long it takes."""

    done: Counter[str] = field(default_factory=Counter)
    asked_for: Counter[str] = field(default_factory=Counter)  # faults that struck
    seen: Counter[str] = field(default_factory=Counter)  # what clients saw of them
    unexpected: int = 0
    examples: list[str] = field(default_factory=list)
    mebibytes: list[float] = field(default_factory=list)

    def blame(self, what: str) -> None:
        self.unexpected += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(what)

    @property
    def is_flat(self) -> bool:
        """Whether the last third has at most a tenth more than the middle third."""
        third = len(self.mebibytes) // 3
        middle, last = self.mebibytes[third : 2 * third], self.mebibytes[2 * third :]
        return bool(middle) and max(last) <= FLAT * max(middle)


class Receiver:
    """Takes webhooks, and counts those whose signature is bad."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.bad = 0

    async def __call__(self, request: web.Request) -> web.Response:
        body = await request.read()
        stamp = request.headers.get(TIMESTAMP_HEADER, "")
        right = hmac.compare_digest(
            sign(body, stamp, SIGNING_KEY), request.headers.get(SIGNATURE_HEADER, "")
        )
        self._report.done["webhooks"] += 1
        self.bad += not right
        return web.Response()


class Worker:
    """One key: a task after the other, and after each a look at which faults struck."""

    def __init__(
        self, number: int, target: Target, hook: str, report: Report, http: aiohttp.ClientSession
    ) -> None:
        self._key = {"X-Hume-Api-Key": f"soak-{number}"}
        self._url = f"http://{HOST}:{target.port}"
        self._hook = hook
        self._report = report
        self._http = http
        self._draw = derived_random("soak", number)
        self._made = 0
        self._config_id = ""
        self._used: Counter[str] = Counter()  # by the rules, when last looked at

    async def work(self, until_s: float) -> None:
        """Tasks at a bounded rate until that time."""
        tasks: tuple[Callable[[], Awaitable[None]], ...] = (
            self._list, self._list, self._create, self._chat, self._chat, self._simulate
        )  # fmt: skip
        with suppress(Wrong):  # it is in the report
            await self._begin_anew()
        left = self._draw.randrange(TASKS_BEFORE_RESET)  # not all at once
        while (begun := time.perf_counter()) < until_s:
            with suppress(Wrong):
                await self._do(self._draw.choice(tasks))
                left -= 1
                if left <= 0:
                    await self._begin_anew()
                    left = TASKS_BEFORE_RESET
            await asyncio.sleep(max(0, begun + 1 / PER_SECOND - time.perf_counter()))

    async def _do(self, task: Callable[[], Awaitable[None]]) -> None:
        """A task whose error must have been asked for; and what broke must have been noticed."""
        name = getattr(task, "__name__", "task").strip("_")
        wrong = ""
        try:
            await task()
        except (Wrong, TimeoutError, OSError, ValueError, aiohttp.ClientError) as error:
            wrong = f"{type(error).__name__}: {error}"[:300]
        kind = "ws_" if name == "chat" else "http_"
        struck = [fault for fault in await self._struck() if fault.startswith(kind)]
        if wrong and struck:
            self._report.seen[f"{name}: {wrong.partition(':')[0]}"] += 1
        elif wrong:
            self._report.blame(f"{name}: {wrong}")
        elif kind == "http_" and struck and not HARMLESS & set(struck):
            self._report.blame(f"{name}: {struck} had no effect")

    async def _struck(self) -> list[str]:
        """The faults that struck since the last look."""
        rules = (await self._control("GET", "faults"))["faults"]
        used = Counter({name: rule["used"] for name, rule in zip(NAMES, rules, strict=True)})
        new = used - self._used
        self._used = used
        self._report.asked_for += new
        return list(new)

    # tasks

    async def _list(self) -> None:
        path = self._draw.choice(("configs", "chats", "chat_groups", "prompts", "tools"))
        page = await self._ask("GET", f"/v0/evi/{path}?page_size=10", 200)
        if page["page_size"] != 10:
            raise Wrong(f"no page of ten: {page}")

    async def _create(self) -> None:
        self._made += 1
        name = f"Config {self._made}"
        made = await self._ask("POST", "/v0/evi/configs", 201, {"evi_version": "3", "name": name})
        if made["name"] != name:
            raise Wrong(f"not what was asked for: {made}")

    async def _chat(self) -> None:
        address = f"{self._url}/v0/evi/chat"
        timeout = aiohttp.ClientWSTimeout(ws_close=1)
        async with self._http.ws_connect(address, headers=self._key, timeout=timeout) as socket:
            await self._hear(socket, "chat_metadata")
            for _ in range(TURNS):
                await socket.send_json({"type": "user_input", "text": "How is the weather?"})
                await self._hear(socket, "assistant_end")
        self._report.done["chats"] += 1

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse, last: str) -> None:
        """Frames up to the one of that type. Raises Wrong for what is none."""
        while True:
            message = await socket.receive(PATIENCE_S)
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise Wrong(f"closed with {socket.close_code}")
            kind = message.json()["type"]
            if kind == "error":
                raise Wrong(f"error frame: {message.data}")
            if kind == last:
                return

    async def _simulate(self) -> None:
        body = {"user": ["Hello", "Goodbye"], "config_id": self._config_id}
        await self._control("POST", "simulate", body)
        self._report.done["simulations"] += 1

    async def _begin_anew(self) -> None:
        """A world of the seed, and a config in it with a webhook."""
        await self._struck()
        await self._control("POST", "reset")
        await self._shift_draws()
        self._report.done["resets"] += 1
        webhook = {"url": self._hook, "events": ["chat_started", "chat_ended"]}
        body = {"evi_version": "3", "name": "hooked", "webhooks": [webhook]}
        for _ in range(20):  # it may break, too
            self._made += 1
            wanted = {**body, "name": f"Hooked {self._made}"}
            try:
                self._config_id = (await self._ask("POST", "/v0/evi/configs", 201, wanted))["id"]
            except (Wrong, TimeoutError, OSError, ValueError, aiohttp.ClientError) as error:
                if not await self._struck():
                    self._report.blame(f"create: {error}")
            else:
                return
        self._report.blame("twenty configs in a row could not be made")

    async def _shift_draws(self) -> None:
        """The rules of the chaos again, after some others that come and go."""
        passing = {"kind": "webhook", "fault": "drop", "event_name": "tool_call"}
        for _ in range(self._draw.randrange(SHIFTS)):
            await self._control("POST", "faults", passing)
        await self._control("DELETE", "faults")
        for rule in read_chaos(CHAOS):
            await self._control("POST", "faults", rule)
        self._used = Counter()

    async def finish(self) -> None:
        """Nothing is pending, and no chat is left over."""
        with suppress(Wrong):
            await self._control("POST", "webhooks/drain", patience_s=DRAIN_S)
        for _ in range(20):
            try:
                page = await self._ask("GET", "/v0/evi/chats?page_size=1&status=ACTIVE", 200)
            except (Wrong, TimeoutError, OSError, ValueError, aiohttp.ClientError):
                continue
            if page["chats_page"]:
                self._report.blame(f"a chat is left over: {page['chats_page'][0]}")
            break
        with suppress(Wrong):
            await self._struck()

    # asking

    async def _control(
        self, method: str, route: str, body: Any = None, patience_s: float = PATIENCE_S
    ) -> Any:
        """Ask a control route, which never breaks. Raises Wrong if it does."""
        try:
            return await self._ask(method, f"/_emulator/{route}", None, body, patience_s)
        except (TimeoutError, OSError, ValueError, aiohttp.ClientError) as error:
            self._report.blame(f"control route {route}: {type(error).__name__} {error}")
            raise Wrong(f"control route {route}") from None

    async def _ask(
        self,
        method: str,
        path: str,
        status: int | None,
        body: Any = None,
        patience_s: float = PATIENCE_S,
    ) -> Any:
        """The answer, which must have that status; None: any success. Raises Wrong."""
        self._report.done["requests"] += 1
        async with self._http.request(
            method,
            self._url + path,
            json=body,
            headers=self._key,
            timeout=aiohttp.ClientTimeout(total=patience_s),
        ) as answer:
            text = await answer.read()
            if answer.status != status if status else not answer.ok:
                if status is None:
                    self._report.blame(f"{method} {path}: {answer.status} {text[:300]!r}")
                raise Wrong(f"{method} {path}: {answer.status} {text[:300]!r}")
            return await answer.json() if text else None


async def soak(target: Target, seconds: float, report: Report) -> None:
    receiver, app = Receiver(report), web.Application()
    app.router.add_post("/hook", receiver)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    hook = f"http://{HOST}:{runner.addresses[0][1]}/hook"
    connector = aiohttp.TCPConnector(force_close=True)  # none waits that is closed by now
    async with aiohttp.ClientSession(connector=connector) as http:
        workers = [Worker(number, target, hook, report, http) for number in range(WORKERS)]
        watching = asyncio.create_task(_watch(target, report))
        until_s = time.perf_counter() + seconds
        await asyncio.gather(*(worker.work(until_s) for worker in workers))
        watching.cancel()
        await asyncio.gather(*(worker.finish() for worker in workers))
    await runner.cleanup()
    asked = sum(report.asked_for[f"webhook_{fault}"] for fault in CORRUPTING)
    report.seen["webhooks with a bad signature"] = receiver.bad
    if receiver.bad > asked:
        report.blame(f"{receiver.bad} webhooks with a bad signature, {asked} were asked for")


async def _watch(target: Target, report: Report) -> None:
    while True:
        report.mebibytes.append(target.mebibytes())
        await asyncio.sleep(1 / SAMPLES_PER_S)


@contextmanager
def chaotic(log: Path) -> Iterator[Target]:
    """The checkout's emulator; what it has to say goes into the log."""
    flags = f"--seed empty --journal-limit 2000 --signing-key {SIGNING_KEY} --chaos {CHAOS}"
    command = f"exec {sys.executable} -m emulator serve {flags} --port"
    with started(
        lambda port: ["sh", "-c", f"{command} {port} 2>{log}"], "/_emulator/health", pinned=False
    ) as target:
        yield target


def show(report: Report, minutes: float) -> None:
    print(f"{minutes:g} minutes, {WORKERS} keys, at most {WORKERS * PER_SECOND} tasks per second")
    for name in ("requests", "chats", "simulations", "webhooks", "resets"):
        print(f"  {name:12} {report.done[name]:8,}")
    print("faults that were asked for:")
    for fault, number in sorted(report.asked_for.items()):
        print(f"  {fault:24} {number:6,}")
    print("what clients saw of them:")
    for error, number in sorted(report.seen.items()):
        print(f"  {error:40} {number:6,}")
    memory, third = report.mebibytes, len(report.mebibytes) // 3
    print(
        f"memory (MiB): {memory[0]:.0f} at the start, {memory[len(memory) // 2]:.0f} in the "
        f"middle, {memory[-1]:.0f} at the end; at most {max(memory[third : 2 * third]):.0f} in the "
        f"middle third, {max(memory[2 * third :]):.0f} in the last"
        + ("" if report.is_flat else f": NOT FLAT (more than {FLAT:g} times as much)")
    )
    print(f"unexpected: {report.unexpected}")
    for example in report.examples:
        print(f"  {example}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with chaotic(log) as target:
            asyncio.run(soak(target, minutes * 60, report))
            for line in log.read_text().splitlines():
                report.blame(f"the emulator said: {line}")
    show(report, minutes)
    return 0 if report.unexpected == 0 and report.is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
