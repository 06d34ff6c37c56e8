"""The document of the control API: GET /openapi/control.json and /openapi/control.yaml."""

from collections.abc import Sequence
from functools import cached_property

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from emulator.api import Api, ServedApi
from emulator.errors import PATH_NOT_FOUND, api_error, closest
from emulator.jsontext import Json, JsonObject, render
from emulator.openapi.document import Document
from emulator.openapi.parts import Part, operations_of, put_together
from emulator.web.control.schemas import PART
from emulator.web.endpoint import Route
from emulator.web.mounts import Mount

JSON_PATH, YAML_PATH = "/openapi/control.json", "/openapi/control.yaml"
_SCHEMAS = "#/components/schemas/"


class ControlDocument:
    """The document, put together from its parts when it is first needed."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    @cached_property
    def content(self) -> JsonObject:
        return put_together(self._parts)

    @cached_property
    def json(self) -> bytes:
        return render(self.content)

    @cached_property
    def yaml(self) -> str:
        import yaml  # few ask for YAML, and it takes 15 ms

        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        text: str = yaml.dump(
            self.content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100
        )
        return text

    def request_schema(self, operation_id: str) -> JsonObject:
        """Return the schema of an operation's JSON body, without references.

        Schemas that code produces are made only if this one refers to them.
        """
        for part in self._parts:
            found = operations_of(part.content).get(operation_id)
            if found is not None:
                operation = found.content
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                resolved: JsonObject = self._resolved(schema)
                return resolved
        raise KeyError(operation_id)

    def _resolved(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return self._resolved(self._schema(value["$ref"].removeprefix(_SCHEMAS)))
        return {key: self._resolved(item) for key, item in value.items()}

    def _schema(self, name: str) -> JsonObject:
        for part in self._parts:
            if name in part.schemas:
                return part.schemas[name]()
            schemas: JsonObject = part.content.get("components", {}).get("schemas", {})
            if name in schemas:
                schema: JsonObject = schemas[name]
                return schema
        raise KeyError(name)


def control_parts(apis: Sequence[Api], mounts: Sequence[Mount]) -> list[Part]:
    """Return the parts of the control document: the machinery's, those of APIs and of mounts."""
    brought = [each.control().part for each in apis if each.control is not None]
    return [PART, *brought, *(each.part for each in mounts if each.part is not None)]


def document_routes(document: ControlDocument) -> list[Route]:
    async def show_json(request: Request) -> Response:
        text = await anyio.to_thread.run_sync(lambda: document.json)  # 0.2 s the first time
        return Response(text, media_type="application/json")

    async def show_yaml(request: Request) -> Response:
        text = await anyio.to_thread.run_sync(lambda: document.yaml)
        return Response(text, headers={"Content-Type": "application/yaml"})

    return [
        Route("GET", JSON_PATH, show_json),
        Route("GET", YAML_PATH, show_yaml),
    ]


def openapi_routes(apis: Sequence[ServedApi]) -> list[Route]:
    """Return the routes of the APIs' documents; the first one's has a short path, too."""
    files = {f"{each.name}.{form}": each.document for each in apis for form in ("json", "yaml")}

    async def show_first(request: Request) -> Response:
        return _shown(apis[0].document, request.url.path)

    async def show(request: Request) -> Response:
        file = request.path_params["file"]
        if file not in files:
            path, hint = request.url.path, closest(file, list(files))
            raise api_error(PATH_NOT_FOUND, method=request.method, path=path, hint=hint)
        return _shown(files[file], file)

    return [
        Route("GET", "/openapi.json", show_first),
        Route("GET", "/openapi.yaml", show_first),
        Route("GET", "/openapi/{file}", show),
    ]


def _shown(document: Document, path: str) -> Response:
    if path.endswith(".json"):
        return Response(render(document.content), media_type="application/json")
    return Response(document.path.read_bytes(), media_type="application/yaml")
