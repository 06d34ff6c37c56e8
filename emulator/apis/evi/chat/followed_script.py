"""The scripts that worlds begin with; that of a file is read again once the file changes."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from emulator.apis.evi.chat.finding_scripts import bundled_scripts
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.script_reading import script_from
from emulator.errors import ScriptError, UsageError
from emulator.source_files import UnreadableError, file_beside, read_source_file

logger = logging.getLogger("emulator")

Stamp: TypeAlias = tuple[int, int, int] | None


def named_script(name: str) -> Script:
    """Return a bundled script, or a file's; an empty script for ''. Raises ScriptError.

    The worlds that begin with the script of a file follow it (`FollowedScript`).
    """
    if not name:
        return Script()
    return script_from(name) if name in bundled_scripts() else FollowedScript(name).script


class FollowedScript:
    """The script of a file, which is read again once the file has changed.

    All worlds that begin with it share one. `revision` counts the changes that were seen; after a
    change that can't be read, `mistake` says why, and `script` stays the last good one. The files
    of its sounds are followed, too.
    """

    def __init__(self, name: str) -> None:
        """Read the file. Raises ScriptError."""
        self.path = Path(name).absolute()
        self.revision = 0
        self.mistake: str | None = None
        self._stamps = self._new_stamps()
        self.script = self._read(name)

    def look(self) -> None:
        """Read the file again if it, or one of its sounds, has changed.

        Else it costs one look at the folder for each file.
        """
        if all(_stamp(path) == stamp for path, stamp in self._stamps.items()):
            return
        self._stamps = self._new_stamps()
        self.revision += 1
        try:
            self.script = self._read(str(self.path))
            self.mistake = None
        except ScriptError as error:
            told = str(error).replace("\n", "; ")  # it is one line of the console
            is_there = self._stamps[self.path] is not None
            self.mistake = told if is_there else f"{self.path.name}: the file is gone"
            logger.warning("chats keep the last good script: %s", self.mistake)

    def _new_stamps(self) -> dict[Path, Stamp]:
        return {path: _stamp(path) for path in (self.path, *_files_of_sounds(self.path))}

    def _read(self, name: str) -> Script:
        script = script_from(name)
        script.followed = self
        return script


def _stamp(path: Path) -> Stamp:
    """Return what changes with a file: its time, size and number; None if it does not exist."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _files_of_sounds(path: Path) -> list[Path]:
    """Return the files of sounds that a script's file names, as far as both can be found."""
    try:
        content = read_source_file(path).content
    except UnreadableError:
        return []
    sounds = content.get("sounds") if isinstance(content, dict) else None
    listed = sounds if isinstance(sounds, list) else ()  # else a mistake of form, found later
    named = [each.get("file") for each in listed if isinstance(each, dict)]
    found = []
    for name in named:
        with suppress(UsageError):
            found += [file_beside(path, name)] if isinstance(name, str) else []
    return found
