"""The handlers of EVI, by operationId; the modules of `operations/` register them."""

from collections.abc import Callable

from emulator.api import Handler, Handlers
from emulator.apis.evi.time_unit import with_time_unit

HANDLERS = Handlers()


def operation(operation_id: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of an operation (see Handlers.operation)."""
    register = HANDLERS.operation(operation_id)

    def register_in_unit(handler: Handler) -> Handler:
        register(with_time_unit(handler))
        return handler

    return register_in_unit
