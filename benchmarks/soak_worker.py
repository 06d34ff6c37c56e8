"""One key of a soak: a task after the other, and after each a look at which faults struck."""

import asyncio
import math
import struct
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import Any

import aiohttp

from benchmarks.servers import HOST, Target
from benchmarks.soak_report import Report
from benchmarks.speech_requests import FILE, JSON, LINES, WHOLE_FILE, body
from emulator.faults.chaos import read_chaos
from emulator.ids import derived_random

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
OF_SOCKETS = ("chat", "talk", "speak_on_socket")  # tasks that faults of sockets strike
OF_BOTH = ("call", "visit")  # and tasks that all faults strike
PLAIN = ("list", "create")  # tasks in which each fault must show
PER_SECOND = 5  # tasks of each worker, at most
TASKS_BEFORE_RESET = 100
SHIFTS = 60  # a world draws the same after each reset, unless its rules are others
TURNS = 3
PATIENCE_S = 4  # below the 5 s of a delay
LONG_S = 30  # for a call, and for the last webhooks
CHARACTERS = (100, 1_000)
FORMATS = ("mp3", "wav", "pcm")
HELP = "I need help with my order."
RATE = 16_000  # Hz
_TONE = struct.pack(f"<{RATE}h", *(round(9_000 * math.sin(at / 6)) for at in range(RATE)))
_SILENCE = bytes(RATE * 4)
_PIECE = RATE // 5  # bytes, of 100 ms


class Wrong(Exception):
    """Something was not as it should be; maybe it was asked for."""


ERRORS = (Wrong, TimeoutError, OSError, ValueError, aiohttp.ClientError)


