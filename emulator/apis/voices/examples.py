"""--unknown-ids example: accepts names of voices that are taken, or that do not exist.

A voice is made of any generation: one that does not exist counts as the oldest in the world, or in
the demo seed if the world has none.
"""

from dataclasses import replace

from emulator.api import Call, Handler
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.voice_store import CUSTOM_VOICE
from emulator.ids import PlacedIds
from emulator.jsontext import JsonObject
from emulator.openapi.operation import Operation
from emulator.world.snapshot import Seed
from emulator.world.world import World


def with_examples(operation: Operation, handler: Handler, demo: Seed) -> Handler:
    """Return a handler that accepts any name, and any generation."""
    if operation.id == "create-voice":
        return lambda call: handler(_with_free_name(_with_known_generation(call, demo)))
    if operation.id == "delete-voice":
        return lambda call: handler(call) if _custom_voice(call, call.parameters["name"]) else {}
    return handler


def _custom_voice(call: Call, name: str) -> JsonObject | None:
    return call.world.state(VoicesState).voices.find_name(CUSTOM_VOICE, name)


def _with_known_generation(call: Call, demo: Seed) -> Call:
    """Return the call with a generation that exists; the demo seed's is known to a copy alone."""
    generations = call.world.state(VoicesState).generations
    if generations.find(call.body["generation_id"]) is not None:
        return call
    example = generations.oldest()
    if example is None:
        example = demo.state(VoicesState).generations.oldest()
        assert example is not None, "the demo seed has a generation"
        call = replace(call, world=_copied(call))
        call.world.state(VoicesState).generations.add(example)
    return replace(call, body={**call.body, "generation_id": example["id"]})


def _copied(call: Call) -> World:
    """Return a copy of the call's world, to change and throw away."""
    forks = {name: state.fork() for name, state in call.world.states.items()}
    return call.world.scratch(forks, PlacedIds("example", "voices"))


def _with_free_name(call: Call) -> Call:
    """Return the call, in a copy of its world without the voice that has the name, if any."""
    taken = _custom_voice(call, call.body["name"])
    if taken is None:
        return call
    scratch = _copied(call)
    scratch.state(VoicesState).voices.remove(taken)
    return replace(call, world=scratch)
