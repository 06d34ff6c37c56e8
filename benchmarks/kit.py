"""What the testing kit costs: a world for a test, going back in it, a conversation, the plugin.

.venv/bin/python -m benchmarks.kit
"""

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

from benchmarks.figures import print_table, spread
from emulator import Emulator
from emulator.testing.world import Evi

ROUNDS = 301
PROCESSES = 15

IMPORT = """
import pytest, time
begin = time.perf_counter()
import emulator.pytest_plugin
print((time.perf_counter() - begin) * 1000)
"""


def milliseconds(act: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
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


def plugin_imports() -> list[float]:
    """In fresh interpreters that have pytest already."""
    command = [sys.executable, "-c", IMPORT]
    return [
        float(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(PROCESSES)
    ]


def main() -> None:
    imports = plugin_imports()
    begin = time.perf_counter()
    with Emulator(seed="demo") as server:
        started = (time.perf_counter() - begin) * 1000
        evi = server.world()
        untouched = evi.snapshot()
        rows = [
            ("fresh world, made and closed", 2.0, milliseconds(fresh_world(server))),
            ("snapshot()", 5.0, milliseconds(evi.snapshot)),
            ("restore()", 5.0, milliseconds(lambda: evi.restore(untouched))),
            ("simulate(), two turns", None, milliseconds(lambda: simulate(evi))),
            ("restore() of a world with 300 chats more", 5.0, restores(evi)),
            ("plugin import", 5.0, imports),
        ]
    print(f"ms, median (quartiles) of {ROUNDS}; the plugin's of {PROCESSES} interpreters\n")
    print_table(
        ["what", "takes", "aim"],
        [[name, spread(times, 3), f"{aim:g}" if aim else "-"] for name, aim, times in rows],
    )
    print(f"\nThe server, once for a run, with all its imports: {started:.0f} ms")
    late = [name for name, aim, times in rows if aim is not None and median(times) > aim]
    if late:
        print(f"\nMissed: {', '.join(late)}")


def restores(evi: Evi) -> list[float]:
    """Going back to a world that was used a lot."""
    snapshot = evi.snapshot()
    return milliseconds(lambda: evi.restore(snapshot))


if __name__ == "__main__":
    main()
