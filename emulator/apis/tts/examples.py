"""--unknown-ids example: a context may name a generation that does not exist.

It then counts as the oldest generation of the caller's world, or as none if the world has none.
"""

from dataclasses import replace

from emulator.api import Call, Handler
from emulator.apis.voices.state import VoicesState
from emulator.openapi.operation import Operation
from emulator.world.snapshot import Seed


def with_examples(operation: Operation, handler: Handler, demo: Seed) -> Handler:
    """Return a handler that accepts any generation as a context."""
    return lambda call: handler(_with_known_context(call))


def _with_known_context(call: Call) -> Call:
    context = call.body.get("context") or {}
    id, generations = context.get("generation_id"), call.world.state(VoicesState).generations
    if not id or generations.find(id) is not None:
        return call
    oldest = generations.oldest()
    known = None if oldest is None else {"generation_id": oldest["id"]}
    return replace(call, body={**call.body, "context": known})
