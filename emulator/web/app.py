"""The composition root: documents, seed, worlds and routes become one ASGI application."""

import asyncio
import threading
from collections.abc import Awaitable
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from emulator.api import bind
from emulator.apis.evi.chat.script import named_script
from emulator.apis.evi.chat_socket import ChatSocket, is_chat_path
from emulator.apis.evi.operations.examples import with_examples
from emulator.faults.chaos import read_chaos
from emulator.openapi.document import VOICES_DOCUMENT, clear_failure, load_document
from emulator.openapi.fields import body_fields
from emulator.openapi.operation import Operation, compile_operations
from emulator.openapi.validation import Validation
from emulator.outgoing.sender import Sender
from emulator.settings import Settings
from emulator.web.auth import Auth
from emulator.web.control.application import Control
from emulator.web.cors import Cors
from emulator.web.dispatch import Dispatcher
from emulator.web.guard import CONTROL_PREFIXES, Guard
from emulator.web.timer_wakeups import Alarm
from emulator.world.seed import load_seed
from emulator.world.world import World, Worlds

if TYPE_CHECKING:
    from emulator.contract.coverage import Universe
    from emulator.world.persistence import Lasting
    from emulator.world.snapshot_reader import SnapshotReader


class App:
    """The whole server as an ASGI application. Raises StartupError if it can't be served."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        read_chaos(self.settings.chaos)  # a mistake in it stops the start
        self.document = load_document(self.settings.spec)
        self.operations = compile_operations(self.document)
        validation = Validation(self.document)
        self.validation = validation
        seed = load_seed(self.settings.seed, validation, self.settings)
        self._sender = Sender(self.settings.webhook_timeout)
        script = named_script(self.settings.script)
        self.worlds = Worlds(seed, self.settings, self._sender, self._begin, script)
        self.auth = Auth(self.worlds, self.settings.api_key)
        self.dispatcher = self._dispatcher(validation)
        control = Control(
            self.auth,
            self.worlds,
            self.settings,
            self.document,
            validation,
            self.stubbable,
            self.operations,
            lambda: self.snapshots,
            lambda: self.universe,
        )
        self.control_routes = control.routes()
        for route in self.control_routes:
            self.dispatcher.add_endpoint(route)
        self.started = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None  # that serves
        self._chat_socket = ChatSocket(self.auth, self.worlds.others)
        self._guarded = Guard(Cors(self._route), self.settings)
        self._lasting = self._new_lasting()  # last, as it locks a folder

    @cached_property
    def snapshots(self) -> "SnapshotReader":
        """What reads snapshots of worlds."""
        from emulator.world.snapshot_reader import SnapshotReader  # which few need at the start

        return SnapshotReader(self.validation, self.stubbable)

    @cached_property
    def universe(self) -> "Universe":
        """All that a client can exercise."""
        from emulator.contract.coverage import new_universe  # which few need
        from emulator.web.sockets.handshake import chat_fields

        bodies = [(each, body_fields(self.document, each)) for each in self.operations]
        return new_universe(bodies, chat_fields())

    def _new_lasting(self) -> "Lasting | None":
        if not self.settings.state and not self.settings.export_on_exit:
            return None
        from emulator.world.persistence import Lasting

        return Lasting(self.worlds, self.settings, self.snapshots)

    def close(self) -> None:
        """Give up what other processes wait for, if it was never served or is served no more."""
        if self._lasting is not None:
            self._lasting.close()

    def _begin(self, world: World) -> None:
        """What a new world comes with."""
        Alarm(world)
        self.auth.look_at(world.api_key)

    def _dispatcher(self, validation: Validation) -> Dispatcher:
        voices = load_document(VOICES_DOCUMENT)
        voice_operations = compile_operations(voices)
        handlers = bind((*self.operations, *voice_operations), self.document.name)
        if self.settings.unknown_ids == "example":
            demo = load_seed("demo", validation, self.settings)
            for operation in (*self.operations, *voice_operations):
                handlers[operation.id] = with_examples(operation, handlers[operation.id], demo)
        own_prefixes = (*CONTROL_PREFIXES, "/openapi.", "/oauth2-cc/")
        dispatcher = Dispatcher(self.auth, self.settings, self.worlds.others, own_prefixes)
        self.stubbable: dict[str, tuple[Operation, Validation]] = {}
        for document, operations, checks in (
            (self.document, self.operations, validation),
            (voices, voice_operations, Validation(voices)),
        ):
            with clear_failure(document):
                for operation in operations:
                    fields = body_fields(document, operation)
                    dispatcher.add(operation, handlers[operation.id], checks, fields)
                    self.stubbable[operation.id] = operation, checks
        return dispatcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._guarded(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """From the server's start to its end."""
        await receive()
        self.loop = asyncio.get_running_loop()
        if self._lasting is not None:
            self._lasting.begin()
        self.started.set()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._sender.close()
        if self._lasting is not None:
            await self._lasting.end()
        self.loop = None
        await send({"type": "lifespan.shutdown.complete"})

    def _route(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "websocket" or is_chat_path(scope["path"]):
            return self._chat_socket(scope, receive, send)
        return self.dispatcher(scope, receive, send)
