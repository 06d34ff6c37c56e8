"""--unknown-ids example: accepts names of voices that are taken, or that do not exist."""

from dataclasses import replace

from emulator.api import Call, Handler
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.voice_store import CUSTOM_VOICE
from emulator.ids import PlacedIds
from emulator.jsontext import JsonObject
from emulator.openapi.operation import Operation
from emulator.world.snapshot import Seed


def with_examples(operation: Operation, handler: Handler, demo: Seed) -> Handler:
    """Return a handler that accepts any name."""
    if operation.id == "create-voice":
        return lambda call: handler(_with_free_name(call))
    if operation.id == "delete-voice":
        return lambda call: handler(call) if _custom_voice(call, call.parameters["name"]) else {}
    return handler


def _custom_voice(call: Call, name: str) -> JsonObject | None:
    return call.world.state(VoicesState).voices.find_name(CUSTOM_VOICE, name)


def _with_free_name(call: Call) -> Call:
    """Return the call, in a copy of its world without the voice that has the name, if any."""
    taken = _custom_voice(call, call.body["name"])
    if taken is None:
        return call
    forks = {name: state.fork() for name, state in call.world.states.items()}
    scratch = call.world.scratch(forks, PlacedIds("example", "voices"))
    scratch.state(VoicesState).voices.remove(taken)
    return replace(call, world=scratch)
