"""The emulator's own routes: functions that take a Request and return or send a response."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeAlias

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from emulator.openapi.operation import JSON_MEDIA_TYPE
from emulator.reply import Reply
from emulator.web.answers import Answer
from emulator.web.exchange import Exchange
from emulator.web.routing import other_slash

INSPECTOR = "/_emulator/"
EndpointFunction: TypeAlias = Callable[[Request], Awaitable[Response | Reply]]


class Route(NamedTuple):
    """One of the emulator's own routes: HEAD is answered as GET is."""

    method: str
    path: str  # with parameters, such as /_emulator/faults/{id}
    function: EndpointFunction


class Endpoint:
    """One of the emulator's own routes. The journal has its requests only if a bug shows."""

    def __init__(self, path_template: str, function: EndpointFunction) -> None:
        self._function = function
        self._path_parameters = [
            (index, segment[1:-1])
            for index, segment in enumerate(path_template.split("/"))
            if segment.startswith("{")
        ]

    async def answer(
        self,
        exchange: Exchange,
        segments: Sequence[str],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> Answer | None:
        """Return the answer of a request whose path has these segments. Raises ApiError.

        None means that the endpoint's response has been sent.
        """
        exchange.is_quiet = True
        scope["path_params"] = {name: segments[index] for index, name in self._path_parameters}
        said = await self._function(Request(scope, receive))
        if isinstance(said, Reply):
            return _answer_of(said)
        await said(scope, receive, _noticing(exchange, send))
        return None


def _answer_of(reply: Reply) -> Answer:
    media_type = reply.media_type or JSON_MEDIA_TYPE
    return Answer(reply.status or 200, reply.body, reply.headers, media_type, reply.length)


def _noticing(exchange: Exchange, send: Send) -> Send:
    """Return a `send` that notices when an answer begins."""

    async def noticing_send(message: Message) -> None:
        exchange.has_begun = True
        await send(message)

    return noticing_send


async def _redirect(request: Request) -> Response:
    path = other_slash(request.scope["path"])
    return RedirectResponse(str(URL(scope={**request.scope, "path": path})))


async def _to_inspector(request: Request) -> Response:
    return RedirectResponse(INSPECTOR)


class OwnRoutes(NamedTuple):
    """The endpoints of the emulator's own routes, each with its method and path.

    `redirect` answers a path that differs from one of them by the slash at its end, `front_door` a
    browser that asks for the root.
    """

    endpoints: Sequence[tuple[str, str, Endpoint]]
    redirect: Endpoint
    front_door: Endpoint


def own_routes(routes: Sequence[Route]) -> OwnRoutes:
    """Return routes with their endpoints."""
    endpoints = [(each.method, each.path, Endpoint(each.path, each.function)) for each in routes]
    return OwnRoutes(endpoints, Endpoint("", _redirect), Endpoint("", _to_inspector))
