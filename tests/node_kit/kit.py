"""Puts the packed package into an empty project, and runs Node there."""

import os
import shutil
import socket
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARBALL = ROOT / "dist" / "evi-emulator.tgz"
TESTS = Path(__file__).resolve().parent
WEBSOCKET = "--experimental-websocket"  # Node 20 has it from 20.10 on; later ones need no flag
COMMAND = "EVI_COMMAND"
_PACKAGE = "package/"  # what every path in a tarball of npm begins with
TIMEOUT_S = 120


def why_not() -> str:
    """Return what is missing to run the package, or nothing."""
    if shutil.which("node") is None:
        return "node is not installed"
    return "" if TARBALL.is_file() else "run make node-kit: dist/evi-emulator.tgz is not there"


def unpack(project: Path) -> None:
    """Put the package into a project, as npm would."""
    folder = project / "node_modules" / "evi-emulator"
    with tarfile.open(TARBALL) as packed:
        for member in packed.getmembers():
            member.name = member.name.removeprefix(_PACKAGE)
            packed.extract(member, folder, filter="data")


def command() -> str:
    """Return the command of this environment's emulator, for EVI_COMMAND."""
    return f'"{sys.executable}" -m emulator'


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def run(
    words: Sequence[str],
    project: Path,
    variables: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> subprocess.CompletedProcess[str]:
    """Run a program in a project, with the variables that lead the package to this emulator."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVI_")}
    return subprocess.run(
        list(words),
        cwd=project,
        env={
            **kept,
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            **(variables or {COMMAND: command()}),
        },
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
