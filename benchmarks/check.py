"""Has an operation become slower? CPU time of each, beside a loop of plain Python in the same run.

`make bench-check`, in one process and without sockets. What an operation takes is given in rounds
of the loop, so that it hardly depends on the machine, and held against what is stored. The best of
twelve samples counts, since other load only adds. The exit code is 1 if an operation takes more
than 1.5 times as long. `--write` stores what is measured: use it after you made an operation
faster, or slower for a good reason.
"""

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.figures import print_table
from benchmarks.in_process import Asker

STORED = Path(__file__).with_name("check_ratios.json")  # by operation: rounds of the loop
MOST_TIMES = 1.5
_SAMPLES = 12
_LOOP_ROUNDS = 400  # about 20 ms

# How often each is done in a sample: some tens of ms.
OPERATIONS = {
    "list_chats": 1_000,
    "create_config": 500,
    "refuse_config": 500,
    "refuse_six_problems": 300,
    "turn_of_a_chat": 100,
    "simulate_chat": 100,
    "stream_speech": 100,
    "begin_world": 200,
}


def measure() -> dict[str, float]:
    """How many rounds of the loop each operation takes."""
    asker = Asker()
    with asyncio.Runner() as runner:
        for name in OPERATIONS:  # what loads with the first is not measured
            runner.run(getattr(asker, name)(20))
        gc.disable()  # each sample begins with nothing to collect
        samples: list[dict[str, float]] = []
        for _ in range(_SAMPLES):
            samples.append({name: _sample(runner, asker, name) for name in OPERATIONS})
    return {name: min(sample[name] for sample in samples) for name in OPERATIONS}


def _sample(runner: asyncio.Runner, asker: Asker, name: str) -> float:
    """One measurement, between two of the loop, of which the faster counts."""
    runner.run(asker.forget_world())
    gc.collect()
    before = _loop_s()
    start = time.process_time()
    runner.run(getattr(asker, name)(OPERATIONS[name]))
    used = (time.process_time() - start) / OPERATIONS[name]
    return used / min(before, _loop_s())


def _loop_s() -> float:
    """CPU time of one round of the loop."""
    start = time.process_time()
    for number in range(_LOOP_ROUNDS):
        _round(number)
    return (time.process_time() - start) / _LOOP_ROUNDS


def _round(number: int) -> int:
    """Do what Python code mostly does: calls, dicts, lists and texts. About 50 µs."""
    found: dict[str, list[int]] = {}
    for each in range(64):
        found.setdefault(f"name_{(number + each) % 16}", []).append(each)
    texts = [",".join(map(str, values)) for values in found.values()]
    return sum(len(text.split(",")) for text in texts if text.startswith(("1", "2")))


def judge(measured: Mapping[str, float], stored: Mapping[str, float]) -> list[str]:
    """Print all operations; return what is wrong with them."""
    rows, problems = [], []
    for name, rounds in measured.items():
        if name not in stored:
            problems.append(f"{name} is not in {STORED.name}: run with --write")
            continue
        times = rounds / stored[name]
        rows.append([name, f"{rounds:.2f}", f"{stored[name]:.2f}", f"{times:.2f}"])
        if times > MOST_TIMES:
            problems.append(
                f"{name} takes {times:.2f} times as much CPU as is stored, at most {MOST_TIMES} is "
                "expected: `python -m benchmarks profile` shows where; --write if it is worth it"
            )
    print_table(["operation", "rounds of the loop", "stored", "times"], rows)
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.check")
    parser.add_argument("--write", action="store_true", help=f"store it in {STORED.name}")
    arguments = parser.parse_args()
    measured = measure()
    if arguments.write:
        STORED.write_text(
            json.dumps({k: round(v, 3) for k, v in measured.items()}, indent=1) + "\n"
        )
    problems = judge(measured, json.loads(STORED.read_text()))
    sys.exit("\n".join(problems) if problems else 0)


if __name__ == "__main__":
    main()
