"""The words of a call's other side, which an emulator knows: it has the chat that speaks."""

from contextlib import suppress
from typing import Any

from emulator.cli.http import Remote
from emulator.errors import EmulatorError
from emulator.twilio.events import CallEvent

_PAGE_SIZE = 100


class CallWords:
    """Asks an emulator what the assistant of a call has said, as the call goes on."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._call_sid = ""
        self._chat_id: str | None = None
        self._taken = 0  # events of the chat

    def look_at(self, event: CallEvent) -> str:
        """Return what was said since the last time, for speech of the other side; else ''."""
        if event.kind == "dialled":
            self._call_sid = str(event.data["call_sid"])
        if event.kind != "answerer":
            return ""
        with suppress(EmulatorError):  # how long somebody spoke is shown all the same
            return self._new_words()
        return ""

    def _new_words(self) -> str:
        self._chat_id = self._chat_id or self._find_chat()
        if self._chat_id is None:
            return ""
        number, skipped = divmod(self._taken, _PAGE_SIZE)
        path = f"/v0/evi/chats/{self._chat_id}?page_size={_PAGE_SIZE}&page_number={number}"
        events: list[Any] = self._remote.call("GET", path)["events_page"][skipped:]
        self._taken += len(events)
        return " ".join(each["message_text"] for each in events if each["type"] == "AGENT_MESSAGE")

    def _find_chat(self) -> str | None:
        """Return the call's own chat, or the only one that is live: another server's."""
        for call in self._remote.call("GET", "/_emulator/calls")["calls"]:
            if call["call_sid"] == self._call_sid:
                own: str | None = call["chat_id"]
                return own
        live: list[str] = self._remote.call("GET", "/_emulator/chats/live")["chat_ids"]
        return live[0] if len(live) == 1 else None
