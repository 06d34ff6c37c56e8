"""Where the time of one request goes, part by part, beside how it was before it was looked at.

In one process, without sockets: `.venv/bin/python -m benchmarks profile`. A part has its share of
the time under the profiler, of the time that the request takes without one.
"""

import asyncio
import cProfile
import gc
import json
import pstats
import time
from collections import Counter
from pathlib import Path

from benchmarks.figures import Effort, Finding, print_table
from benchmarks.in_process import Ask, Asker

BEFORE = Path(__file__).with_name("profile_before.json")  # by request: µs by part
_PACKAGE = "/emulator/"


def profile(ask: Ask, times: int) -> dict[str, float]:
    """µs of one request, by part; `all` is their sum, as measured without a profiler."""
    asyncio.run(ask(times // 4))
    start = time.process_time()
    asyncio.run(ask(times))
    passed = (time.process_time() - start) / times * 1e6
    profiler = cProfile.Profile()
    profiler.enable()
    asyncio.run(ask(times))
    profiler.disable()
    parts = _by_part(pstats.Stats(profiler))
    whole = sum(parts.values())
    shares = {name: seconds / whole * passed for name, seconds in parts.items()}
    return {"all": passed, **shares}


def _by_part(stats: pstats.Stats) -> Counter[str]:
    """Seconds by what they were spent in: a folder or module of the emulator, or a library."""
    parts: Counter[str] = Counter()
    for (file, _, name), entry in stats.stats.items():  # type: ignore[attr-defined]
        parts[_part(file, name)] += entry[2]
    return parts


def _part(file: str, name: str) -> str:
    if _PACKAGE in file:
        return file.rpartition(_PACKAGE)[2].removesuffix(".py").split("/")[0]
    for library in ("orjson", "jsonschema_rs", "pydantic"):
        if library in file or library in name:
            return library
    return "Python and asyncio"


REQUESTS = (
    "list_chats",
    "create_config",
    "refuse_config",
    "refuse_six_problems",
    "turn_of_a_chat",
    "stream_speech",
)


def measure(times: int) -> dict[str, dict[str, float]]:
    asker = Asker()
    gc.freeze()
    return {name: profile(getattr(asker, name), times) for name in REQUESTS}


def run(effort: Effort) -> list[Finding]:
    """No aims of its own; what has come down shows beside the same profile of an older state."""
    now = measure(effort.of(8_000, 1_000))
    before = json.loads(BEFORE.read_text())
    print("CPU in one process, without sockets; before: the state before the last work on it.\n")
    for name in REQUESTS:
        print(f"{name.replace('_', ' ').capitalize()}, µs:\n")
        parts = sorted(now[name], key=lambda part: -now[name][part])
        shown = [part for part in parts if now[name][part] >= 0.5]
        rows = [
            [part, f"{before[name].get(part, 0):.1f}", f"{now[name][part]:.1f}"] for part in shown
        ]
        print_table(["part", "before", "now"], rows)
    return []


if __name__ == "__main__":  # the file for `before`: run by a checkout of the state to compare with
    print(json.dumps(measure(8_000), indent=1))
