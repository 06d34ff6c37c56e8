"""Redirects a whole program, by its environment: the start-up hook's part."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from .libraries import install
from .patching import Patching

TYPE_CHECKING = False  # the module typing takes a program's start some milliseconds
if TYPE_CHECKING:
    from .target import Target

NOTES_ENV = "EVI_EMULATOR_REDIRECTIONS"  # the file that `exec` reads at the end
CA_FILE_ENV = "EVI_EMULATOR_CA_FILE"


_told: set[str] = set()


def start() -> None:
    """Redirect what this process will send to the service to where HUME_BASE_URL says."""
    install(Patching(_target, setattr, _note, _tell))


def _target() -> Target:
    given = os.environ.get
    url, key = given("HUME_BASE_URL", ""), given("HUME_API_KEY", "")
    module = import_module(f"{__package__}.target")  # what only networking programs need
    target: Target = module.read_target(url, key, given(CA_FILE_ENV))
    return target


def _note(library: str) -> None:
    _write("redirected", library)


def _tell(problem: str) -> None:
    """Tell a problem once; what follows of it says no more."""
    if problem not in _told:
        _told.add(problem)
        sys.stderr.write(f"evi-emulator: {problem}\n")
        _write("refused", problem)


def _write(kind: str, text: str) -> None:
    """Add a line to the file of notes; a program without one, or that can't write it, goes on."""
    path = os.environ.get(NOTES_ENV)
    if not path:
        return
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    except OSError:
        return
    try:
        os.write(file, f"{kind}\t{text}\n".encode())
    except OSError:
        pass
    finally:
        os.close(file)
