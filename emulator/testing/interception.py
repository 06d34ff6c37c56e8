"""Leads what a test's own process sends to the service to a world."""

import sys
from typing import Protocol

from emulator.redirection.libraries import install
from emulator.redirection.patching import Patching
from emulator.redirection.target import read_target


class SetsAttributes(Protocol):
    """Sets attributes and undoes it, as pytest's fixture `monkeypatch` does."""

    def setattr(self, target: object, name: str, value: object, /) -> None:
        """Set an attribute until the test ends."""


def redirect_here(url: str, api_key: str, ca_file: str | None, monkeypatch: SetsAttributes) -> None:
    """Redirect this process's requests to the world with a key, at an emulator's URL."""
    target = read_target(url, api_key, ca_file)
    install(Patching(lambda: target, monkeypatch.setattr, _forget, _tell))


def _forget(library: str) -> None:
    """Do nothing: the world's journal has the requests."""


def _tell(problem: str) -> None:
    """Say what can't be redirected where pytest shows it."""
    sys.stderr.write(f"evi.patch_hume: {problem}\n")
