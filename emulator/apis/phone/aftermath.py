"""Adds to the record of a finished call what its world knows, and its caller didn't notice."""

from collections.abc import Iterator
from dataclasses import replace

from emulator.apis.evi.state import EviState
from emulator.apis.phone.findings import PHONE_FINDINGS
from emulator.apis.phone.state import PhoneState
from emulator.journal.entries import HttpEntry
from emulator.twilio.record import CallRecord
from emulator.world.world import World


class Aftermath:
    """Follows a call from its start: the words that were told, and why it was refused."""

    def __init__(self, world: World, call_sid: str) -> None:
        self._world = world
        self._call_sid = call_sid
        self._journal = world.journal  # a reset gives the world another one
        self._seq = world.journal.seq
        self._told: list[str] = []  # to the first chat that hears them

    async def tell_words(self, call_sid: str, text: str) -> None:
        """Tell the world what the caller says next: the call's chat, else the next to hear it."""
        if not self._world.state(PhoneState).add_words(call_sid, text):
            self._world.state(EviState).heard.append(text)
            self._told.append(text)

    def added_to(self, record: CallRecord) -> CallRecord:
        """Return the record with what only the world knows; words that nobody heard are gone."""
        return replace(
            record,
            problems=(*record.problems, *self._refusals()),
            notices=(*record.notices, *self._unheard()),
        )

    def _refusals(self) -> Iterator[str]:
        for entry in self._journal.kept(self._seq, kind="http", operation="answer-twilio-call"):
            assert isinstance(entry, HttpEntry)
            for finding in (each.to_json() for each in entry.findings):
                if finding["code"] in PHONE_FINDINGS:
                    yield f"the emulator has refused the call: {finding['expected']}"

    def _unheard(self) -> Iterator[str]:
        heard = self._world.state(EviState).heard
        for text in self._told:
            if text in heard:
                heard.remove(text)
                yield (
                    f"no chat of this world has heard {text!r}: does the server use this world's "
                    "URL and key?"
                )
