"""What requests are called: by their operations, else by method and path."""

import re

from emulator.api import serve
from emulator.apis.apis import APIS


class Subjects:
    """The names of requests, as the OpenAPI document has them."""

    def __init__(self, spec: str = "") -> None:
        operations = [each for served in serve(APIS, spec) for each in served.operations]
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
