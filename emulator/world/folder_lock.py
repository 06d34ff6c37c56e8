"""A lock on a folder that goes away with its process, however that ends."""

import os
from pathlib import Path

from emulator.errors import StartupError


class FolderLock:
    """Held from the start until it is released. Raises StartupError if somebody else has it."""

    def __init__(self, folder: Path) -> None:
        try:
            import fcntl
        except ImportError:
            raise StartupError(f"{folder} can't be locked: this system has no flock") from None
        path = folder / ".lock"
        try:
            self._file = path.open("a+")
        except OSError as error:
            raise StartupError(f"cannot lock {folder}: {path.name}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = self._holder()
            self._file.close()
            raise StartupError(
                f"--state {folder}: expected a folder of its own, but {holder} uses it; "
                "stop that one, or choose another folder"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def _holder(self) -> str:
        self._file.seek(0)
        number = self._file.read(20)
        return f"the emulator with process id {number}" if number.isdigit() else "another emulator"

    def release(self) -> None:
        self._file.close()
