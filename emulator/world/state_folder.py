"""A folder with a file for each world: read when its key is first used, written as it changes."""

import asyncio
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emulator.atomic import PRIVATE, remove, remove_leftovers, write_whole
from emulator.errors import STATE_DAMAGED, SnapshotError, StartupError, api_error
from emulator.world.folder_lock import FolderLock
from emulator.world.snapshot import Snapshot
from emulator.world.snapshot_document import document_parts
from emulator.world.snapshot_reader import SnapshotReader
from emulator.world.world import World

logger = logging.getLogger("emulator")

_FILE = re.compile(r"[0-9a-f]{16}\.json")
PAUSE_S = 1.0  # between two looks at all worlds
_LOOKED_AT_ONCE = 50  # worlds; then the event loop serves requests
_SHARE = 4  # the pause is at least so many times as long as the look before it


@dataclass(slots=True)
class StoredWorld:
    """A world, and the snapshot in its file; `trouble` is why the last writing failed."""

    world: World
    last: Snapshot
    trouble: str = ""


class StateFolder:
    """Keeps the worlds of one server in a folder that no other server may use.

    Raises StartupError if another one uses it, or if a file is damaged, which stays as it is.
    """

    def __init__(self, folder: Path, reader: SnapshotReader) -> None:
        self._folder = folder
        self._reader = reader
        self._kept: dict[str, StoredWorld] = {}  # by the world's reference
        self._seen: set[str] = set()  # references of worlds whose files are not read again
        self._forgotten: list[str] = []  # references of worlds whose files are to be removed
        self._ending = asyncio.Event()
        self._lock = FolderLock(folder)
        try:
            self._check_files()
            remove_leftovers(folder)
        except BaseException:
            self._lock.release()
            raise

    def _check_files(self) -> None:
        damaged = list(self._damaged())
        if damaged:
            lines = "\n".join(damaged)
            raise StartupError(
                f"--state {self._folder}: mend or move away what is damaged\n{lines}"
            )

    def _damaged(self) -> Iterator[str]:
        """Yield a sentence for each file that its checksum, or the system, shows to be bad."""
        for path in sorted(self._folder.iterdir()):
            if _FILE.fullmatch(path.name):
                try:
                    path.chmod(PRIVATE)  # an earlier version let others read it
                    self._reader.read_outline(path.read_bytes(), path.name)
                except SnapshotError as error:
                    yield str(error)
                except OSError as error:
                    yield f"{path.name}: {error.strerror}"

    # worlds that come and go

    def recall(self, world: World) -> None:
        """Restore the world of a key that is first used. Raises ApiError for a damaged file."""
        path = self._path(world.reference)
        last = None
        if world.reference not in self._seen and path.exists():
            last = self._read(path)
            world.restore(last)
            world.rename(last.name)
        self._seen.add(world.reference)
        self._kept[world.reference] = StoredWorld(world, last or world.snapshot())

    def _read(self, path: Path) -> Snapshot:
        try:
            return self._reader.read(path.read_bytes(), path.name)
        except SnapshotError as error:
            raise api_error(STATE_DAMAGED, why=error) from None
        except OSError as error:
            raise api_error(STATE_DAMAGED, why=f"{path.name}: {error.strerror}") from None

    def forget(self, world: World) -> None:
        """Have a world's file removed, unless its key has a newer world by now."""
        kept = self._kept.get(world.reference)
        if kept is not None and kept.world is world:
            del self._kept[world.reference]
            self._forgotten.append(world.reference)

    # writing

    async def run(self) -> None:
        """Write what has changed, again and again, and once more at the end."""
        loop = asyncio.get_running_loop()
        while not self._ending.is_set():
            began = loop.time()
            await self.write_changes()
            await self._pause(max(PAUSE_S, _SHARE * (loop.time() - began)))
        await self.write_changes()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            pass

    def end(self) -> None:
        """Let `run` write once more and return."""
        self._ending.set()

    def close(self) -> None:
        """Let another server have the folder."""
        self._lock.release()

    async def write_changes(self) -> None:
        """Write each world that differs from its file; the event loop serves meanwhile."""
        while self._forgotten:
            await self._remove(self._path(self._forgotten.pop()))
        for number, (reference, kept) in enumerate(list(self._kept.items())):
            if number % _LOOKED_AT_ONCE == 0:
                await asyncio.sleep(0)
            if self._kept.get(reference) is kept and not kept.world.is_as_in(kept.last):
                await self._write(reference, kept)

    async def _write(self, reference: str, kept: StoredWorld) -> None:
        snapshot = kept.world.snapshot()  # costs nothing, and nobody changes what the thread reads
        try:
            await asyncio.to_thread(_write_file, self._path(reference), snapshot)
        except Exception as error:  # of any kind: the other worlds must still be written
            trouble = getattr(error, "strerror", None) or str(error)
            if trouble != kept.trouble:  # each look tries again, but logs an error only once
                kept.trouble = trouble
                logger.error("cannot write %s: %s", self._path(reference), trouble)
        else:
            kept.last, kept.trouble = snapshot, ""

    async def _remove(self, path: Path) -> None:
        try:
            await asyncio.to_thread(remove, path)
        except OSError as error:
            logger.error("cannot remove %s: %s", path, error.strerror)

    def _path(self, reference: str) -> Path:
        return self._folder / f"{reference}.json"


def _write_file(path: Path, snapshot: Snapshot) -> None:
    write_whole(path, document_parts(snapshot), private=True)
