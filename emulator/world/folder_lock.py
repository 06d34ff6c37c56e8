"""A lock on a folder, which the system releases when the process ends, however that happens.

Only a server that keeps its worlds imports this module, and with it the library.
"""

import os
import re
from pathlib import Path

from filelock import lock_descriptor, unlock_descriptor

from emulator.errors import StartupError

_PROCESS_ID = re.compile(rb"id ([0-9]+)")
_LONGEST_ID = 20  # characters


class FolderLock:
    """Holds a folder until it is released. Raises StartupError if another emulator holds it.

    The file `.lock` names the holder. Windows lets nobody else read its first byte, which is
    the one that is locked, so the name is read from the second byte on.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / ".lock"
        try:
            path.touch()
            self._file = path.open("r+b", buffering=0)
        except OSError as error:
            raise _cannot_lock(path, error) from None
        try:
            is_ours = lock_descriptor(self._file.fileno(), blocking=False)
        except OSError as error:
            self._file.close()
            raise _cannot_lock(path, error) from None
        if not is_ours:
            holder = self._holder()
            self._file.close()
            raise StartupError(
                f"--state {folder}: expected a folder of its own, but {holder} uses it; "
                "stop that one, or choose another folder"
            )
        self._file.write(f"pid {os.getpid():<{_LONGEST_ID}}\n".encode())

    def _holder(self) -> str:
        self._file.seek(1)
        found = _PROCESS_ID.match(self._file.read(_LONGEST_ID))
        return f"the emulator with process id {int(found[1])}" if found else "another emulator"

    def release(self) -> None:
        """Let another process have the folder."""
        if not self._file.closed:
            unlock_descriptor(self._file.fileno())
            self._file.close()


def _cannot_lock(path: Path, error: OSError) -> StartupError:
    return StartupError(f"cannot lock {path.parent}: {path.name}: {error.strerror}")
