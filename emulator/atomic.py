"""Writes files whole: a reader finds the old content or the new, even after a crash."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from emulator.errors import StartupError
from emulator.ids import IdSource

PRIVATE = 0o600  # the mode of a file that only its owner can read
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{32}\.tmp")


def write_whole(path: Path, content: Iterable[bytes], private: bool = False) -> None:
    """Put the content, part by part, in the file's place; return once the disk has it.

    Only its owner can read a private file, whatever mode the old one had. Raises OSError.
    """
    path = path.resolve()  # of a link, what it leads to
    temporary = path.with_name(f".{path.name}.{IdSource().secret()}.tmp")
    try:
        with open(temporary, "xb", opener=_open_private if private else None) as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _open_private(name: str, flags: int) -> int:
    return os.open(name, flags, PRIVATE)


def remove(path: Path) -> None:
    """Remove the file for good, if it exists. Raises OSError."""
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove the unfinished files of a killed process. Raises OSError."""
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


def make_folder(name: str, flag: str) -> Path:
    """Return the folder, created if needed, after a test that it is writable.

    Raises StartupError.
    """
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe.{IdSource().secret()}.tmp"
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        why = error.strerror or error
        raise StartupError(
            f"{flag} expected a folder that can be written, got {name}: {why}; choose another"
        ) from None
    return folder


def _sync_folder(folder: Path) -> None:
    """Make changes of a folder's names survive a crash, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
