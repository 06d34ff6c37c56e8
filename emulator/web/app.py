"""The composition root: documents, seed, worlds and routes become one ASGI application."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from emulator.api import (
    Api,
    Handler,
    ServedApi,
    by_id,
    error_shapes,
    seed_reader,
    serve,
    snapshot_reader,
)
from emulator.audio.speakers import check_voice
from emulator.contract.findings import Finding
from emulator.credentials import CREDENTIALS, HANDSHAKE_CREDENTIALS
from emulator.errors import ApiError
from emulator.faults.chaos import read_chaos
from emulator.openapi.document import Document, clear_failure
from emulator.openapi.hints import NO_HINTS
from emulator.openapi.operation import Operation
from emulator.openapi.validation import Validation
from emulator.outgoing.sender import Sender
from emulator.resources import is_shipped
from emulator.settings import Settings
from emulator.web.auth import Auth
from emulator.web.cors import Cors
from emulator.web.dispatch import Dispatcher
from emulator.web.guard import CONTROL_PREFIX, Guard
from emulator.web.mounts import Mount
from emulator.web.sockets.application import Sockets
from emulator.web.timer_wakeups import TimerWakeups
from emulator.world.expiry import Expiry
from emulator.world.snapshot import Seed
from emulator.world.snapshot_reader import SnapshotReader
from emulator.world.world import World
from emulator.world.worlds import Worlds

if TYPE_CHECKING:
    from emulator.contract.surface import ApiSurface
    from emulator.web.control.application import Control
    from emulator.world.persistence import Persistence


def names_in_query(api: Api, names: Iterable[str]) -> Sequence[str]:
    """Return the parameters of a query that may hold a key or a token of an API."""
    return tuple(names) if api.takes_query_credentials else ()


_OTHER_OWN_PREFIXES = ("/openapi.", "/openapi/", "/oauth2-cc/")  # routes without a guard


class App:
    """The whole server as an ASGI application. Raises StartupError if it can't be served."""

    def __init__(
        self, settings: Settings | None, apis: Sequence[Api], mounts: Sequence[Mount] = ()
    ) -> None:
        self.settings = settings or Settings()
        read_chaos(self.settings.chaos)  # a mistake in it stops the start
        check_voice(self.settings.voice)  # so does a voice that can't speak here
        self.apis = serve(apis, self.settings)
        self.mounts = mounts
        self.by_id = by_id(self.apis)
        self.seeds = seed_reader(self.apis)
        self._sender = Sender(self.settings.webhook_timeout)
        seed = self.seeds.load(self.settings.seed, self.settings)
        self.worlds = Worlds(seed, self.settings, self._sender, self._begin)
        self.auth = Auth(self.worlds, self.settings.api_key)
        self._errors = error_shapes(self.apis)
        self._errors_of_paths = {
            each.prefix: self._errors[each.name] for each in apis if each.prefix
        }
        self._hints = NO_HINTS.with_all([each.hints for each in apis])
        guarded = (CONTROL_PREFIX, *(mount.prefix for mount in mounts))
        self.dispatcher = self._dispatcher((*guarded, *_OTHER_OWN_PREFIXES))
        self.started = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None  # that serves
        sockets = [
            (socket, self._errors[each.name], names_in_query(each, HANDSHAKE_CREDENTIALS))
            for each in apis
            for socket in each.sockets
        ]
        self._sockets = Sockets(
            sockets, self._hints, self.auth, self.worlds.others, self._errors_of_paths
        )
        # Called with each new world, and with each request that is refused before it has one: what
        # was asked for, and why it is refused.
        self.world_watchers: list[Callable[[World], object]] = []
        self.refusal_watchers: list[Callable[[str, str], object]] = []
        self.worlds.others.watchers = (self._note_stranger,)
        self._guarded = Guard(Cors(self._route), self.settings, guarded, self._note_refusal)
        self._expiry = self._new_expiry()
        self._persistence = self._new_persistence()  # last, as it locks a folder

    @property
    def document(self) -> Document:
        """Return the document of the first API."""
        return self.apis[0].document

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Return the operations of the first API."""
        return self.apis[0].operations

    @property
    def validation(self) -> Validation:
        """Return the checks of the first API."""
        return self.apis[0].validation

    @cached_property
    def control(self) -> "Control":
        """Return what makes the emulator's own routes."""
        from emulator.web.control.application import Control  # no operation needs its 100 ms

        return Control(
            self.auth,
            self.worlds,
            self.seeds,
            self.settings,
            self.apis,
            self.by_id,
            lambda: self.snapshots,
            lambda: self.surfaces,
            self.mounts,
            self._sockets.counts,
        )

    @cached_property
    def snapshots(self) -> SnapshotReader:
        """Return the reader of snapshots."""
        return snapshot_reader(self.apis)

    @cached_property
    def surfaces(self) -> "Sequence[ApiSurface]":
        """Return all that a client can exercise, API by API."""
        return [each.surface() for each in self.apis]

    def _new_persistence(self) -> "Persistence | None":
        if not self.settings.state and not self.settings.export_on_exit:
            return None
        from emulator.world.persistence import Persistence  # few keep worlds; it takes 15 ms

        return Persistence(self.worlds, self.settings, self.snapshots)

    def _new_expiry(self) -> Expiry | None:
        """Return what drops unused worlds; None if the settings keep them all.

        The worlds of keys that the settings list are few, and stored ones are to be kept.
        """
        settings = self.settings
        if settings.api_key or settings.state or settings.export_on_exit:
            return None
        minutes = settings.world_idle_minutes
        return Expiry(self.worlds, minutes) if minutes else None

    async def begin_end(self) -> None:
        """End what clients wait for, and sessions that say how they end: the server will stop."""
        self.worlds.end_waits()
        await self._sockets.shut_down()

    def close(self) -> None:
        """Release the folder of stored worlds; for an application that is not being served."""
        if self._persistence is not None:
            self._persistence.close()

    def _begin(self, world: World) -> None:
        """Set up a new world: wakeups of its timers, a warning if its key looks real, watchers."""
        TimerWakeups(world)
        self.auth.look_at(world.api_key)
        for watcher in self.world_watchers:
            watcher(world)

    def _note_stranger(self, subject: str, finding: Finding) -> None:
        """Tell the watchers of a request whose caller has no world."""
        for watcher in self.refusal_watchers:
            watcher(subject, f"expected {finding.expected}")

    def _note_refusal(self, scope: Scope, error: ApiError) -> None:
        """Tell the watchers of a request that the guard has refused."""
        for watcher in self.refusal_watchers:
            watcher(f"{scope.get('method', 'GET')} {scope['path']}", str(error.body["message"]))

    def _dispatcher(self, own_prefixes: Sequence[str]) -> Dispatcher:
        dispatcher = Dispatcher(
            self.auth,
            self.settings,
            self.worlds.others,
            self._hints,
            own_prefixes,
            lambda: self.control.own_routes(),
            self._errors_of_paths,
        )
        for served in self.apis:
            handlers, errors = self._handlers(served), self._errors[served.name]
            is_known = is_shipped(served.document.path)
            credentials = names_in_query(served.api, CREDENTIALS)
            with clear_failure(served.document):
                for operation in served.operations:
                    handler = handlers[operation.id]
                    limit = served.api.body_limits.get(operation.id)
                    route = dispatcher.add(
                        operation, handler, served.validation, limit, errors, credentials
                    )
                    if not is_known:
                        route.compile()
        return dispatcher

    def _handlers(self, served: ServedApi) -> Mapping[str, Handler]:
        handlers = served.api.handlers.by_id
        if self.settings.unknown_ids != "example":
            return handlers
        with_examples = served.api.with_examples
        return {
            each.id: with_examples(each, handlers[each.id], self._demo)
            for each in served.operations
        }

    @cached_property
    def _demo(self) -> Seed:
        """Load the seed that has the examples."""
        return self.seeds.load("demo", self.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._guarded(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Run what lasts from the server's start to its end."""
        await receive()
        self.loop = asyncio.get_running_loop()
        if self._persistence is not None:
            self._persistence.begin()
        self.started.set()
        if self._expiry is not None:
            self._expiry.begin(self.loop)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._expiry is not None:
            self._expiry.end()
        await self._sender.close()
        await self.worlds.http.close()
        if self._persistence is not None:
            await self._persistence.end()
        self.loop = None
        await send({"type": "lifespan.shutdown.complete"})

    def _route(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "websocket" or self._sockets.serve(scope["path"]):
            return self._sockets(scope, receive, send)
        return self.dispatcher(scope, receive, send)
