"""--unknown-ids example: a request may name a run that does not exist.

It then gets the oldest run of the caller's world, or of the demo seed, under its own id.
"""

from emulator.api import Call, Handler
from emulator.apis.expression.operations import SHOWN, find_run
from emulator.apis.expression.state import ExpressionState
from emulator.jsontext import Json
from emulator.openapi.operation import Operation
from emulator.world.snapshot import Seed


def with_examples(operation: Operation, handler: Handler, demo: Seed) -> Handler:
    """Return a handler that knows a run of any id."""
    if operation.id not in SHOWN:
        return handler
    show = SHOWN[operation.id]
    [example, *_] = demo.state(ExpressionState).runs.values()

    def answer(call: Call) -> Json:
        oldest = next(iter(call.world.state(ExpressionState).runs.values()), example)
        return show(call, find_run(call) or oldest)

    return answer
