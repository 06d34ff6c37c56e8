"""The HTTP server around the application: uvicorn, in the foreground or in a thread."""

import errno
import logging
import socket
import sys
import threading
from types import TracebackType

import uvicorn

from emulator.errors import StartupError
from emulator.settings import Settings
from emulator.web.app import App
from emulator.web.corked import CorkedProtocol

_PATIENCE_S = 10  # for the thread to begin
_KEEP_ALIVE_S = 75  # an idle connection; a short time breaks one that a client is just using again


class Server:
    """One emulator on one port.

    The port is bound at once, so `url` is known before the server runs. Raises StartupError if
    that fails, or if the application can't be served.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.app = App(self.settings)
        try:
            self._socket = _bind(self.settings.host, self.settings.port)
        except StartupError:
            self.app.close()
            raise
        self.url = _url(self._socket)  # such as http://127.0.0.1:8484
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                self.app,
                log_config=None,
                access_log=self.settings.log_requests,
                lifespan="on",
                http=CorkedProtocol,
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                ws_max_size=self.settings.max_frame_bytes,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until the process is told to stop."""
        _log_to_stderr(self.settings.log_requests)
        self._uvicorn.run(sockets=[self._socket])

    def start(self) -> "Server":
        """Serve from a thread, and return once it does."""
        if self._thread is not None:
            raise StartupError("an emulator is started once: make another one")
        self._thread = threading.Thread(target=self.run, name="evi-emulator", daemon=True)
        self._thread.start()
        if not self.app.started.wait(_PATIENCE_S):
            raise StartupError(f"the server did not begin within {_PATIENCE_S} s; see its log")
        return self

    def stop(self) -> None:
        """End the thread, and close the port."""
        self._uvicorn.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._socket.close()
        self.app.close()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # everywhere: reached here
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind(host: str, port: int) -> socket.socket:
    """A listening socket: the system queues connections from here on."""
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
    """To what is the standard error at the moment: pytest and others change it."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)  # noqa: T201


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """uvicorn takes each WebSocket that is answered 401 for a mistake of the application."""
    return "without completing handshake" not in record.getMessage()


def _log_to_stderr(requests: bool) -> None:
    handler = _Stderr()
    handler.addFilter(_is_worth_logging)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    for name, level in {
        "emulator": logging.WARNING,
        "uvicorn.error": logging.WARNING,
        "uvicorn.access": logging.INFO if requests else logging.WARNING,
    }.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        if not logger.handlers:
            logger.addHandler(handler)
