"""Measures tests with the kit for Node beside the same tests in pytest.

A file of 200, each with a world, a config and a one-turn chat, in Vitest and in pytest in turn:
`.venv/bin/python -m benchmarks node`.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.environment import FOLDER
from benchmarks.figures import Effort, Finding, at_most, print_table, ratios, spread
from benchmarks.servers import ROOT

TESTS = Path(__file__).with_name("kits")
MOST = 2.0  # times what pytest takes
_PROJECT = FOLDER / "kit"
_TARBALL = ROOT / "dist" / "evi-emulator.tgz"
_PACKAGES = {
    "vitest": ROOT / "clients" / "node" / "node_modules" / "vitest",
    "hume": ROOT / "tests" / "node" / "node_modules" / "hume",
}
_SUBJECTS = {
    "kit": "world, config, simulated chat",
    "client": "world, config, chat of the vendor's client",
}
_PATIENCE_S = 120


def run(effort: Effort) -> list[Finding]:
    if why := _why_not():
        print(f"Left out: {why}\n")
        return []
    _make_project()
    rounds = effort.of(7, 3)
    rows, findings = [], []
    for subject, words in _SUBJECTS.items():
        node, python = list[float](), list[float]()
        for _ in range(rounds):
            node.append(_seconds(_vitest(subject), _PROJECT))
            python.append(_seconds(_pytest(subject), TESTS))
        times = ratios(node, python)
        rows += [
            [words, "Vitest", spread(node), spread(times)],
            ["", "pytest", spread(python), "1"],
        ]
        findings.append(at_most(f"200 tests in Vitest / pytest: {words}", times, MOST))
    print(f"Whole runs of a file of 200 tests, {rounds} of each in turn; medians (quartiles)\n")
    print_table(["each test has", "runner", "s", "ratio"], rows)
    return findings


def _seconds(command: Sequence[str], folder: Path) -> float:
    """Return how long a run takes, from its process's start to its end. All tests must pass."""
    environment = {
        **os.environ,
        "EVI_COMMAND": f'"{sys.executable}" -m emulator',
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
    }
    begin = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S
    )
    seconds = time.perf_counter() - begin
    if done.returncode or "200 passed" not in done.stdout:
        raise SystemExit(f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds


def _why_not() -> str:
    """Return what is missing, or nothing."""
    if shutil.which("node") is None:
        return "the kit for Node: node is not installed"
    for path in (_TARBALL, *_PACKAGES.values()):
        if not path.exists():
            return f"the kit for Node: {path.relative_to(ROOT)} is not there (needs npm)"
    return ""


def _make_project() -> None:
    """Make a project that has the packed kit, Vitest and the vendor's client."""
    modules = _PROJECT / "node_modules"
    shutil.rmtree(_PROJECT, ignore_errors=True)
    modules.mkdir(parents=True)
    for name, path in _PACKAGES.items():
        (modules / name).symlink_to(path)
    with tarfile.open(_TARBALL) as packed:
        packed.extractall(modules, filter="data")
    (modules / "package").rename(modules / "evi-emulator")
    for file in TESTS.glob("*.mjs"):
        shutil.copy(file, _PROJECT)


def _vitest(subject: str) -> list[str]:
    runner = str(_PACKAGES["vitest"] / "vitest.mjs")
    return ["node", runner, "--run", "--root", ".", f"{subject}.test.mjs"]


def _pytest(subject: str) -> list[str]:
    quiet = ["-q", "-p", "no:schemathesis", "-p", "no:cacheprovider", "-n0", "-W", "ignore"]
    return [sys.executable, "-m", "pytest", *quiet, f"test_{subject}.py"]
