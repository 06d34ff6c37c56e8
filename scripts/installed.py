"""Checks an installed package as a new user has it: its commands, and those of the README."""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.quiet import complaints

_OF_DEVELOPERS = ("PYTHON", "EVI_EMULATOR_", "HUME_", "VIRTUAL_ENV", "PYTEST_")
_TIMEOUT_S = 300
_PORT = "8484"  # which the README's commands use
# What the README runs under `exec`, which is not there in a fresh environment, is this instead.
_CLIENT = (
    "import os, urllib.request as u; u.urlopen(u.Request(os.environ['HUME_BASE_URL'] + "
    "'/v0/evi/configs', headers={'X-Hume-Api-Key': os.environ['HUME_API_KEY']})).read()"
)

_MORE_COMMANDS = (
    "evi-emulator operations",
    "evi-emulator seed check demo",
    "evi-emulator seed show",
    "evi-emulator simulate weather",
    "evi-emulator tail",
    "evi-emulator snapshot world.json",
    "evi-emulator restore world.json",
    "evi-emulator report",
)
_OF_A_RUNNING_ONE = ("tail", "simulate", "report", "snapshot", "restore")


class InstallCheck:
    """A fresh environment in a folder. Its methods raise AssertionError for what does not work."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self._bin = folder / "venv" / "bin"

    def install(self, package: str) -> None:
        """Install a package, which must not warn of anything."""
        self._run([sys.executable, "-m", "venv", self._folder / "venv"])
        pip: list[str | Path] = [
            self._bin / "python",
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
        ]
        printed = self._run([*pip, package])
        assert complaints(printed) == [], "\n".join(complaints(printed))

    def show_help(self) -> None:
        """Have every command show its help, for which it loads all that it needs."""
        listed = self._run(["evi-emulator", "--help"])
        commands = re.findall(r"^    ([a-z][a-z-]*) ", listed, re.MULTILINE)
        assert len(commands) > 10, listed
        for command in commands:
            assert "usage: evi-emulator" in self._run(["evi-emulator", command, "--help"])

    def run_readme(self) -> tuple[list[str], list[str]]:
        """Run the README's commands and more; return which ran, and which can't run here."""
        ran, left_out = list[str](), list[str]()
        page = (self._root / "README.md").read_text()
        with self._serving() as port:
            for line in [*shell_lines(page), *_MORE_COMMANDS]:
                command = runnable(line, port)
                if command is None:
                    left_out.append(line)
                else:
                    self._run(command)
                    ran.append(line)
        return ran, left_out

    @contextmanager
    def _serving(self) -> Iterator[str]:
        """Serve meanwhile; the port is free, as the README's own may not be."""
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = str(unused.getsockname()[1])
        words: list[str | Path] = [
            self._bin / "evi-emulator",
            "serve",
            "--port",
            port,
            "--until-stdin-ends",
        ]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            words, stdin=pipe, stdout=pipe, env=self._environment(), cwd=self._folder
        ) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                self._run(["evi-emulator", "ready", "--url", url, "--timeout", "60s"])
                yield port
            finally:
                process.communicate(timeout=30)

    def _run(self, command: Sequence[str | Path]) -> str:
        done = subprocess.run(
            list(map(str, command)),
            cwd=self._folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        )
        printed = done.stdout + done.stderr
        words = shlex.join(map(str, command))
        assert done.returncode == 0, f"`{words}` ended with {done.returncode}:\n{printed}"
        return printed

    def _environment(self) -> dict[str, str]:
        return user_environment(self._bin)


def user_environment(*first: Path, **more: str) -> dict[str, str]:
    """Return the variables of a new user: this process's, but none of its environment's.

    The folders `first` are searched for commands before all others.
    """
    path = [each for each in os.environ["PATH"].split(os.pathsep) if ".venv" not in each]
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_OF_DEVELOPERS)
    }
    return {**kept, "PATH": os.pathsep.join([*map(str, first), *path]), **more}


def shell_lines(page: str) -> list[str]:
    """Return the commands that a page shows: lines of shell blocks, and of indented ones."""
    fenced = re.findall(r"^```(?:sh|shell|bash|console)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    without_fences = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    indented = re.findall(r"^    (\S.*)$", without_fences, re.MULTILINE)
    lines = [line.strip() for block in fenced for line in block.splitlines()] + indented
    return [line.partition("  #")[0].removeprefix("$ ").strip() for line in lines if line]


def runnable(line: str, port: str) -> list[str] | None:
    """Return the words to run for a line of the README; None if it needs more than the package.

    A line of `serve` is left out, since the emulator serves already, at another port.
    """
    words = shlex.split(line.replace(f":{_PORT}", f":{port}"))
    if words[:1] == ["curl"]:
        return ["curl", "--fail", "--silent", "--show-error", *words[1:]]
    if words[:1] != ["evi-emulator"] or words[1:2] in ([], ["serve"]):
        return None
    if "--" in words:
        return [*words[: words.index("--") + 1], "python", "-c", _CLIENT]
    if any(word.isupper() for word in words):  # stands for something that the user has
        return None
    if words[1] in _OF_A_RUNNING_ONE and "--url" not in words:
        words += ["--url", f"http://127.0.0.1:{port}"]
    return [*words, "--no-follow"] if words[1] == "tail" else words
