"""Fresh environments: what a new user's machine has, and no package of these tests."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import emulator
from scripts.quiet import complaints

ROOT = Path(emulator.__file__).parent.parent
_OF_THESE_TESTS = ("PYTHON", "EVI_EMULATOR_", "HUME_", "VIRTUAL_ENV", "PYTEST_")


def environment(**more: str) -> dict[str, str]:
    """Return the variables of a new user: those of this process, but none of its environment."""
    path = [each for each in os.environ["PATH"].split(os.pathsep) if ".venv" not in each]
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_OF_THESE_TESTS)
    }
    return {**kept, "PATH": os.pathsep.join(path), **more}


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
