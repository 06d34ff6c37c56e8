"""Checks a world's cassette when the server or the world begins; a mistake stops the start."""

import os
from pathlib import Path

from emulator.errors import UsageError
from emulator.settings import Settings


def check_cassette(settings: Settings) -> None:
    """Raise UsageError for a cassette that can't be read, or that nothing can be added to."""
    if settings.model_cassette:
        path, mode = Path(settings.model_cassette), settings.model_cassette_mode
        problem = _problem(path) or (_replay_problem(path) if mode == "replay" else None)
        if problem is None and mode != "replay":
            problem = _record_problem(path)
        if problem is not None:
            raise UsageError(f"model_cassette {problem}")


def _problem(path: Path) -> str | None:
    if path.exists() and not path.is_file():
        return f"must be a file, but {path} is none"
    return None


def _replay_problem(path: Path) -> str | None:
    if not path.exists():
        return (
            f"must be a file that is there with model_cassette_mode replay, but {path} is not: "
            "record it first, with the mode auto or record"
        )
    return None if os.access(path, os.R_OK) else f"must be readable, but {path} is not"


def _record_problem(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"must be in a folder that is there, but {path.parent} is none: make it first"
    target = path if path.exists() else path.parent
    if os.access(target, os.W_OK):
        return None
    return (
        f"must be writable, but {target} is not: a recorded file needs model_cassette_mode replay "
        "to be read alone"
    )
