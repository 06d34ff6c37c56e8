"""Measures speech as MP3, beside the encoder alone, and how long others wait meanwhile.

In one process and without sockets; all times are CPU time, which other load changes least.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import lameenc  # type: ignore[import-not-found]
from starlette.types import Message, Scope

from benchmarks.figures import Effort, Finding, at_most, median_ratio, print_table, ratios, spread
from benchmarks.servers import API_KEY, CORES, use_cores
from benchmarks.speech_requests import FILE, JSON, LINES, WHOLE_FILE, body, short
from emulator.audio.timbre import SAMPLE_RATE
from emulator.jsontext import JsonObject, render
from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App

CHARACTERS = 1000
MOST_TIMES = 1.3
LONGEST = 5000  # characters of an utterance
MOST_WAIT_MS = 50.0


class Speaker:
    """Has the application speak a text, without a server."""

    def __init__(self, app: App, path: str, content: JsonObject) -> None:
        self._app = app
        self._scope = _scope(path)
        self._body = render(content)

    async def answer(self) -> list[bytes]:
        """Return the answer's body in pieces."""
        pieces: list[bytes] = []
        is_over = asyncio.Event()
        given = iter([{"type": "http.request", "body": self._body, "more_body": False}])

        async def receive() -> Message:
            message = next(given, None)
            if message is None:
                await is_over.wait()
                return {"type": "http.disconnect"}
            return message

        async def send(message: Message) -> None:
            if message.get("status", 200) != 200:
                raise SystemExit(f"{self._scope['path']}: {message}")
            pieces.append(message.get("body", b""))

        await self._app(self._scope, receive, send)
        is_over.set()
        return pieces


def _scope(path: str) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1:8484"),
            (b"content-type", b"application/json"),
            (b"x-hume-api-key", API_KEY.encode()),
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8484),
    }


def encoder_alone(pcm: bytes) -> bytes:
    """Encode samples with the emulator's options, all at once."""
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_channels(1)
    encoder.set_bit_rate(128)
    encoder.set_quality(7)
    return bytes(encoder.encode(pcm)) + bytes(encoder.flush())


def run(effort: Effort) -> list[Finding]:
    return [*encoding(effort), *waits(effort)]


def encoding(effort: Effort) -> list[Finding]:
    """MP3 of 1,000 characters, and the encoder alone on its samples: CPU time, in turn."""
    rounds = effort.of(11, 5)
    use_cores(CORES[-1])
    app, loop = new_app(Settings()), asyncio.new_event_loop()
    pcm = b"".join(
        loop.run_until_complete(Speaker(app, WHOLE_FILE, body(CHARACTERS, "pcm")).answer())
    )
    alone: list[float] = []
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        alone.append(_cpu_ms(partial(encoder_alone, pcm)))
        for path in (WHOLE_FILE, FILE, LINES, JSON):
            speaker = Speaker(app, path, body(CHARACTERS, "mp3"))
            took = _cpu_ms(partial(_run, loop, speaker))
            times.setdefault(path, []).append(took)
    loop.close()
    print(f"mp3 of {CHARACTERS:,} characters: CPU ms, {rounds} rounds in turn\n")
    rows = [
        [short(path), spread(each, 1), median_ratio(each, alone)] for path, each in times.items()
    ]
    print_table(
        ["answer", "CPU ms", "/ encoder"], [["the encoder alone", spread(alone, 1), "1"], *rows]
    )
    return [
        at_most(
            f"mp3 of {CHARACTERS:,} characters / encoder: {short(path)}",
            ratios(times[path], alone),
            MOST_TIMES,
        )
        for path in (WHOLE_FILE, FILE)
    ]


def _run(loop: asyncio.AbstractEventLoop, speaker: Speaker) -> None:
    loop.run_until_complete(speaker.answer())


def _cpu_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def waits(effort: Effort) -> list[Finding]:
    """How long the event loop is kept by answers to the longest texts."""
    rounds = effort.of(5, 3)
    use_cores(CORES[-1])
    app = new_app(Settings())
    asked = body(LONGEST, "mp3")
    detailed = {**asked, "version": "2", "include_timestamp_types": ["word", "phoneme"]}
    several = {**asked, "num_generations": 5}
    one_snippet = {**detailed, "split_utterances": False}
    cases = {
        f"{short(JSON)}, mp3": (JSON, asked),
        f"{short(JSON)}, mp3, 5 generations": (JSON, several),
        f"{short(JSON)}, mp3, timestamps, one snippet": (JSON, one_snippet),
        f"{short(LINES)}, mp3, timestamps": (LINES, detailed),
        f"{short(WHOLE_FILE)}, pcm": (WHOLE_FILE, body(LONGEST, "pcm")),
    }
    rows, findings = [], []
    for name, (path, content) in cases.items():
        found = [asyncio.run(_turns_ms(Speaker(app, path, content))) for _ in range(rounds)]
        most = [max(each) for each in found]
        rows.append([name, spread([median(each) for each in found]), spread(most, 1)])
        findings.append(
            at_most(f"longest turn, 5,000 characters: {name}", most, MOST_WAIT_MS, "ms")
        )
    print(f"Turns of the event loop while {LONGEST:,} characters are spoken: CPU ms\n")
    print_table(["answer", "a turn", "the longest"], rows)
    return findings


async def _turns_ms(speaker: Speaker) -> list[float]:
    """How long others wait for each of their turns while an answer is made (CPU ms)."""
    answering = asyncio.create_task(speaker.answer())
    times, before = [], time.thread_time()
    while not answering.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        times.append((now - before) * 1000)
        before = now
    await answering
    return times
