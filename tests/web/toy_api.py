"""A small API whose operations stream, and take forms, repeated parameters and headers."""

from collections.abc import Mapping
from pathlib import Path

from emulator.api import Handler
from emulator.openapi.document import load_document
from emulator.openapi.operation import compile_operations
from emulator.openapi.validation import Validation
from emulator.web.app import App

DOCUMENT = Path(__file__).with_name("toy_api.yaml")


def add_toy_api(
    app: App, handlers: Mapping[str, Handler], max_body_bytes: int | None = None
) -> None:
    """Serve those operations of the toy document that have a handler here."""
    document = load_document(str(DOCUMENT))
    validation = Validation(document)
    for operation in compile_operations(document):
        if operation.id in handlers:
            handler = handlers[operation.id]
            app.dispatcher.add(operation, handler, validation, max_body_bytes)
