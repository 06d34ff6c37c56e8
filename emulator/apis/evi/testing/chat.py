"""Chats as tests see them: what was said, what came in, how they ended."""

from typing import Any

from emulator.apis.evi.state import EviState
from emulator.apis.evi.testing.tool_calls import unanswered_calls
from emulator.errors import UsageError, ValidationFailed, closest
from emulator.handles.bridge import DEFAULT_TIMEOUT_S, Bridge
from emulator.handles.diagnosis import (
    ExpectationFailed,
    everything,
    explain,
    matches_message,
    short_fields,
)
from emulator.handles.leftovers import leftovers
from emulator.handles.tracebacks import is_on_purpose
from emulator.journal.entries import FrameEntry
from emulator.jsontext import JsonObject
from emulator.redaction.values import hide_in_json
from emulator.waiting import until
from emulator.world.world import World

__tracebackhide__ = is_on_purpose

_SPOKEN = {"USER_MESSAGE": "user", "AGENT_MESSAGE": "assistant"}


class ChatHandle:
    """One chat of a world, live or over.

    Expectations look at the frames that its client sends, each of which meets one at most.
    """

    def __init__(self, id: str, world: World, bridge: Bridge) -> None:
        self.id = id
        self._world = world
        self._bridge = bridge
        self._seen = 0  # frames up to this number of the journal have met an expectation

    def __repr__(self) -> str:
        return f"<chat {self.id} {self._bridge.glance(self._shown_status)}>"

    def _shown_status(self) -> str:
        chat = self._world.state(EviState).chats.find_chat(self.id)
        return "is gone: the world was reset" if chat is None else str(chat["status"])

    # what it is

    @property
    def group_id(self) -> str:
        return str(self._document()["chat_group_id"])

    @property
    def status(self) -> str:
        """Return the status, such as ACTIVE or USER_ENDED."""
        return str(self._document()["status"])

    @property
    def is_live(self) -> bool:
        return self._bridge.call(lambda: self.id in self._world.state(EviState).live)

    @property
    def events(self) -> list[JsonObject]:
        """Return the history, as REST shows it."""
        return self._bridge.call(
            lambda: list(self._world.state(EviState).chats.iter_events(self.id))
        )

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Return what was said: ('user', 'Hello'), ('assistant', 'Hi!'), ..."""
        return [
            (_SPOKEN[event["type"]], event["message_text"])
            for event in self.events
            if event["type"] in _SPOKEN
        ]

    @property
    def errors(self) -> list[JsonObject]:
        """Return the error frames that its client was sent, such as a strict script's."""
        frames = self._bridge.call(
            lambda: list(self._world.journal.entries(kind="frame", chat_id=self.id))
        )
        contents = [each.get("content") for each in frames if not each.get("joined")]
        return [each for each in contents if isinstance(each, dict) and each.get("type") == "error"]

    def transcript(self) -> str:
        """Return the history as text, a line for each event, to be stored and compared.

        With a random seed and a manual clock, every run gives the same text.
        """
        events = self.events
        begin_ms = events[0]["timestamp"] if events else 0
        return "".join(
            f"{(event['timestamp'] - begin_ms) / 1000:.3f} {event['role']} {event['type']} "
            f"{event['message_text']!r}\n"
            for event in events
        )

    def _document(self) -> JsonObject:
        chat = self._bridge.call(lambda: self._world.state(EviState).chats.find_chat(self.id))
        if chat is None:
            raise LookupError(f"chat {self.id} is gone: the world was reset")
        return chat

    # what a test does

    def send(self, **message: Any) -> None:
        """Send a message through the control plane, such as type='user_input', text='Hello'.

        Raises ValidationFailed for an invalid message, LookupError if the chat is over.
        """

        def run() -> None:
            live = self._world.state(EviState).live.get(self.id)
            if live is None:
                raise LookupError(f"chat {self.id} is not live any more")
            problems = live.receive_json(message)
            if problems:
                raise ValidationFailed(problems)

        self._bridge.call(run)

    # what a test expects of the client

    def expect(self, type: str, timeout: float = DEFAULT_TIMEOUT_S, **fields: Any) -> JsonObject:
        """Wait for the client's next frame of that type with these fields, and return it.

        Frames that met an expectation before don't count. Raises ExpectationFailed after
        `timeout` s, or when the chat is over, with what came instead; UsageError for a type that
        no client sends.
        """
        return self._bridge.run(self._expect(type, timeout, fields))

    async def aexpect(
        self, type: str, timeout: float = DEFAULT_TIMEOUT_S, **fields: Any
    ) -> JsonObject:
        """Wait as `expect` does, in an async test."""
        return await self._bridge.arun(self._expect(type, timeout, fields))

    def expect_tool_response(self, timeout: float = DEFAULT_TIMEOUT_S, **fields: Any) -> JsonObject:
        """Wait for the client's answer to a tool call, and return it."""
        return self.expect("tool_response", timeout, **fields)

    async def aexpect_tool_response(
        self, timeout: float = DEFAULT_TIMEOUT_S, **fields: Any
    ) -> JsonObject:
        """Wait as `expect_tool_response` does, in an async test."""
        return await self.aexpect("tool_response", timeout, **fields)

    async def _expect(self, type: str, timeout: float, fields: dict[str, Any]) -> JsonObject:
        _check_type(type)
        wanted = {"type": type, **fields}
        found: list[tuple[int, JsonObject]] = []
        looked = self._seen  # up to this number: a client that talks wakes this 50 times a second

        def is_decided() -> bool:
            nonlocal looked
            after = max(looked, self._seen)  # another thread may have got the next one
            came, looked = self._frames(after), self._world.journal.seq
            found[:] = [each for each in came if matches_message(wanted, each[1])]
            return bool(found) or self.id not in self._world.state(EviState).live

        await until(self._world.journal.watchers, is_decided, timeout)
        if not found:
            self._fail(wanted, timeout)
        self._seen, content = found[0]
        return content

    def _frames(self, after: int = 0) -> list[tuple[int, JsonObject]]:
        """Return what the client sent, as it sent it, with each frame's number in the journal."""
        wanted: JsonObject = {"kind": "frame", "chat_id": self.id, "direction": "in"}
        frames = [
            (entry.seq, entry.plain("content", entry.content))
            for entry in self._world.journal.kept_singly(after, **wanted)
            if isinstance(entry, FrameEntry) and not entry.joined
        ]
        return [(seq, content) for seq, content in frames if isinstance(content, dict)]

    def _fail(self, wanted: JsonObject, timeout: float) -> None:
        came = self._frames(self._seen)
        before = [each for each in self._frames() if each[0] <= self._seen]
        hint = ""
        if any(matches_message(wanted, content) for _, content in before):
            hint = "such a frame came before one that an earlier expectation has met"
        hint = hint or self._simulation_hint() or unanswered_calls(self._world, self.id)
        is_over = self.id not in self._world.state(EviState).live
        when = "before the chat was over" if is_over else f"within {timeout:g} s"
        what = f"the client sent no {short_fields(hide_in_json(wanted))} {when}"
        left = leftovers(self._world)
        told = explain(what, wanted, came or before, self._entries(), hint, left=left)
        raise ExpectationFailed(told)

    def _simulation_hint(self) -> str:
        """Say that no client sends frames, if the emulator plays this chat's client."""
        entries = self._world.journal.kept(kind="frame", chat_id=self.id)
        if not any(isinstance(each, FrameEntry) and each.simulated for each in entries):
            return ""
        return (
            "the emulator simulates this chat's client, which sends no frames; let your program "
            "open the chat, and get it with evi.next_chat()"
        )

    def closed(self, code: int = 1000, timeout: float = DEFAULT_TIMEOUT_S) -> None:
        """Wait until its socket is closed with that code, by either side.

        Raises ExpectationFailed.
        """
        self._bridge.run(self._closed(code, timeout))

    async def aclosed(self, code: int = 1000, timeout: float = DEFAULT_TIMEOUT_S) -> None:
        """Wait as `closed` does, in an async test."""
        await self._bridge.arun(self._closed(code, timeout))

    async def _closed(self, code: int, timeout: float) -> None:
        world = self._world

        closes: list[tuple[int | None, JsonObject]] = []
        looked = 0

        def is_closed() -> bool:
            nonlocal looked
            frames = world.journal.kept(looked, kind="frame", chat_id=self.id)
            closes.extend(
                (each.seq, {"code": each.close})
                for each in frames
                if isinstance(each, FrameEntry) and each.close is not None and not each.joined
            )
            looked = world.journal.seq
            return bool(closes)

        await until(world.journal.watchers, is_closed, timeout)
        if code not in [close["code"] for _, close in closes]:
            what = f"the socket was not closed with {code} within {timeout:g} s"
            hint = unanswered_calls(world, self.id)
            left = leftovers(world)
            told = explain(what, {"code": code}, closes, self._entries(), hint, left=left)
            raise ExpectationFailed(told)

    def _entries(self) -> list[JsonObject]:
        return everything(self._world.journal)


_SENT_BY_CLIENTS = (
    "session_settings",
    "audio_input",
    "user_input",
    "assistant_input",
    "tool_response",
    "tool_error",
    "pause_assistant_message",
    "resume_assistant_message",
    "audio",  # a binary frame
)


def _check_type(type: str) -> None:
    if type not in _SENT_BY_CLIENTS:
        known = ", ".join(_SENT_BY_CLIENTS)
        raise UsageError(
            f"no client sends {type!r}{closest(type, _SENT_BY_CLIENTS)}; expect looks at what the "
            f"client sends: {known}. What the assistant said is in chat.messages"
        )
