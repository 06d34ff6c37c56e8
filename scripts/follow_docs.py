"""Follows the pages of docs/start as a new user does, from a clean clone, and takes the time.

Each page has a folder of its own with a clone of this repository in `evi-emulator`. The script
writes the blocks that are files, and runs the commands in a shell, in order. A command that the
page wants to be left running gets a terminal of its own. Run it with the roles to follow, or with
none for all.
"""

import argparse
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.code_blocks import Block, code_blocks

ROOT = Path(__file__).resolve().parent.parent
START = ROOT / "docs" / "start"
_STAYS = "leave it running"
_INSTALL = "Install"
_LONGEST_S = 600  # that a block of commands may take
_READY_S = 30  # that a server may take until it says something


class NotAsWritten(Exception):
    """A step of a page fails. Has the output of the terminal."""


@dataclass(slots=True)
class Terminal:
    """A shell of its own, which stops at the first command that fails."""

    folder: Path
    number: int
    _shell: subprocess.Popen[str] = field(init=False)
    _blocks: int = 0

    def __post_init__(self) -> None:
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-e"],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=self._output.open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def _output(self) -> Path:
        return self.folder / f".terminal-{self.number}"

    def _source(self, block: Block) -> Path:
        self._blocks += 1
        done = self.folder / f".done-{self.number}-{self._blocks}"
        script = self.folder / f".block-{self.number}-{self._blocks}"
        script.write_text(block.text)
        assert self._shell.stdin is not None
        self._shell.stdin.write(f"source {script.name} < /dev/null\ntouch {done}\n")
        self._shell.stdin.flush()
        return done

    def run(self, block: Block) -> None:
        """Run a block's commands to their end. Raises NotAsWritten if one fails."""
        done = self._source(block)
        ends = time.monotonic() + _LONGEST_S
        while not done.exists():
            if self._shell.poll() is not None:
                raise NotAsWritten(self._output.read_text())
            if time.monotonic() > ends:
                raise NotAsWritten(f"no end after {_LONGEST_S} s\n{self._output.read_text()}")
            time.sleep(0.05)

    def leave_running(self, block: Block) -> None:
        """Start a block's command, and return once it says something."""
        before = self._output.stat().st_size
        self._source(block)
        ends = time.monotonic() + _READY_S
        while self._output.stat().st_size == before:
            if self._shell.poll() is not None or time.monotonic() > ends:
                raise NotAsWritten(f"does not serve\n{self._output.read_text()}")
            time.sleep(0.05)

    def close(self) -> None:
        """End the shell and what it runs."""
        try:
            subprocess.run(["kill", "--", f"-{self._shell.pid}"], stderr=subprocess.DEVNULL)
            self._shell.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._shell.send_signal(signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Followed:
    """How long a page took, in seconds: to be installed, to the first success, to its end."""

    role: str
    install_s: float
    success_s: float
    end_s: float


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder with a clone of this repository."""
    with tempfile.TemporaryDirectory(prefix="follow-docs-") as name:
        subprocess.run(["git", "clone", "-q", str(ROOT), "evi-emulator"], cwd=name, check=True)
        yield Path(name)


def follow(role: str) -> Followed:
    """Do what the page of a role says. Raises NotAsWritten."""
    began = time.monotonic()
    installed = succeeded = 0.0
    with workplace() as folder:
        terminals = [Terminal(folder, 1)]
        try:
            for block in code_blocks(START / f"{role}.md"):
                if block.title:
                    (folder / block.title).write_text(block.text)
                elif block.language == "sh":
                    _do(block, terminals)
                    if block.section == _INSTALL:
                        installed = time.monotonic() - began
                    elif not succeeded and _STAYS not in block.before:
                        succeeded = time.monotonic() - began
            ended = time.monotonic() - began
        finally:
            for terminal in terminals:
                terminal.close()
    return Followed(role, installed, succeeded, ended)


def _do(block: Block, terminals: list[Terminal]) -> None:
    try:
        if _STAYS in block.before:
            terminals[-1].leave_running(block)
            terminals.append(Terminal(terminals[-1].folder, len(terminals) + 1))
        else:
            terminals[-1].run(block)
    except NotAsWritten as error:
        place = f"{block.page.relative_to(ROOT)}:{block.line}"
        raise NotAsWritten(f"{place}: this fails:\n{block.text}\n{error}") from None


def busy(ports: set[int]) -> list[int]:
    """Return those of the ports that another program uses."""
    found = []
    for port in sorted(ports):
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                found.append(port)
    return found


def ports_of(role: str) -> set[int]:
    """Return the ports that the commands of a page use."""
    text = "".join(each.text for each in code_blocks(START / f"{role}.md"))
    return {8484} | {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", text)}


def roles() -> list[str]:
    return sorted(page.stem for page in START.glob("*.md"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roles", nargs="*", metavar="ROLE", help=f"of {', '.join(roles())}")
    chosen = parser.parse_args().roles or roles()
    if unknown := set(chosen) - set(roles()):
        parser.error(f"no page docs/start/{unknown.pop()}.md; there are {', '.join(roles())}")
    if taken := busy({port for role in chosen for port in ports_of(role)}):
        parser.error(f"the pages use port {taken[0]}, which is in use: end the program there first")
    if shutil.which("bash") is None:
        parser.error("bash is not installed")
    failed = 0
    print(f"{'role':<20} {'installed':>10} {'success':>10} {'end':>10}")
    for role in chosen:
        try:
            each = follow(role)
        except NotAsWritten as error:
            failed = 1
            print(f"{role:<20} fails\n{error}")
            continue
        times = [
            f"{seconds / 60:.1f} min" for seconds in (each.install_s, each.success_s, each.end_s)
        ]
        print(f"{role:<20} {times[0]:>10} {times[1]:>10} {times[2]:>10}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
