"""The GitHub Action: its steps, run by bash as a runner runs them, start an emulator."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from emulator.version import __version__
from scripts.installed import user_environment as environment
from tests.clients.fresh import ROOT
from tests.docs.test_ci_page import ACTION

EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]  # as runners call it


@dataclass
class Runner:
    """What a runner keeps of a job: the files that steps write to, and the outputs by step."""

    folder: Path
    inputs: Mapping[str, str]
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def run(self, step: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        """Run a step of the action, and remember its outputs."""
        written = self.file("output")
        written.write_text("")
        script = self.folder / "step.sh"
        script.write_text(step["run"])
        given = {name: self.value(text) for name, text in step["env"].items()}
        done = subprocess.run(
            [*BASH, script],
            cwd=self.folder,
            env=self.variables(**given),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        self.outputs[step.get("id", "")] = read_pairs(written)
        return done

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment of a step, with what earlier steps have added to it."""
        path = ":".join([*self.lines("path"), environment()["PATH"]])
        files = {f"GITHUB_{name.upper()}": str(self.file(name)) for name in ("env", "path")}
        return environment(
            PATH=path,
            RUNNER_TEMP=str(self.folder),
            GITHUB_OUTPUT=str(self.file("output")),
            **files,
            **read_pairs(self.file("env")),
            **more,
        )

    def file(self, name: str) -> Path:
        return self.folder / f"github_{name}"

    def lines(self, name: str) -> list[str]:
        path = self.file(name)
        return path.read_text().splitlines() if path.exists() else []

    def value(self, text: str) -> str:
        """Return a text with its expressions replaced, of which each must have a meaning."""
        return EXPRESSION.sub(lambda match: self._meaning(match[1]), text)

    def _meaning(self, expression: str) -> str:
        kind, _, name = expression.partition(".")
        if kind == "inputs":
            return self.inputs[name]
        if kind == "steps":
            step, _, output = name.partition(".outputs.")
            return self.outputs[step][output]
        return {"github.action_path": str(ROOT)}[expression]


def read_pairs(path: Path) -> dict[str, str]:
    """Return the lines NAME=VALUE of a file."""
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split("=", 1) for line in lines)


@contextmanager
def job(folder: Path, **inputs: str) -> Iterator[Runner]:
    """A job that has used the action; the emulator ends with it."""
    defaults = {name: str(each["default"]) for name, each in ACTION["inputs"].items()}
    runner = Runner(folder, {**defaults, **inputs})
    try:
        yield runner
    finally:
        pid = runner.outputs.get("start", {}).get("pid")
        if pid is not None:
            os.kill(int(pid), signal.SIGTERM)


@pytest.mark.process
def test_a_job_finds_an_emulator(tmp_path: Path) -> None:
    """It serves the seed with the flags; later steps have its address, its key and the command."""
    install, start = ACTION["runs"]["steps"]
    with job(tmp_path, seed="empty", args="--pace realtime --strict") as runner:
        for step in (install, start):
            done = runner.run(step)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "::" not in done.stdout + done.stderr  # no annotation: a warning or an error

        shown = {name: runner.value(each["value"]) for name, each in ACTION["outputs"].items()}
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", shown["url"])
        assert "Serving evi" in Path(shown["log"]).read_text()
        kept = read_pairs(runner.file("env"))
        assert (kept["HUME_BASE_URL"], kept["HUME_API_KEY"]) == (shown["url"], "any")
        settings = ask(f"{shown['url']}/_emulator/settings")
        assert (settings["seed"], settings["pace"], settings["strict"]) == (
            "empty",
            "realtime",
            True,
        )
        told = subprocess.run(
            ["evi-emulator", "ready", "--url", shown["url"]],
            env=runner.variables(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert told.stdout == f"ready: evi-emulator {__version__} on {shown['url']}\n"

        wrong = Runner(tmp_path, {**runner.inputs, "args": "--pace slow", "timeout": "500ms"})
        failed = wrong.run(start)
        assert failed.returncode == 1
        assert "::error::the EVI emulator did not start" in failed.stdout
        assert "pace must be instant, realtime" in failed.stdout
        refused = Runner(tmp_path, {**runner.inputs, "args": "--strict --tls"}).run(start)
        assert refused.returncode == 1
        assert "::error::this action starts no emulator with --tls" in refused.stdout


def ask(url: str) -> Any:
    """Return the answer to a GET."""
    with urlopen(Request(url, headers={"X-Hume-Api-Key": "any"})) as answer:
        return json.load(answer)
