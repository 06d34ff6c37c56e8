"""The entry of every HTTP request: the router, and the answers to errors and bugs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from emulator.api import Handler
from emulator.contract.ledger import ClientLedger
from emulator.contract.requests import has_body
from emulator.credentials import CREDENTIALS
from emulator.error_shapes import PLAIN, ErrorShapes, shapes_of_path
from emulator.errors import ApiError
from emulator.faults.http import ConnectionBroken
from emulator.journal.journal import LONGEST_BODY
from emulator.openapi.hints import NO_HINTS, Hints
from emulator.openapi.operation import Operation
from emulator.openapi.validation import Validation
from emulator.settings import Settings
from emulator.web.answers import Answer, error_answer
from emulator.web.auth import Auth
from emulator.web.bodies import read_beginning
from emulator.web.exchange import Exchange
from emulator.web.leaving import ClientLeft
from emulator.web.operation_route import OperationRoute
from emulator.web.routing import Router
from emulator.web.streams import deliver

if TYPE_CHECKING:
    from emulator.web.endpoint import Endpoint, OwnRoutes


class Dispatcher:
    """An ASGI application: the operations of all documents, and the emulator's own routes."""

    def __init__(
        self,
        auth: Auth,
        settings: Settings,
        anonymous: ClientLedger,
        hints: Hints = NO_HINTS,
        own_prefixes: Sequence[str] = (),
        own_routes: "Callable[[], OwnRoutes] | None" = None,
        errors: Mapping[str, ErrorShapes] = MappingProxyType({}),
    ) -> None:
        """Begin without operations; `anonymous` takes findings about callers without a world.

        Paths that begin with one of `own_prefixes` belong to no operation. The first request for
        one of them makes the `own_routes`. `errors` are the shapes of paths that nothing answers,
        by how such a path begins.
        """
        self.router: Router[OperationRoute | Endpoint] = Router(hints, own_prefixes)
        self._hints = hints
        self._anonymous = anonymous
        self._auth = auth
        self._settings = settings
        self._own_routes = own_routes
        self._errors = errors
        self._redirect: Endpoint | None = None  # one of the own routes
        self._front_door: Endpoint | None = None  # another

    def add(
        self,
        operation: Operation,
        handler: Handler,
        validation: Validation,
        max_body_bytes: int | None = None,
        errors: ErrorShapes = PLAIN,
        credentials: Sequence[str] = CREDENTIALS,
    ) -> OperationRoute:
        """Add an operation, and return its route.

        `max_body_bytes` is the largest body that it takes, if that is not the setting's. `errors`
        are the shapes of its API, and `credentials` the parameters that may hold a key or a token.
        """
        limit = self._settings.ceiling("max_body_bytes", max_body_bytes)
        any_id = self._settings.unknown_ids == "example"
        route = OperationRoute(
            operation,
            handler,
            validation,
            self._auth,
            limit,
            any_id,
            self._hints,
            errors,
            credentials,
        )
        self.router.add(operation.method, operation.path_template, route)
        return route

    def add_endpoint(self, method: str, path: str, endpoint: "Endpoint") -> None:
        """Add one of the emulator's own routes; HEAD is answered as GET is."""
        for each in ("GET", "HEAD") if method == "GET" else (method,):
            self.router.add(each, path, endpoint)

    def _add_own_routes(self, make: "Callable[[], OwnRoutes]") -> None:
        own = make()
        for method, path, endpoint in own.endpoints:
            self.add_endpoint(method, path, endpoint)
        self._redirect, self._front_door, self._own_routes = own.redirect, own.front_door, None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, self._anonymous)
        try:
            if self._own_routes is not None and self.router.is_own(scope["path"]):
                self._add_own_routes(self._own_routes)
            found = self.router.match(scope["method"], scope["path"])
            if found is None:
                found = await self._unmatched(exchange, scope, receive)
            route, segments = found
            answer = await route.answer(exchange, segments, scope, receive, send)
            if answer is not None:
                await deliver(answer, exchange, receive, send)
            return
        except ApiError as error:
            exchange.refuse(error)
            answer = error_answer(exchange.worded(error))
        except ClientLeft:
            return  # the client is gone, and no whole request came that the journal could have
        except ConnectionBroken:
            exchange.note(None, b"")
            return
        except Exception as error:
            answer = self._bug_answer(exchange, scope, error)
            if exchange.has_begun:
                exchange.note(answer.status, b"")
                raise  # so that the connection ends in the middle of the answer
        await deliver(answer, exchange, receive, send)

    async def _unmatched(
        self, exchange: Exchange, scope: Scope, receive: Receive
    ) -> "tuple[Endpoint, Sequence[str]]":
        """Return a redirection to a route of ours. Raises ApiError.

        One of a path that differs by a slash, or one of a browser to the inspector. Unless the path
        is ours, the journal has the request and the beginning of its body.
        """
        method, path = scope["method"], scope["path"]
        if _is_browser_at_root(scope):
            if self._own_routes is not None:
                self._add_own_routes(self._own_routes)
            if self._front_door is not None:
                exchange.is_quiet = True
                return self._front_door, ()
        if self.router.is_own(path):
            exchange.is_quiet = True
            if self._redirect is not None and self.router.redirects(path):
                return self._redirect, ()
        else:
            exchange.errors = shapes_of_path(self._errors, path)
            headers = exchange.read_headers()
            with suppress(ApiError):
                exchange.world = self._auth.world(headers, scope["query_string"])
            if exchange.world is not None and has_body(headers):
                exchange.request = await read_beginning(receive, LONGEST_BODY)
        raise self.router.refusal(method, path)

    def _bug_answer(self, exchange: Exchange, scope: Scope, error: Exception) -> Answer:
        """Report a bug, and return the 500 with its reference."""
        if exchange.world is None:
            with suppress(Exception):  # the journal may be what has failed
                exchange.world = self._auth.world(dict(scope["headers"]), scope["query_string"])
        return error_answer(exchange.worded(exchange.report(error).answer()))


def _is_browser_at_root(scope: Scope) -> bool:
    """True if a browser asks for the root to show it: other clients accept anything, or JSON."""
    if scope["path"] != "/" or scope["method"] not in ("GET", "HEAD"):
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
