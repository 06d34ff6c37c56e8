"""Asks an emulator about a call: its chat, the words of its other side, why it was refused."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from emulator.cli.http import Remote
from emulator.errors import EmulatorError
from emulator.twilio.events import CallEvent
from emulator.twilio.record import TranscriptLine

_PAGE_SIZE = 100
_CALLS = "kind=http&operation=answer-twilio-call"
_REFUSALS = ("call_refused", "call_field_missing")


class CallWords:
    """Asks an emulator what the assistant of a call has said, as the call goes on."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._call_sid = ""
        self.chat_id: str | None = None
        self._by_time: dict[int, str] = {}  # what was said in the speech that began at a time (ms)
        self._taken = 0  # events of the chat

    def look_at(self, event: CallEvent) -> str:
        """Return what was said since the last time, for speech of the other side; else ''."""
        if event.kind == "dialled":
            self._call_sid = str(event.data["call_sid"])
        if event.kind != "answerer":
            return ""
        with suppress(EmulatorError):  # how long somebody spoke is shown all the same
            said = self._by_time[event.at_ms] = self._new_words()
            return said
        return ""

    def in_words(self, line: TranscriptLine) -> TranscriptLine:
        """Return a line of the transcript in words, if they are known."""
        said = self._by_time.get(line.at_ms) if line.who == "answerer" else None
        return replace(line, text=said) if said else line

    def find_chat(self) -> str | None:
        """Return the id of the chat that the call had; None if there was none."""
        with suppress(EmulatorError):
            if self.chat_id is None and (own := self._own_call()) is not None:
                self.chat_id = own["chat_id"]
        return self.chat_id

    def refusals(self) -> list[str]:
        """Return why the emulator did not let the call begin a chat; nothing if it did."""
        with suppress(EmulatorError):
            entries = self._remote.call("GET", f"/_emulator/journal?{_CALLS}")["entries"]
            own = [each for each in entries if self._call_sid in str(each.get("request"))]
            findings = [finding for each in own for finding in each.get("findings", ())]
            return [each["expected"] for each in findings if each["code"] in _REFUSALS]
        return []

    def _new_words(self) -> str:
        self.chat_id = self.chat_id or self._find_chat()
        if self.chat_id is None:
            return ""
        number, skipped = divmod(self._taken, _PAGE_SIZE)
        path = f"/v0/evi/chats/{self.chat_id}?page_size={_PAGE_SIZE}&page_number={number}"
        events: list[Any] = self._remote.call("GET", path)["events_page"][skipped:]
        self._taken += len(events)
        return " ".join(each["message_text"] for each in events if each["type"] == "AGENT_MESSAGE")

    def _find_chat(self) -> str | None:
        """Return the call's own chat, or the only one that is live: another server's."""
        if (own := self._own_call()) is not None:
            chat_id: str | None = own["chat_id"]
            return chat_id
        live: list[str] = self._remote.call("GET", "/_emulator/chats/live")["chat_ids"]
        return live[0] if len(live) == 1 else None

    def _own_call(self) -> Any:
        calls = self._remote.call("GET", "/_emulator/calls")["calls"]
        return next((each for each in calls if each["call_sid"] == self._call_sid), None)
