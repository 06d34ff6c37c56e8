"""What the assistant says in chats to come, and what users are heard to say."""

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.state import EviState
from emulator.control import ControlCall
from emulator.jsontext import Json, JsonObject


async def get_script(call: ControlCall) -> Json:
    """Return the script in short."""
    return in_short(call.world.state(EviState).script)


async def reset_script(call: ControlCall) -> Json:
    """Return to the script that the world began with."""
    call.world.state(EviState).forget_script()
    return None


async def add_heard_text(call: ControlCall) -> Json:
    """Queue what the user says in an audio turn that no other text was queued for."""
    heard = call.world.state(EviState).heard
    heard.append(call.body["text"])
    return {"queued": len(heard)}


async def list_live_chats(call: ControlCall) -> Json:
    """Return the chats to which a client is connected; ACTIVE ones of a seed are not."""
    return {"chat_ids": list(call.world.state(EviState).live)}


def in_short(script: Script) -> JsonObject:
    """Return what a script answers, in short."""
    return {"strict": script.strict, "rules": [str(rule) for rule in script.rules]}
