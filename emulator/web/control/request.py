"""Shared by the control routes: the caller's world, and checked JSON bodies."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulator.errors import Problem, ValidationFailed
from emulator.jsontext import Json, JsonObject, JsonTextError, parse, render
from emulator.openapi.validation import Check, Validation
from emulator.web.auth import Auth
from emulator.web.bodies import read_body
from emulator.web.control.document import ControlDocument
from emulator.web.control.turns import PiecewiseResponse
from emulator.world.world import World


def answer(content: Json, status: int = 200) -> Response:
    return PiecewiseResponse(render(content), status, media_type="application/json")


def caller_world(auth: Auth, request: Request) -> World:
    """Return the world of the caller's key. Raises ApiError (401)."""
    world = auth.world(dict(request.scope["headers"]), request.scope["query_string"])
    world.looks += 1
    return world


class Bodies:
    """Reads JSON bodies of control routes, and checks them by the control document."""

    def __init__(self, validation: Validation, max_bytes: int, document: ControlDocument) -> None:
        self.validation = validation
        self._max_bytes = max_bytes
        self._document = document
        self._checks: dict[str, Check] = {}

    async def read(self, request: Request, operation_id: str) -> JsonObject:
        """Return the body; none counts as {}. Raises ValidationFailed (422), ApiError (413)."""
        if operation_id not in self._checks:
            schema = self._document.request_schema(operation_id)
            self._checks[operation_id] = self.validation.check_schema(schema)
        return await self._read(request, self._checks[operation_id])

    async def read_outline(self, request: Request, outline: JsonObject) -> JsonObject:
        """Return a body that fits the schema `outline`; the route checks the rest."""
        return await self._read(request, self.validation.check_schema(outline))

    async def _read(self, request: Request, check: Check) -> JsonObject:
        text = await read_body(request.receive, self._max_bytes)
        try:
            body = parse(text) if text.strip() else {}
        except JsonTextError as error:
            problem = Problem(
                ("body", error.position), f"JSON decode error: {error.message}", "json_invalid"
            )
            raise ValidationFailed([problem]) from None
        problems = check(body, ("body",))
        if problems:
            raise ValidationFailed(problems)
        checked: JsonObject = body
        return checked


def schema(required: tuple[str, ...] = (), **properties: Mapping[str, Any]) -> JsonObject:
    """Return the schema of a body with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
