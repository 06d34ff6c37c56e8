"""The emulator's own routes, under /_emulator/ and /__admin/, and the documents that it serves."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator import __version__
from emulator.apis.evi.control.audio import audio_routes
from emulator.apis.evi.control.schemas import PART as EVI_PART
from emulator.apis.evi.control.script import script_routes
from emulator.apis.evi.control.simulate import simulate_routes
from emulator.errors import (
    METHOD_NOT_ALLOWED,
    PATH_NOT_FOUND,
    ApiError,
    api_error,
    closest,
)
from emulator.extras.wiremock.routes import PART as WIREMOCK_PART
from emulator.extras.wiremock.routes import wiremock_routes
from emulator.jsontext import render
from emulator.openapi.document import Document
from emulator.openapi.operation import Operation
from emulator.openapi.validation import Validation
from emulator.settings import Settings
from emulator.stubbing import Stubbable
from emulator.web import bugs
from emulator.web.auth import Auth
from emulator.web.control.clock import clock_routes
from emulator.web.control.contract import contract_routes
from emulator.web.control.document import ControlDocument, document_routes
from emulator.web.control.faults import fault_routes
from emulator.web.control.journal import journal_routes
from emulator.web.control.request import Bodies, caller_world
from emulator.web.control.schemas import PART
from emulator.web.control.snapshot import snapshot_routes
from emulator.web.control.stubs import stub_routes
from emulator.web.control.webhooks import webhook_routes
from emulator.web.denial import deny
from emulator.web.exchange import Exchange
from emulator.web.inspector.routes import inspector_routes
from emulator.web.oauth import token_endpoint
from emulator.world.world import Worlds

if TYPE_CHECKING:
    from emulator.contract.coverage import Universe
    from emulator.world.snapshot_reader import SnapshotReader

PARTS = (PART, EVI_PART, WIREMOCK_PART)  # of the control document


class Control:
    """The endpoints of everything that is not an operation of a document."""

    def __init__(
        self,
        auth: Auth,
        worlds: Worlds,
        settings: Settings,
        document: Document,
        validation: Validation,
        stubbable: Stubbable,
        operations: Sequence[Operation],
        snapshots: "Callable[[], SnapshotReader]",
        universe: "Callable[[], Universe]",
    ) -> None:
        self._auth = auth
        self._worlds = worlds
        self._settings = settings
        self._document = document
        self._validation = validation
        self._stubbable = stubbable
        self._operations = operations
        self._snapshots = snapshots
        self._universe = universe

    def application(self) -> Starlette:
        auth, document = self._auth, ControlDocument(PARTS)
        bodies = Bodies(self._validation, self._settings.max_body_bytes, document)
        return Starlette(
            routes=[
                Route("/_emulator/health", self.health, methods=["GET"]),
                Route("/_emulator/settings", self.show_settings, methods=["GET"]),
                Route("/_emulator/reset", self.reset, methods=["POST"]),
                Route("/_emulator/world", self.drop, methods=["DELETE"]),
                Route("/_emulator/chats/live", self.live_chats, methods=["GET"]),
                *clock_routes(auth, bodies),
                *script_routes(auth, bodies),
                *simulate_routes(auth, bodies),
                *webhook_routes(auth, bodies, self._validation),
                *fault_routes(auth, bodies, self._stubbable),
                *journal_routes(auth, self._worlds),
                *contract_routes(auth, self._worlds, self._universe),
                *stub_routes(auth, bodies, self._stubbable),
                *snapshot_routes(auth, self._snapshots, self._settings.max_snapshot_bytes),
                *audio_routes(self._worlds),
                *wiremock_routes(auth, self._settings, self._operations),
                *inspector_routes(),
                *document_routes(document),
                Route("/openapi.json", self.openapi_json, methods=["GET"]),
                Route("/openapi.yaml", self.openapi_yaml, methods=["GET"]),
                Route("/oauth2-cc/token", token_endpoint(self._auth), methods=["POST"]),
            ],
            exception_handlers={
                ApiError: _answer_api_error,
                HTTPException: _answer_http_error,
                ClientDisconnect: _answer_nobody,
            },
            middleware=[Middleware(AnsweringBugs, auth=auth)],
        )

    async def health(self, request: Request) -> Response:
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "spec_version": self._document.version,
                "operations": len(self._operations),
            }
        )

    async def show_settings(self, request: Request) -> Response:
        return JSONResponse(self._settings.to_json())

    async def reset(self, request: Request) -> Response:
        """The caller's world is its seed again."""
        caller_world(self._auth, request).reset()
        return Response(status_code=204)

    async def live_chats(self, request: Request) -> Response:
        """The chats to which a client is connected; ACTIVE ones of a seed are none."""
        return JSONResponse({"chat_ids": list(caller_world(self._auth, request).live)})

    async def drop(self, request: Request) -> Response:
        """The caller's world is forgotten; the next request with its key makes a new one."""
        self._worlds.drop(caller_world(self._auth, request))
        return Response(status_code=204)

    async def openapi_json(self, request: Request) -> Response:
        return Response(render(self._document.content), media_type="application/json")

    async def openapi_yaml(self, request: Request) -> Response:
        text = self._document.path.read_bytes()
        return Response(text, media_type="application/yaml")


class AnsweringBugs:
    """Answers what a control route did not expect; Starlette's own handler would raise it again.

    Of all requests for control routes, the journal has those that failed so.
    """

    def __init__(self, app: ASGIApp, auth: Auth) -> None:
        self._app = app
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watching_send(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        exchange = Exchange(scope)
        try:
            await self._app(scope, receive, watching_send)
        except Exception as error:
            with suppress(Exception):  # which may be what has failed
                exchange.world = self._auth.world(dict(scope["headers"]), scope["query_string"])
            where = f"{scope['method']} {scope['path']}"
            exchange.bug = bugs.report(error, where, exchange.world)
            refusal = exchange.bug.answer()
            exchange.note(refusal.status, render(refusal.body))
            if begun:
                raise  # the connection ends in the middle of the answer
            await deny(refusal, scope, receive, send)


async def _answer_nobody(request: Request, error: Exception) -> Response:
    """Half a request is none."""
    return Response(status_code=400)


async def _answer_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body, error.status)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    """No such route, or another method, in the shape of all other errors."""
    assert isinstance(error, HTTPException)
    method, path = request.method, request.url.path
    if error.status_code == 405:
        allowed = ", ".join(_methods(request.app.routes, request.scope))
        refusal = api_error(
            METHOD_NOT_ALLOWED,
            headers={"Allow": allowed},
            method=method,
            path=path,
            allowed=allowed,
        )
    else:
        known = [route.path for route in request.app.routes]
        refusal = api_error(PATH_NOT_FOUND, method=method, path=path, hint=closest(path, known))
    return JSONResponse(refusal.body, refusal.status, dict(refusal.headers))


def _methods(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """Every method that some route of this path takes."""
    found: set[str] = set()
    for route in routes:
        if isinstance(route, Route) and route.matches(scope)[0] != Match.NONE:
            found |= set(route.methods or ()) - {"HEAD"}
    return sorted(found)
