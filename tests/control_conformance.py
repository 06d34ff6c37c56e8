"""Judges every response of a control route against the control API's document.

Every status must be documented, with its media type, its headers, and a body that fits its schema;
and a JSON body that a route accepts must fit the schema of the request.
"""

import json
import re
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

from jsonschema import Draft202012Validator

from emulator.api import Api
from emulator.apis.apis import APIS
from emulator.extras.mounts import MOUNTS
from emulator.jsontext import Json, JsonObject
from emulator.web.app import App
from emulator.web.control.document import ControlDocument, control_parts
from emulator.web.guard import CONTROL_PREFIX
from emulator.web.mounts import Mount

DOCUMENT = ControlDocument(control_parts(APIS, MOUNTS))
JSON = "application/json"
PREFIXES = (CONTROL_PREFIX, *(mount.prefix for mount in MOUNTS), "/openapi", "/oauth2-cc/")
_ERROR: JsonObject = {"$ref": "#/components/schemas/Error"}
_UNKNOWN_PATH, _UNKNOWN_METHOD = (403, 404), (403, 405)


def is_control(path: str) -> bool:
    """True if the control API serves the path, or refuses it."""
    return path.startswith(PREFIXES)


class ControlJudge:
    """Judges answers of control routes by the document of the APIs that are served."""

    def __init__(self, apis: Sequence[Api], mounts: Sequence[Mount]) -> None:
        self.document = ControlDocument(control_parts(apis, mounts))

    def judge(self, method: str, path: str, request: bytes, response: dict[str, Any]) -> str | None:
        """Return what is wrong with a response of a control route, or None."""
        status, headers = response["status"], response["headers"]
        if method == "OPTIONS" and status == 200:
            return None  # a browser's preflight
        if status == 400 and not response["body"] and b"content-type" not in headers:
            return None  # the client left in the middle of its request
        items = self._items(path)
        name = "get" if method == "HEAD" else method.lower()
        operation = next((item[name] for item in items if name in item), None)
        if operation is None and status == 307 and _items_of_other_slash(self, path):
            return None  # to the path with another slash at its end
        if operation is None:
            expected = _UNKNOWN_METHOD if items else _UNKNOWN_PATH
            return self._judge_refusal(expected, method, response)
        declared = operation["responses"].get(str(status))
        if declared is None:
            return f"status {status} is not declared; declared: {', '.join(operation['responses'])}"
        wrong = self._judge_response(self._followed(declared), method, response)
        return wrong or (self._judge_request(operation, request) if status < 300 else None)

    def _judge_refusal(
        self, expected: tuple[int, ...], method: str, response: dict[str, Any]
    ) -> str | None:
        if response["status"] not in expected:
            return f"got {response['status']}, expected {' or '.join(map(str, expected))}"
        return None if method == "HEAD" else self._mistakes(_ERROR, response["body"])

    def _judge_response(
        self, declared: JsonObject, method: str, response: dict[str, Any]
    ) -> str | None:
        headers, body = response["headers"], response["body"]
        for name, header in declared.get("headers", {}).items():
            if header.get("required") and name.lower().encode() not in headers:
                return f"the header {name} is missing"
        content = declared.get("content")
        if content is None:
            return f"no body is declared, got {body[:100]!r}" if body else None
        media_type = headers.get(b"content-type", b"").decode().partition(";")[0]
        if media_type not in content:
            return f"media type {media_type!r} is not declared; declared: {', '.join(content)}"
        if method == "HEAD":
            return None
        if media_type == JSON:
            return self._mistakes(content[JSON]["schema"], body)
        return None if body else "the body is empty"

    def _judge_request(self, operation: JsonObject, body: bytes) -> str | None:
        content = operation.get("requestBody", {}).get("content", {})
        if JSON not in content or not body.strip():
            return None
        wrong = self._mistakes(content[JSON]["schema"], body)
        return wrong and f"the document has no such request: {wrong}"

    def _mistakes(self, schema: JsonObject, body: bytes) -> str | None:
        errors = self._validator(json.dumps(schema)).iter_errors(json.loads(body))
        return "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors) or None

    def _items(self, path: str) -> list[JsonObject]:
        """Return what the document says of a path; a plain path comes before templates."""
        plain = self.document.content["paths"].get(path)
        fitting = [item for template, item in self._templates if template.fullmatch(path)]
        return fitting if plain is None else [plain, *fitting]

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], JsonObject]]:
        return [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), item)
            for path, item in self.document.content["paths"].items()
            if "{" in path
        ]

    def _followed(self, value: JsonObject) -> JsonObject:
        if "$ref" not in value:
            return value
        section, name = value["$ref"].removeprefix("#/components/").split("/")
        found: JsonObject = self.document.content["components"][section][name]
        return found

    @cache  # noqa: B019 - one judge for each set of APIs
    def _validator(self, schema: str) -> Draft202012Validator:
        return Draft202012Validator(self._plain(json.loads(schema)))

    def _plain(self, value: Json) -> Json:
        """Return a schema without references, and with each union decided by its discriminator.

        A list of 10,000 journal entries would take ten seconds otherwise.
        """
        if isinstance(value, list):
            return [self._plain(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return self._plain(self._followed(value))
        if "discriminator" in value:
            name = value["discriminator"]["propertyName"]
            return _chosen(name, self._plain(value["oneOf"]))
        return {key: self._plain(item) for key, item in value.items()}


def _items_of_other_slash(judge: ControlJudge, path: str) -> list[JsonObject]:
    return judge._items(path.rstrip("/") if path.endswith("/") else f"{path}/")


_judges: dict[tuple[str, ...], ControlJudge] = {}


def judge_control(
    apis: Sequence[Api],
    method: str,
    path: str,
    request: bytes,
    response: dict[str, Any],
    mounts: Sequence[Mount] = MOUNTS,
) -> str | None:
    """Return what is wrong with a response of a control route, or None."""
    names = (*(api.name for api in apis), *(mount.prefix for mount in mounts))
    if names not in _judges:
        _judges[names] = ControlJudge(apis, mounts)
    return _judges[names].judge(method, path, request, response)


def _chosen(name: str, members: list[JsonObject]) -> Json:
    """Return a chain of ifs: a value must fit the member that its field `name` tells."""
    chain: Json = False
    for member in reversed(members):
        tells = {"properties": {name: member["properties"][name]}, "required": [name]}
        chain = {"if": tells, "then": member, "else": chain}
    return chain


def control_routes(app: App) -> set[tuple[str, str]]:
    """Return method and path of every control route that an application serves."""
    return {(route.method, route.path) for route in app.control.routes()}
