"""/__admin: shows the journal's requests to clients of WireMock (docs/wiremock.md)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from emulator.extras.wiremock.pattern import request_test
from emulator.extras.wiremock.request import LoggedRequest, logged_requests
from emulator.extras.wiremock.values import refused
from emulator.ids import derived_uuid
from emulator.jsontext import Json, JsonObject, JsonTextError, parse
from emulator.openapi.operation import Operation
from emulator.settings import Settings
from emulator.version import __version__
from emulator.web.auth import Auth
from emulator.web.bodies import read_body
from emulator.web.control.request import answer
from emulator.web.mounts import Endpoint
from emulator.world.world import World

_BETWEEN_PAUSES = 10  # requests that are looked at before others are answered
_ENABLED: JsonObject = {"requestJournalDisabled": False}
_NO_STUBS = (
    "the mappings are the operations of the OpenAPI document: no others can be made here; "
    "for an answer to order use POST /_emulator/stubs (docs/testing.md)"
)


def endpoints(
    auth: Auth, settings: Settings, operations: Sequence[Operation]
) -> list[tuple[str, str, Endpoint]]:
    """List the endpoints, each with its method and its path."""
    admin = Admin(auth, settings, operations)
    nothing_to_do = partial(_answer, {})
    no_near_misses = partial(_answer, {"nearMisses": []})
    return [
        ("GET", "/health", admin.health),
        ("GET", "/requests", admin.requests),
        ("DELETE", "/requests", admin.forget_all),
        ("POST", "/requests/find", admin.find),
        ("POST", "/requests/count", admin.count),
        ("POST", "/requests/remove", admin.remove),
        ("POST", "/requests/reset", admin.forget_all),
        ("GET", "/requests/unmatched", admin.unmatched),
        ("GET", "/requests/unmatched/near-misses", no_near_misses),
        ("POST", "/near-misses/request-pattern", no_near_misses),
        ("GET", "/requests/{id}", admin.one),
        ("DELETE", "/requests/{id}", admin.forget_one),
        ("POST", "/reset", admin.forget_all),
        ("GET", "/mappings", admin.mappings),
        ("POST", "/mappings", admin.refuse_mapping),
        ("POST", "/mappings/import", admin.refuse_mapping),
        ("DELETE", "/mappings", nothing_to_do),
        ("POST", "/mappings/reset", nothing_to_do),
        ("POST", "/scenarios/reset", nothing_to_do),
    ]


async def _answer(content: JsonObject, request: Request) -> Response:
    return answer(content)


class Admin:
    """The endpoints. Each is about the world of the caller's key, or without a key all worlds."""

    def __init__(self, auth: Auth, settings: Settings, operations: Sequence[Operation]) -> None:
        self._auth = auth
        self._max_bytes = settings.max_body_bytes
        self._scheme = "https" if settings.tls else "http"
        self._mappings = [_mapping(operation) for operation in operations]

    async def health(self, request: Request) -> Response:
        return answer({"status": "healthy", "message": "EVI emulator", "version": __version__})

    async def mappings(self, request: Request) -> Response:
        """List the operations of the document."""
        return answer({"mappings": self._mappings, "meta": {"total": len(self._mappings)}})

    async def refuse_mapping(self, request: Request) -> Response:
        raise refused((), _NO_STUBS)

    # looking

    async def requests(self, request: Request) -> Response:
        """List requests with their answers, newest first: at most ?limit=, not before ?since=."""
        found = self._logged(request)
        since_ms, limit = _since_ms(request), _limit(request)
        if since_ms is not None:
            found = [each for each in found if each.entry.at_ms >= since_ms]
        events = [each.to_event() for each in found[:limit]]
        return answer({"requests": events, "meta": {"total": len(found)}, **_ENABLED})

    async def one(self, request: Request) -> Response:
        _, logged = self._one(request)
        return answer(logged.to_event())

    async def find(self, request: Request) -> Response:
        """List the requests that fit the pattern in the body."""
        found = await self._fitting(request)
        return answer({"requests": [each.to_json() for _, each in found], **_ENABLED})

    async def count(self, request: Request) -> Response:
        return answer({"count": len(await self._fitting(request)), **_ENABLED})

    async def unmatched(self, request: Request) -> Response:
        """List the requests that match no operation."""
        found = [each.to_json() for each in self._logged(request) if not each.was_matched]
        return answer({"requests": found, **_ENABLED})

    # forgetting

    async def forget_all(self, request: Request) -> Response:
        _forget(self._all(request))
        return answer({})

    async def forget_one(self, request: Request) -> Response:
        _forget([self._one(request)])
        return answer({})

    async def remove(self, request: Request) -> Response:
        """Forget the requests that fit the pattern in the body, and list them."""
        found = await self._fitting(request)
        events = [each.to_event() for _, each in found]
        _forget(found)
        return answer({"serveEvents": events})

    # inside

    def _all(self, request: Request) -> list[tuple[World, LoggedRequest]]:
        """Return the requests with their worlds, newest first by the clocks of the worlds."""
        worlds = self._auth.worlds(dict(request.scope["headers"]), request.scope["query_string"])
        found = [
            (world, logged)
            for world in worlds
            for logged in logged_requests(world.journal, world.reference, self._scheme)
        ]
        return sorted(found, key=lambda pair: pair[1].entry.at_ms, reverse=True)

    def _logged(self, request: Request) -> list[LoggedRequest]:
        return [logged for _, logged in self._all(request)]

    def _one(self, request: Request) -> tuple[World, LoggedRequest]:
        id = request.path_params["id"]
        for world, logged in self._all(request):
            if logged.id == id:
                return world, logged
        raise refused(("id",), f"no request with the id {id!r} in the journal", 404)

    async def _fitting(self, request: Request) -> list[tuple[World, LoggedRequest]]:
        """Return the logged requests that fit the body's pattern. Others are served meanwhile."""
        fits, found = request_test(await self._body(request)), []
        for number, (world, logged) in enumerate(self._all(request)):
            if fits(logged):
                found.append((world, logged))
            if number % _BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)
        return found

    async def _body(self, request: Request) -> Json:
        text = await read_body(request.receive, self._max_bytes)
        try:
            return parse(text)
        except JsonTextError as error:
            raise refused((), f"not JSON: {error.message} (at {error.position})") from None


def _forget(found: list[tuple[World, LoggedRequest]]) -> None:
    by_world: dict[World, set[int]] = {}
    for world, logged in found:
        by_world.setdefault(world, set()).add(logged.seq)
    for world, seqs in by_world.items():
        world.journal.forget(seqs)


def _mapping(operation: Operation) -> JsonObject:
    return {
        "id": derived_uuid("mapping", operation.id),
        "name": operation.id,
        "request": {"method": operation.method, "urlPathTemplate": operation.path_template},
        "response": {"status": operation.success_status},
    }


def _limit(request: Request) -> int | None:
    text = request.query_params.get("limit")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise refused(("limit",), f"expected a number of requests, got {text!r}")
    return int(text)


def _since_ms(request: Request) -> int | None:
    text = request.query_params.get("since")
    if text is None:
        return None
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        message = f"expected a time such as 2025-01-01T00:00:00Z, got {text!r}"
        raise refused(("since",), message) from None
    return round((since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp() * 1000)
