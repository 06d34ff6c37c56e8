"""The HTTP server around the application: uvicorn, in the foreground or in a thread."""

import asyncio
import errno
import logging
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import TracebackType

import uvicorn

from emulator.api import Api
from emulator.apis.apis import APIS
from emulator.errors import StartupError
from emulator.hosts import is_loopback
from emulator.redaction.log import LogFilter
from emulator.settings import Settings
from emulator.web.app import App
from emulator.web.certificate import Certificate
from emulator.web.connection import http_protocol, socket_protocol
from emulator.web.mounts import Mount

_PATIENCE_S = 10  # for the thread to begin
_KEEP_ALIVE_S = 75  # of an idle connection; clients reuse them, so a short time breaks requests


def new_app(settings: Settings | None = None, mounts: Sequence[Mount] = ()) -> App:
    """Return the application that serves every emulated API. Raises StartupError."""
    return App(settings, APIS, mounts)


class Server:
    """One emulator on one port.

    The port is bound at once, so `url` is known before the server runs. `mounts` are routes that
    it serves beside its own. Raises StartupError if the port can't be bound, or if the application
    can't be served.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        mounts: Sequence[Mount] = (),
        apis: Sequence[Api] = APIS,
    ) -> None:
        self.settings = settings or Settings()
        self.app = App(self.settings, apis, mounts)
        try:
            self._socket = _bind(self.settings.host, self.settings.port)
            self._certificate = self._make_certificate()
        except StartupError:
            self.app.close()
            raise
        scheme = "http" if self._certificate is None else "https"
        self.url = _url(scheme, self._socket)  # such as http://127.0.0.1:8484
        self.at_end: list[Callable[[], object]] = []  # called once it has stopped
        self.is_open_to_others = not is_loopback(self._socket.getsockname()[0])
        self._uvicorn = _Uvicorn(
            self.app.begin_end,
            self._end,
            uvicorn.Config(
                self.app,
                log_config=None,
                access_log=self.settings.log_requests,
                lifespan="on",
                http=http_protocol(self.settings),
                ws=socket_protocol,  # type: ignore[arg-type]  # it is only called
                ws_per_message_deflate=False,
                ws_max_size=self.settings.max_frame_bytes,
                server_header=False,
                proxy_headers=bool(self.settings.trusted_proxies),
                forwarded_allow_ips=list(self.settings.trusted_proxies),
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=1,
                ssl_certfile=None if self._certificate is None else self._certificate.chain_file,
            ),
        )
        self._thread: threading.Thread | None = None

    @property
    def ca_file(self) -> str | None:
        """Return the file of the CA that clients must trust; None without TLS."""
        return None if self._certificate is None else self._certificate.ca_file

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """Return the event loop that serves; None before and after."""
        return self.app.loop

    def _make_certificate(self) -> Certificate | None:
        if not self.settings.tls:
            return None
        try:
            return Certificate((self.settings.host, *self.settings.allowed_hosts))
        except StartupError:
            self._socket.close()
            raise

    def _forget_certificate(self) -> None:
        if self._certificate is not None:
            self._certificate.forget()

    def _end(self) -> None:
        self._forget_certificate()
        for each in self.at_end:
            each()

    def run(self) -> None:
        """Serve until the process is told to stop."""
        _log_to_stderr(self.settings.log_requests)
        self._uvicorn.run(sockets=[self._socket])

    def start(self) -> "Server":
        """Serve from a thread, and return once it accepts requests."""
        if self._thread is not None:
            raise StartupError("an emulator is started once: make another one")
        self._thread = threading.Thread(target=self.run, name="evi-emulator", daemon=True)
        self._thread.start()
        if not self.app.started.wait(_PATIENCE_S):
            raise StartupError(f"the server did not begin within {_PATIENCE_S} s; see its log")
        return self

    @property
    def has_thread(self) -> bool:
        """True if the thread runs in this process: a fork leaves it to the parent."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """End the thread, and close the port."""
        self._uvicorn.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._socket.close()
        self.app.close()
        self._forget_certificate()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _Uvicorn(uvicorn.Server):
    """uvicorn.Server with hooks before and after shutdown (after SIGTERM nothing of ours runs)."""

    def __init__(
        self,
        before_end: Callable[[], Awaitable[None]],
        at_end: Callable[[], None],
        config: uvicorn.Config,
    ) -> None:
        super().__init__(config)
        self._before_end = before_end
        self._at_end = at_end

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._before_end()
        if self.config.is_ssl:
            self._drop_idle_connections()
        await super().shutdown(sockets)
        self._drop_all_connections()
        self._at_end()

    def _drop_all_connections(self) -> None:
        """Abort what is left: a loop with bytes for a client that reads nothing never ends."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def _drop_idle_connections(self) -> None:
        """Abort idle connections: under TLS a close waits for the client, which may not answer."""
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", ...)  # a WebSocket has none
            if cycle is None or getattr(cycle, "response_complete", False):
                connection.transport.abort()


def _url(scheme: str, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(
        host, host
    )  # all addresses: reached at loopback
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _bind(host: str, port: int) -> socket.socket:
    """Open a listening socket: the system queues connections from here on."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        raise StartupError(f"cannot listen on {host}:{port}: {_reason(error)}") from None


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "that is no host name"
    if error.errno == errno.EADDRINUSE:
        return "the port is in use; stop the other process, or choose a port with --port (0: any)"
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    return error.strerror or str(error)


class _Stderr(logging.Handler):
    """Logs to the current standard error, which pytest and others replace.

    A line that can't be written, because the disk is full or nobody reads, is left out, so that
    the request or the delivery that it describes continues.
    """

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):
            print(self.format(record), file=sys.stderr)  # noqa: T201


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """False if uvicorn takes for an error of ours a refused WebSocket, or a request cut short.

    When the server stops, it cancels requests that take longer than a second, and says how many.
    """
    is_cancelled = record.exc_info is not None and record.exc_info[0] is asyncio.CancelledError
    return not is_cancelled and "without completing handshake" not in record.getMessage()


_log_filter = LogFilter()
_CLEANED = ("asyncio", "aiohttp.client", "aiohttp.server", "aiohttp.web", "aiohttp.websocket")


def _log_to_stderr(requests: bool) -> None:
    handler = _Stderr()
    handler.addFilter(_is_worth_logging)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    levels = {"emulator": logging.WARNING, "uvicorn.error": logging.WARNING}
    if requests:  # uvicorn words a line for each request if its logger has a handler
        levels["uvicorn.access"] = logging.INFO
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addFilter(_log_filter)
        if not logger.handlers:
            logger.addHandler(handler)
    for name in _CLEANED:  # which Python shows itself, if there is something wrong
        logging.getLogger(name).addFilter(_log_filter)
