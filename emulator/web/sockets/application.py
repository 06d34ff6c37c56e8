"""The WebSockets of all APIs as an ASGI application."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from starlette.types import Receive, Scope, Send

from emulator.contract.ledger import ClientLedger
from emulator.credentials import HANDSHAKE_CREDENTIALS
from emulator.error_shapes import ErrorShapes, Refused, shapes_of_path
from emulator.errors import NO_WEBSOCKET, ApiError, api_error, path_not_found
from emulator.openapi.hints import Hints
from emulator.sockets.outbound import Outbound
from emulator.sockets.socket import Socket
from emulator.web import bugs
from emulator.web.answers import error_answer, respond
from emulator.web.auth import Auth
from emulator.web.denial import deny_upgrade
from emulator.web.short_circuit import fault_answer
from emulator.web.sockets.connection import Connection
from emulator.web.sockets.counts import SocketCounts
from emulator.web.sockets.handshake import Handshake
from emulator.world.world import World


@dataclass(frozen=True, slots=True)
class _Route:
    """A path of a socket."""

    pattern: re.Pattern[str]
    socket: Socket
    errors: ErrorShapes
    credentials: Sequence[str]  # parameters of the query that may hold a key or a token


class Sockets:
    """An ASGI application for the WebSockets of all APIs."""

    def __init__(
        self,
        sockets: Sequence[tuple[Socket, ErrorShapes, Sequence[str]]],
        hints: Hints,
        auth: Auth,
        anonymous: ClientLedger,
        errors: Mapping[str, ErrorShapes] = MappingProxyType({}),
    ) -> None:
        """Index the paths of sockets, each with how its API words errors.

        A socket comes with the parameters of the query that may hold a key or a token, too.
        `anonymous` takes findings about callers without a world. `errors` are the shapes of paths
        that nothing answers, by how such a path begins.
        """
        self._routes = [
            _Route(_pattern(path), each, shapes, credentials)
            for each, shapes, credentials in sockets
            for path in each.paths
        ]
        self._errors = errors
        # Every request asks whether a socket has its path, so the rare ends are looked at first.
        self._ends = tuple({_end(path) for each, *_ in sockets for path in each.paths})
        self._hints = hints
        self._auth = auth
        self._anonymous = anonymous
        self.counts = SocketCounts()
        self._connections = set[Connection]()

    def serve(self, path: str) -> bool:
        """True if there is a WebSocket at this path."""
        return path.endswith(self._ends) and self._match(path) is not None

    def _match(self, path: str) -> tuple[_Route, Mapping[str, str]] | None:
        path = _normal(path)
        for route in self._routes:
            found = route.pattern.fullmatch(path)
            if found is not None:
                return route, found.groupdict()
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = api_error(NO_WEBSOCKET, {"Upgrade": "websocket"}, path=scope["path"])
            await respond(send, error_answer(self._worded(refusal, scope, None)))
            return
        await receive()  # websocket.connect
        handshake = Handshake(scope, self._anonymous)
        try:
            connection = self._open(scope, send, handshake)
        except ApiError as error:
            handshake.refuse(error)
            await deny_upgrade(self._worded(error, scope, handshake.world), send)
            return
        except Exception as error:
            refusal = self._report(scope, error).answer()
            await deny_upgrade(self._worded(refusal, scope, handshake.world), send)
            return
        self._connections.add(connection)
        try:
            with self.counts.one(connection.name):
                await connection.run(receive, send)
        finally:
            self._connections.discard(connection)

    async def shut_down(self) -> None:
        """End the sessions that tell their clients how they end, since the server stops."""
        await asyncio.gather(*(connection.shut_down() for connection in self._connections))

    def _worded(self, error: ApiError, scope: Scope, world: World | None) -> ApiError:
        """Return an error in the words of the API that has the path."""
        found, path = self._match(scope["path"]), scope["path"]
        errors = shapes_of_path(self._errors, _normal(path)) if found is None else found[0].errors
        return errors.reworded(error, Refused(path, None if world is None else world.ids))

    def _report(self, scope: Scope, error: Exception) -> bugs.Bug:
        """Report a bug in a handshake to the log and to the caller's journal."""
        world = None
        with suppress(Exception):  # finding the world may be what has failed
            world = self._world(self._match(scope["path"]), scope)
        bug = bugs.report(error, f"WebSocket {scope['path']}", world)
        if world is not None:
            bugs.note(bug, world.journal)
        return bug

    def _world(self, found: tuple[_Route, Mapping[str, str]] | None, scope: Scope) -> World:
        """Return the world of the key, or the one that the path names. Raises ApiError."""
        if found is not None and found[0].socket.names_world:
            return self._auth.world_of_reference(found[1]["world"])
        names = tuple(HANDSHAKE_CREDENTIALS) if found is None else found[0].credentials
        return self._auth.world(dict(scope["headers"]), scope["query_string"], names)

    def _open(self, scope: Scope, send: Send, handshake: Handshake) -> Connection:
        """Return a connection, ready to run. Raises ApiError for a handshake to be refused."""
        found = self._match(scope["path"])
        if found is not None:
            handshake.socket = found[0].socket
        handshake.world = world = self._world(found, scope)
        if found is None:
            path = scope["path"]
            hint = self._hints.for_path(_normal(path)) or self._hints.sockets
            raise path_not_found("WebSocket", path, hint)
        opening = handshake.audit(found[1])
        _strike(world, found[1], found[0].errors, Refused(scope["path"], world.ids))
        opening.check()
        handshake.accept()
        outbound = Outbound(send, world, handshake.subject)
        socket = found[0].socket
        limit = world.settings.ceiling("max_frame_bytes", socket.max_frame_bytes)
        connection = Connection(world, outbound, str(socket.name), limit)
        connection.peer = opening.open(outbound, connection.fail)
        return connection


def _strike(
    world: World, parameters: Mapping[str, str], errors: ErrorShapes, refused: Refused
) -> None:
    """Raise ApiError if a fault refuses the handshake."""
    facts = {name: value.lower() for name, value in parameters.items()}
    struck = world.faults.take("socket", ("refuse",), {"chat_id": None, **facts})
    if struck:
        raise ApiError(*fault_answer(struck["refuse"], errors, refused))


def _normal(path: str) -> str:
    """Return the path with one slash at its start: a base URL that ends in a slash gives two."""
    return "/" + path.lstrip("/")


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))


def _end(template: str) -> str:
    """Return the end that every path of a template has: its last segment, if it is literal."""
    path = template.rstrip("/")
    last = path.rpartition("/")[2]
    return template[len(path) :] if "{" in last else f"/{last}{template[len(path) :]}"
