"""Control routes of the world's script, its language model, heard texts and live chats."""

from emulator.apis.evi.model.options import ModelOptions, model_options
from emulator.apis.evi.state import EviState
from emulator.control import ControlCall
from emulator.jsontext import Json


async def reset_script(call: ControlCall) -> Json:
    """Return to the script that the world began with."""
    call.world.state(EviState).forget_script()
    return None


async def add_heard_text(call: ControlCall) -> Json:
    """Queue the transcript of the next audio turn that has none yet."""
    heard = call.world.state(EviState).heard
    heard.append(call.body["text"])
    return {"queued": len(heard)}


async def list_live_chats(call: ControlCall) -> Json:
    """Return the ids of chats to which a client is connected, unlike ACTIVE chats of a seed."""
    return {"chat_ids": list(call.world.state(EviState).live)}


async def get_model(call: ControlCall) -> Json:
    """Return how custom language models are asked, by the world's options and its settings."""
    world = call.world
    settings = world.settings
    given = ModelOptions(
        settings.model_quirks, settings.model_failure, settings.model_system, settings.model_timeout
    )
    return world.state(EviState).model.over(given).to_json()


async def set_model(call: ControlCall) -> Json:
    """Replace the world's options of custom language models; later chats follow them."""
    call.world.state(EviState).model = model_options(call.body)
    return await get_model(call)
