"""What requests are called: by their operations, else by method and path."""

import re

from emulator.openapi.document import VOICES_DOCUMENT, load_document
from emulator.openapi.operation import compile_operations


class RequestNames:
    """The names of requests, as the OpenAPI document has them."""

    def __init__(self, spec: str = "") -> None:
        operations = [
            *compile_operations(load_document(spec)),
            *compile_operations(load_document(VOICES_DOCUMENT)),
        ]
        operations.sort(key=lambda operation: operation.path_template.count("{"))
        self._patterns = [
            (each.method, re.compile(re.sub(r"\{\w+\}", "[^/]+", each.path_template)), each.id)
            for each in operations
        ]

    def name(self, method: str, path: str) -> str:
        """Such as 'create-config', or 'POST /elsewhere'."""
        for of_method, pattern, id in self._patterns:
            if of_method == method and pattern.fullmatch(path):
                return id
        return f"{method} {path}"
