"""Names of requests: their operations, else method and path."""

import re

from emulator.api import serve
from emulator.apis.apis import APIS
from emulator.settings import Settings


class RequestNames:
    """Finds the operations of requests in the OpenAPI documents."""

    def __init__(self, spec: str = "") -> None:
        operations = [
            each for served in serve(APIS, Settings(spec=spec)) for each in served.operations
        ]
        operations.sort(key=lambda operation: operation.path_template.count("{"))
        self._patterns = [
            (each.method, re.compile(re.sub(r"\{\w+\}", "[^/]+", each.path_template)), each.id)
            for each in operations
        ]

    def name(self, method: str, path: str) -> str:
        """Return a name such as 'create-config', or 'POST /elsewhere' for an unknown request."""
        for its_method, pattern, id in self._patterns:
            if its_method == method and pattern.fullmatch(path):
                return id
        return f"{method} {path}"
