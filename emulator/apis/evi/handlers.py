"""The handlers of EVI, by operationId; the modules of `operations/` register them."""

from emulator.api import Handlers

HANDLERS = Handlers()
operation = HANDLERS.operation
