"""Runs installers as a new user would, who has none of the packages of these tests."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import emulator
from scripts.quiet import complaints

ROOT = Path(emulator.__file__).parent.parent


def run(
    command: Sequence[str | Path], cwd: Path, variables: Mapping[str, str], timeout_s: float = 300
) -> str:
    """Return what a command prints, which must end with 0 and warn of nothing."""
    done = subprocess.run(
        command, cwd=cwd, env=variables, capture_output=True, text=True, timeout=timeout_s
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert complaints(printed) == []
    return printed
