"""Measures the testing kit: a world for a test, going back in it, a conversation, the plugin.

`.venv/bin/python -m benchmarks kit`.
"""

import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.figures import Effort, Finding, at_most, print_table, spread
from emulator import Emulator
from emulator.testing.world import Evi

IMPORT = """
import pytest, time
begin = time.perf_counter()
import emulator.pytest_plugin
print((time.perf_counter() - begin) * 1000)
"""


def milliseconds(act: Callable[[], object], rounds: int) -> list[float]:
    """How long it takes, each time; the first time does not count."""
    act()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        act()
        times.append((time.perf_counter() - begin) * 1000)
    return times


def fresh_world(server: Emulator) -> Callable[[], object]:
    return lambda: server.world().close()


def simulate(evi: Evi) -> object:
    return evi.simulate(user=["Hello", "What's the weather?"])


def plugin_imports(processes: int) -> list[float]:
    """In fresh interpreters that have pytest already."""
    command = [sys.executable, "-c", IMPORT]
    return [
        float(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(processes)
    ]


def run(effort: Effort) -> list[Finding]:
    rounds, processes = effort.of(301, 51), effort.of(15, 5)
    imports = plugin_imports(processes)
    begin = time.perf_counter()
    with Emulator(seed="demo") as server:
        started = (time.perf_counter() - begin) * 1000
        evi = server.world()
        untouched = evi.snapshot()
        rows = [
            ("fresh world, made and closed", 2.0, milliseconds(fresh_world(server), rounds)),
            ("snapshot()", 5.0, milliseconds(evi.snapshot, rounds)),
            ("restore()", 5.0, milliseconds(lambda: evi.restore(untouched), rounds)),
            ("simulate(), two turns", None, milliseconds(lambda: simulate(evi), rounds)),
            ("restore() of a world with 300 chats more", 5.0, restores(evi, rounds)),
            ("plugin import", 5.0, imports),
        ]
    print(f"ms, median (quartiles) of {rounds}; the plugin's of {processes} interpreters\n")
    print_table(
        ["what", "takes", "aim"],
        [[name, spread(times, 3), f"{aim:g}" if aim else "-"] for name, aim, times in rows],
    )
    print(f"The server, once for a run, with all its imports: {started:.0f} ms\n")
    return [at_most(name, times, aim, "ms") for name, aim, times in rows if aim is not None]


def restores(evi: Evi, rounds: int) -> list[float]:
    """Going back to a world that was used a lot."""
    snapshot = evi.snapshot()
    return milliseconds(lambda: evi.restore(snapshot), rounds)
