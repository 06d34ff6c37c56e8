"""Control routes of calls that have come in: a list, and what a caller says next."""

from emulator.apis.evi.state import EviState
from emulator.apis.phone.call import IncomingCall
from emulator.apis.phone.state import PhoneState
from emulator.control import ControlCall
from emulator.jsontext import Json, JsonObject


async def list_calls(call: ControlCall) -> Json:
    """Return the calls, the newest last."""
    return {"calls": [_shown(each) for each in call.world.state(PhoneState).calls.values()]}


async def add_heard_words(call: ControlCall) -> Json:
    """Queue what a caller says next, or what is said next in any chat if the call isn't ours."""
    text = call.body["text"]
    if not call.world.state(PhoneState).add_words(call.parameters["call_sid"], text):
        call.world.state(EviState).heard.append(text)
    return {"queued": True}


def _shown(call: IncomingCall) -> JsonObject:
    return {
        "call_sid": call.sid,
        "from": call.caller_number,
        "to": call.form["To"],
        "at_ms": call.at_ms,
        "chat_id": call.chat_id,
        "config_id": call.config_id,
    }
