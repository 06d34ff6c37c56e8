"""Prints for `serve`: a line for each thing that happens, as it happens.

Chats, webhooks, refused requests, and a script whose file was read again have one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TextIO
from weakref import ref

from emulator.cli.colour import Paint
from emulator.cli.line_writer import LineWriter
from emulator.cli.refusal import refusal_text
from emulator.handles.diagnosis import describe
from emulator.journal.entries import (
    Entry,
    FrameEntry,
    HttpEntry,
    ScriptEntry,
    WebhookEntry,
    WorldEntry,
)
from emulator.journal.views import BODY
from emulator.redaction.printable import visible
from emulator.server import Server
from emulator.world.world import World

Tell = Callable[[str, str, str], None]  # a kind, a style and the rest of a line

_MOST_CHATS = 10_000  # that are remembered as open; the oldest are forgotten first
_SHORT = 8  # characters of a world's reference
_LONGEST_WHY = 300  # characters
_REFUSED = 400  # the lowest status of a refusal


def tell_what_happens(server: Server, stream: TextIO, paint: Paint) -> None:
    """Print a line for each event in any world of the server, until it ends."""
    writer = LineWriter(stream)
    server.at_end.append(writer.close)
    live = Live(writer.write, paint)
    server.app.world_watchers.append(live.watch)
    server.app.refusal_watchers.append(live.tell_refusal)


class Live:
    """Makes the lines of all worlds. Lines name the world once there are several."""

    def __init__(self, write: Callable[[str], None], paint: Paint) -> None:
        self._write = write
        self._paint = paint
        self._first = ""  # the reference of the first world
        self._are_several = False

    def watch(self, world: World) -> None:
        """Print what happens in a world from now on."""
        self._first = self._first or world.reference
        self._are_several |= world.reference != self._first
        where = world.reference[:_SHORT]

        def tell(kind: str, style: str, text: str) -> None:
            self._print(kind, style, text, where if self._are_several else "")

        lines, watched = WorldLines(tell), ref(world)  # its journal keeps what looks at it

        def look() -> None:
            world = watched()
            entry = None if world is None else world.journal.newest
            if entry is not None and entry.seq > lines.seen:
                lines.tell(entry)

        world.journal.watchers.append(look)

    def tell_refusal(self, asked: str, why: str) -> None:
        """Print that a request was refused before it had a world."""
        self._print("refused", "red", f"{asked}: {why}", "")

    def _print(self, kind: str, style: str, text: str, world: str) -> None:
        now = self._paint("dim", time.strftime("%H:%M:%S"))
        label = self._paint(style, f"{kind:8}")
        suffix = self._paint("dim", f"  (world {world})") if world else ""
        self._write(f"{now}  {label} {visible(text)}{suffix}")


@dataclass
class Open:
    """A chat that has begun and not ended."""

    began_ms: int
    findings: int = 0


@dataclass
class WorldLines:
    """Picks the entries of one world's journal that are worth a line."""

    say: Tell
    seen: int = 0  # the number of the last entry that was looked at
    open: dict[str, Open] = field(default_factory=dict)  # by chat id

    def tell(self, entry: Entry) -> None:
        """Print the line of a new entry, if it has one."""
        self.seen = entry.seq
        if isinstance(entry, FrameEntry):  # most entries are frames of a chat that goes on
            if entry.chat_id is not None and not entry.joined:
                self._tell_frame(entry, entry.chat_id)
        elif isinstance(entry, HttpEntry):
            if entry.status is None or entry.status >= _REFUSED:
                self.say("refused", "red", _refused(entry))
        elif isinstance(entry, WorldEntry):
            self.say("world", "yellow", describe(entry.to_json()).removeprefix("world").lstrip())
        elif isinstance(entry, WebhookEntry):
            is_good = entry.status is not None and 200 <= entry.status < 300
            text = describe(entry.to_json()).removeprefix("webhook").lstrip()
            self.say("webhook", "green" if is_good else "red", text)
        elif isinstance(entry, ScriptEntry) and entry.finding == "script_read":
            self.say("script", "yellow", entry.message)

    def _tell_frame(self, entry: FrameEntry, chat_id: str) -> None:
        chat = self.open.get(chat_id)
        if chat is None:
            chat = self.open[chat_id] = Open(entry.at_ms)
            if len(self.open) > _MOST_CHATS:
                del self.open[next(iter(self.open))]
            begun = "is simulated" if entry.simulated else "has begun"
            self.say("chat", "cyan", f"{chat_id} {begun}")
        chat.findings += len(entry.findings)
        if entry.close is not None:
            del self.open[chat_id]
            self.say("chat", "cyan", f"{chat_id} {_end(entry, chat)}")


def _refused(entry: HttpEntry) -> str:
    """Render a request that was refused, with the reason in words where the answer has one."""
    if entry.status is None:
        return f"{entry.method} {entry.path}: broken off"
    why = (entry.error or _why(entry.response)).replace("\n", "; ")
    return f"{entry.method} {entry.path} -> {entry.status} {why[:_LONGEST_WHY]}".rstrip()


@lru_cache(16)  # clients repeat their mistakes
def _why(answer: bytes) -> str:
    shown = str(BODY.shown(answer))
    return refusal_text(shown) or shown


def _end(entry: FrameEntry, chat: Open) -> str:
    seconds = (entry.at_ms - chat.began_ms) / 1000
    by = "the client" if entry.direction == "in" else "the emulator"
    why = f": {entry.error}" if entry.error else ""
    found = f"; findings about the client: {chat.findings}" if chat.findings else ""
    return f"has ended after {seconds:.1f} s, closed by {by} with {entry.close}{why}{found}"
