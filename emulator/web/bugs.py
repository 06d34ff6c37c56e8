"""Reports a bug of the emulator: the log gets the traceback, the caller's journal the error and
its place, and the client a reference to both.
"""

import logging
import traceback
from dataclasses import dataclass

from emulator.errors import INTERNAL_ERROR, ApiError, api_error
from emulator.ids import IdSource
from emulator.journal.entries import BugEntry
from emulator.journal.journal import Journal
from emulator.redaction.log import Lines
from emulator.redaction.names import HIDDEN
from emulator.redaction.text import hide_in_text
from emulator.world.world import World

logger = logging.getLogger("emulator")

_LONGEST_SHOWN = 500  # characters of an exception's message
_SHORTEST_KEY = 8  # a shorter one may as well be a word
_references = IdSource()


@dataclass(frozen=True, slots=True)
class Bug:
    """The facts about a bug that the client and the journal may see."""

    reference: str
    error: str  # the exception's type and message

    def answer(self) -> ApiError:
        """Return the answer: a 500 with the reference."""
        return api_error(INTERNAL_ERROR, reference=self.reference)


def report(error: Exception, where: str, world: World | None) -> Bug:
    """Log a bug, without keys, under a new reference."""
    bug = Bug(_references.uuid(), _without_keys(_in_short(error), world)[:_LONGEST_SHOWN])
    details = _without_keys("".join(traceback.format_exception(error)), world)
    logger.error("bug %s in %s\n%s", bug.reference, where, Lines(details.rstrip()))
    return bug


def note(bug: Bug, journal: Journal, chat_id: str | None = None) -> None:
    """Add an entry for a bug in a chat or in a timer; a bug in a request is in its entry."""
    journal.add(BugEntry(chat_id=chat_id, reference=bug.reference, error=bug.error))


def _in_short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _without_keys(text: str, world: World | None) -> str:
    if world is not None and len(world.api_key) >= _SHORTEST_KEY:
        text = text.replace(world.api_key, HIDDEN)
    return hide_in_text(text)
