"""What the assistant says in chats to come, and what users are heard to say."""

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.control.simulate import refusal, script_content
from emulator.apis.evi.state import EviState
from emulator.control import ControlCall
from emulator.errors import ScriptError
from emulator.jsontext import Json, JsonObject


async def set_script(call: ControlCall) -> Json:
    """Put a script in the place of the world's. Raises ValidationFailed."""
    from emulator.apis.evi.chat.script_file import load_script  # on pydantic, costs 0.1 s

    given = call.body.get("script", call.body)
    state = call.world.state(EviState)
    try:
        state.script = load_script(script_content(given))[0]
    except ScriptError as error:
        raise refusal(error, {}) from None
    return _shown(state.script)


async def get_script(call: ControlCall) -> Json:
    """Return the script in short."""
    return _shown(call.world.state(EviState).script)


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


def _shown(script: Script) -> JsonObject:
    """Return what a script answers, in short."""
    return {"strict": script.strict, "rules": [str(rule) for rule in script.rules]}
