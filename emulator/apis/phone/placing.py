"""Places a call in a world, as `evi-emulator call` does outside of one.

The world's clock is the call's time: if it is frozen, the call moves it. Its settings say which
URLs may be called and where they lead. The journal has all that happens.
"""

from base64 import b64encode
from dataclasses import dataclass, replace
from functools import partial

from emulator.apis.evi.chat_voices import user_voice
from emulator.apis.evi.state import EviState
from emulator.apis.phone.aftermath import Aftermath
from emulator.apis.phone.call_time import CallTime
from emulator.apis.phone.words import ChatsOfCall, with_words
from emulator.faults.rules import FaultRule
from emulator.hosts import WEBHOOK_SCHEMES, call_problem, mapped
from emulator.journal.entries import CallEntry
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject
from emulator.twilio import call as twilio
from emulator.twilio.events import CallEvent
from emulator.twilio.order import CallOrder
from emulator.twilio.posting import Urls
from emulator.twilio.record import CallRecord
from emulator.twilio.services import CallServices
from emulator.twilio.wav import stereo_wav
from emulator.world.world import World

_SCHEMES = (*WEBHOOK_SCHEMES, "wss", "ws")


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call that is over, and the chat that it has led to, if there was one."""

    record: CallRecord
    chat_id: str | None

    def to_json(self) -> JsonObject:
        """Return it as the control route answers."""
        return {**self.record.to_json(), "chat_id": self.chat_id}

    def sound(self) -> JsonObject:
        """Return both sides as the control route answers if asked: a WAV file in base64."""
        return {"sound": b64encode(self.wav()).decode()}

    def wav(self) -> bytes:
        """Return both sides as a WAV file, the caller on the left."""
        return stereo_wav(self.record.caller_sound, self.record.answerer_sound)


async def place_in(world: World, order: CallOrder) -> PlacedCall:
    """Place a call, and return it once it is over; a reset of the world ends it.

    Fault rules of the world strike it, beside those of the order.
    """
    rules: tuple[FaultRule, ...] = (*order.faults, *world.faults)
    call_sid = order.call_sid or f"CA{world.ids.secret()}"
    chats, aftermath = ChatsOfCall(world, call_sid), Aftermath(world, call_sid)
    services = CallServices(
        client=world.http,
        time=CallTime(world, call_sid, chats),
        urls=Urls(partial(_problem, world), partial(mapped, rules=world.settings.map_url)),
        voice=user_voice(world),
        announce=aftermath.tell_words,
        watch=partial(_note, world.journal, call_sid),  # a reset gives the world another one
        ids=world.ids,
    )
    call = twilio.PlacedCall(replace(order, call_sid=call_sid, faults=rules), services)
    watchers, work = world.state(EviState).watchers, world.work  # a reset gives it others
    work.on_close.append(call.hang_up)
    watchers.append(chats)
    try:
        record = await call.run()
    finally:
        watchers.remove(chats)
        if call.hang_up in work.on_close:
            work.on_close.remove(call.hang_up)
    record = with_words(aftermath.added_to(record), chats.sentences())
    return PlacedCall(record, chats.chat_id())


def _problem(world: World, url: str) -> str | None:
    settings = world.settings
    return call_problem(url, _SCHEMES, settings.call_hosts, settings.call_hosts_only)


def _note(journal: Journal, call_sid: str, event: CallEvent) -> None:
    """Add what happens to the journal."""
    text, data = event.text or None, dict(event.data)
    journal.add(CallEntry(call_sid, event.kind, event.at_ms, text, event.until_ms, data))
