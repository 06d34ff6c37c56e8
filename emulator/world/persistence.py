"""Worlds that outlive their server: stored in a folder as they change, exported at the end."""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path

from emulator.atomic import make_folder, write_whole
from emulator.errors import SnapshotError
from emulator.settings import Settings
from emulator.world.snapshot_document import document_parts
from emulator.world.snapshot_reader import SnapshotReader
from emulator.world.state_folder import StateFolder
from emulator.world.world import World
from emulator.world.worlds import Worlds

logger = logging.getLogger("emulator")


class Persistence:
    """Stores worlds as the settings `state` and `export_on_exit` ask; without them, does nothing.

    Raises StartupError for a folder that can't be used.
    """

    def __init__(self, worlds: Worlds, settings: Settings, reader: SnapshotReader) -> None:
        self._worlds = worlds
        export, state = settings.export_on_exit, settings.state
        self._export_to = make_folder(export, "--export-on-exit") if export else None
        self._keeper = StateFolder(make_folder(state, "--state"), reader) if state else None
        self._task: asyncio.Task[None] | None = None
        if self._keeper is not None:
            worlds.recall, worlds.forget = self._keeper.recall, self._keeper.forget

    def begin(self) -> None:
        """Store worlds as they change, from a task of the running event loop."""
        if self._keeper is not None:
            self._task = asyncio.create_task(self._keeper.run())

    async def end(self) -> None:
        """Write the latest changes and the export, since the server ends."""
        if self._keeper is not None and self._task is not None:
            self._keeper.end()
            try:
                await self._task
            finally:
                self._keeper.close()
        if self._export_to is not None:
            export(self._worlds, self._export_to)

    def close(self) -> None:
        """Let another process have the folder."""
        if self._keeper is not None:
            self._keeper.close()


def export(worlds: Iterable[World], folder: Path) -> None:
    """Write each world into a file of its own, and log what can't be written."""
    for world in worlds:
        path = folder / f"{world.reference}.json"
        try:
            write_whole(path, document_parts(world.snapshot()), private=True)
        except (OSError, SnapshotError) as error:
            logger.error("cannot write %s: %s", path, error)