class Worker:
    """One key, and so one world."""

    def __init__(
        self, name: str, target: Target, hook: str, report: Report, http: aiohttp.ClientSession
    ) -> None:
        self._name = name
        self._key = {"X-Hume-Api-Key": f"soak-{name}"}
        self._target = target
        self._url = f"http://{HOST}:{target.port}"
        self._hook = hook
        self._report = report
        self._http = http
        self._draw = derived_random("soak", name)
        self._numbers = count(1)
        self._config_id = ""
        self._used: Counter[str] = Counter()  # by the rules, when last looked at

    async def work(self, until_s: float) -> None:
        """Tasks at a bounded rate until that time."""
        tasks: tuple[Callable[[], Awaitable[None]], ...] = (
            self._list, self._list, self._list, self._list, self._create, self._create,
            self._chat, self._chat, self._chat, self._chat, self._talk, self._talk,
            self._simulate, self._simulate, self._speak, self._speak, self._speak_on_socket,
            self._call, self._visit,
        )  # fmt: skip
        await self.begin()
        left = self._draw.randrange(TASKS_BEFORE_RESET)  # not all at once
        while (begun := time.perf_counter()) < until_s:
            with suppress(Wrong):
                await self._do(self._draw.choice(tasks))
                left -= 1
                if left <= 0:
                    await self._begin_anew()
                    left = TASKS_BEFORE_RESET
            await asyncio.sleep(max(0, begun + 1 / PER_SECOND - time.perf_counter()))

    async def begin(self) -> None:
        with suppress(Wrong):  # it is in the report
            await self._begin_anew()

    async def do_everything(self) -> None:
        """Do each task once, in each of its ways, and drop the world."""
        await self.begin()
        for each in (self._list, self._create, self._chat, self._talk, self._simulate, self._call):
            await self._do(each)
        for path in (JSON, WHOLE_FILE, FILE, LINES):
            for format in FORMATS:
                await self._say(path, CHARACTERS[1], format)
        await self._do(self._speak_on_socket)
        await self._control("POST", "webhooks/drain", patience_s=LONG_S)
        await self.leave()

    async def leave(self) -> None:
        """Drop the world."""
        with suppress(Wrong):
            await self._control("DELETE", "world")

    async def _do(self, task: Callable[[], Awaitable[None]]) -> None:
        """A task whose error must have been asked for; and what broke must have been noticed."""
        name = getattr(task, "__name__", "task").strip("_")
        wrong = ""
        try:
            await task()
        except ERRORS as error:
            wrong = f"{type(error).__name__}: {error}"[:300]
        struck = [fault for fault in await self._struck() if fault.startswith(_kinds(name))]
        if wrong and struck:
            self._report.seen[f"{name}: {wrong.partition(':')[0]}"] += 1
        elif wrong:
            self._report.blame(f"{name}: {wrong}")
        elif name in PLAIN and struck and not HARMLESS & set(struck):
            self._report.blame(f"{name}: {struck} had no effect")

    async def _struck(self) -> list[str]:
        """The faults that struck since the last look."""
        rules = (await self._control("GET", "faults"))["faults"]
        used = Counter({name: rule["used"] for name, rule in zip(NAMES, rules, strict=False)})
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
        name = f"Config {next(self._numbers)}"
        made = await self._ask("POST", "/v0/evi/configs", 201, {"evi_version": "3", "name": name})
        if made["name"] != name:
            raise Wrong(f"not what was asked for: {made}")

    async def _chat(self) -> None:
        async with self._connected("/v0/evi/chat") as socket:
            await self._hear(socket, "chat_metadata")
            for _ in range(TURNS):
                await socket.send_json({"type": "user_input", "text": "How is the weather?"})
                await self._hear(socket, "assistant_end")
        self._report.done["chats"] += 1

    async def _talk(self) -> None:
        """A chat whose user speaks, in pieces of 100 ms."""
        sound = {"encoding": "linear16", "sample_rate": RATE, "channels": 1}
        async with self._connected("/v0/evi/chat") as socket:
            await self._hear(socket, "chat_metadata")
            await socket.send_json({"type": "session_settings", "audio": sound})
            for begin in range(0, len(_TONE + _SILENCE), _PIECE):
                piece = b64encode((_TONE + _SILENCE)[begin : begin + _PIECE]).decode()
                await socket.send_json({"type": "audio_input", "data": piece})
            await self._hear(socket, "assistant_end")
        self._report.done["chats_with_sound"] += 1

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

    def _connected(self, path: str) -> Any:
        timeout = aiohttp.ClientWSTimeout(ws_close=1)
        return self._http.ws_connect(
            self._url + path, headers=self._key, timeout=timeout, max_msg_size=0
        )

    async def _simulate(self) -> None:
        wanted = {"user": ["Hello", "Goodbye"], "config_id": self._config_id}
        await self._control("POST", "simulate", wanted)
        self._report.done["simulations"] += 1

    async def _speak(self) -> None:
        path = self._draw.choice((JSON, WHOLE_FILE, FILE, LINES))
        await self._say(path, self._draw.choice(CHARACTERS), self._draw.choice(FORMATS))

    async def _say(self, path: str, characters: int, format: str) -> None:
        self._report.done["requests"] += 1
        wanted = body(characters, format)
        async with self._http.post(
            self._url + path,
            json=wanted,
            headers=self._key,
            timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        ) as answer:
            sound = await answer.read()
            if answer.status != 200 or not sound:
                raise Wrong(f"{path}: {answer.status} {sound[:300]!r}")
        self._report.done["speeches"] += 1

    async def _speak_on_socket(self) -> None:
        voice = {"name": "Ava Song", "provider": "HUME_AI"}
        wanted = {"text": HELP, "voice": voice, "flush": True, "close": True}
        async with self._connected("/v0/tts/stream/input") as socket:
            await socket.send_json(wanted)
            heard = 0
            while (message := await socket.receive(PATIENCE_S)).type in (
                aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY
            ):  # fmt: skip
                heard += len(message.data)
            if socket.close_code != 1000 or not heard:
                raise Wrong(f"closed with {socket.close_code} after {heard} bytes")
        self._report.done["speech_sockets"] += 1

    async def _call(self) -> None:
        """A phone call, whose time is the world's: it is frozen meanwhile, so nobody waits."""
        number = f"{self._url}/v0/evi/twilio?api_key={self._key['X-Hume-Api-Key']}"
        await self._control("POST", "clock/freeze")
        try:
            wanted = {"url": number, "user": [HELP]}
            call = await self._control("POST", "calls", wanted, LONG_S)
        finally:
            await self._control("POST", "clock/resume")
        if call["status"] != "completed" or call["problems"]:
            raise Wrong(f"a call: {call['status']}, {call['problems']}")
        self._report.done["calls"] += 1

    async def _visit(self) -> None:
        """A world that comes and goes."""
        name = f"{self._name}-{next(self._numbers)}"
        visitor = Worker(name, self._target, self._hook, self._report, self._http)
        for task in (visitor._list, visitor._create, visitor._chat, visitor._speak):
            await visitor._do(task)
        await visitor.leave()
        self._report.done["worlds"] += 1

    async def _begin_anew(self) -> None:
        """A world of the seed, and a config in it with a webhook."""
        await self._struck()
        await self._control("POST", "reset")
        await self._shift_draws()
        self._report.done["resets"] += 1
        webhook = {"url": self._hook, "events": ["chat_started", "chat_ended"]}
        hooked = {"evi_version": "3", "webhooks": [webhook]}
        for _ in range(20):  # it may break, too
            wanted = {**hooked, "name": f"Hooked {next(self._numbers)}"}
            try:
                self._config_id = (await self._ask("POST", "/v0/evi/configs", 201, wanted))["id"]
            except ERRORS as error:
                if not await self._struck():
                    self._report.blame(f"create: {error}")
            else:
                return
        self._report.blame("twenty configs in a row could not be made")

    async def _shift_draws(self) -> None:
        """The rules of the chaos again, after some others that come and go."""
        if not (await self._control("GET", "faults"))["faults"]:
            return  # a server without chaos
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
            await self._control("POST", "webhooks/drain", patience_s=LONG_S)
        for _ in range(20):
            try:
                page = await self._ask("GET", "/v0/evi/chats?page_size=1&status=ACTIVE", 200)
            except ERRORS:
                continue
            if page["chats_page"]:
                self._report.blame(f"a chat is left over: {page['chats_page'][0]}")
            break
        with suppress(Wrong):
            await self._struck()

    # asking

    async def _control(
        self, method: str, route: str, content: Any = None, patience_s: float = PATIENCE_S
    ) -> Any:
        """Ask a control route, which never breaks. Raises Wrong if it does."""
        try:
            return await self._ask(method, f"/_emulator/{route}", None, content, patience_s)
        except (TimeoutError, OSError, ValueError, aiohttp.ClientError) as error:
            self._report.blame(f"control route {route}: {type(error).__name__} {error}")
            raise Wrong(f"control route {route}") from None

    async def _ask(
        self,
        method: str,
        path: str,
        status: int | None,
        content: Any = None,
        patience_s: float = PATIENCE_S,
    ) -> Any:
        """The answer, which must have that status; None: any success. Raises Wrong."""
        self._report.done["requests"] += 1
        async with self._http.request(
            method,
            self._url + path,
            json=content,
            headers=self._key,
            timeout=aiohttp.ClientTimeout(total=patience_s),
        ) as answer:
            text = await answer.read()
            if answer.status != status if status else not answer.ok:
                if status is None:
                    self._report.blame(f"{method} {path}: {answer.status} {text[:300]!r}")
                raise Wrong(f"{method} {path}: {answer.status} {text[:300]!r}")
            return await answer.json() if text else None


def _kinds(name: str) -> tuple[str, ...]:
    """The beginnings of the names of faults that strike a task."""
    if name in OF_BOTH:
        return ("http_", "ws_")
    return ("ws_",) if name in OF_SOCKETS else ("http_",)
