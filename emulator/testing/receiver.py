"""A receiver of webhooks for tests: it checks and records them, and answers as a test sets."""

import asyncio
import hashlib
import hmac
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from emulator.apis.evi.webhooks import check_event_name
from emulator.clock import Clock, SystemClock
from emulator.errors import UsageError
from emulator.handles.tracebacks import is_on_purpose
from emulator.jsontext import JsonObject, read
from emulator.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, WINDOW_S

__tracebackhide__ = is_on_purpose

_POLL_S = 0.01  # how long closing it may take
_BODILESS = (204, 304)  # statuses: a body would be taken for the next answer on the connection


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """One webhook as it came; `problem` says why its signature is not good, None if it is."""

    event: JsonObject
    body: bytes
    headers: dict[str, str]
    problem: str | None

    def __repr__(self) -> str:
        chat = f" of chat {self.event['chat_id']}" if "chat_id" in self.event else ""
        return f"<webhook {_told(self)}{chat}>"

    @property
    def event_name(self) -> str:
        return str(self.event.get("event_name"))

    @property
    def is_genuine(self) -> bool:
        return self.problem is None


def _told(received: Received) -> str:
    """Return an event's name, and what is wrong with its signature."""
    problem = "" if received.problem is None else f" ({received.problem})"
    return f"{received.event_name}{problem}"


class WebhookReceiver:
    """Listens on a port of this machine, from a thread, until it is closed.

    A genuine webhook is answered 200, any other 401 with what is wrong, unless `answers` has a
    status for it: the first is used for the next one.
    """

    def __init__(self, signing_key: str, clock: Clock | None = None) -> None:
        self.received: list[Received] = []
        self.answers: deque[int] = deque()
        self._key = signing_key.encode()
        self._clock = clock or SystemClock()
        self._is_closed = False
        self._came = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), daemon=True
        )
        self._thread.start()

    def __repr__(self) -> str:
        return f"<webhook receiver {self.url}: {', '.join(map(_told, self.received)) or 'nothing'}>"

    @property
    def url(self) -> str:
        """Return the URL to give to configs for their webhooks."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def events(self) -> list[JsonObject]:
        """Return the payloads that came with a good signature."""
        return [each.event for each in self.received if each.is_genuine]

    def answer(self, *statuses: int) -> None:
        """Set the statuses of the next answers. Raises UsageError for an impossible status."""
        for status in statuses:
            if not isinstance(status, int) or not 200 <= status <= 599:
                raise UsageError(f"an answer is a status from 200 to 599, got {status!r}")
        self.answers.extend(statuses)

    def wait_for(self, event_name: str, timeout: float = 1.0, **fields: Any) -> Received:
        """Wait for the first such webhook. Raises AssertionError after `timeout` s."""
        check_event_name(event_name)
        wanted = {"event_name": event_name, **fields}

        def find() -> Received | None:
            for each in self.received:
                if all(each.event.get(name) == value for name, value in wanted.items()):
                    return each
            return None

        with self._came:
            found = self._came.wait_for(find, timeout)
        if found is None:
            came = ", ".join(map(_told, self.received)) or "nothing"
            raise AssertionError(f"no webhook {wanted} within {timeout:g} s; came: {came}")
        return found

    async def await_for(self, event_name: str, timeout: float = 1.0, **fields: Any) -> Received:
        """Wait as `wait_for` does, in an async test."""
        return await asyncio.to_thread(self.wait_for, event_name, timeout, **fields)

    def close(self) -> None:
        self._is_closed = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> "WebhookReceiver":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Keep a webhook, and return the status and the text of the answer."""
        problem = self._problem(body, headers)
        try:
            event = read(body)
        except ValueError:
            event, problem = {}, "the body is not JSON"
        if not isinstance(event, dict):
            event, problem = {}, "the body is not a JSON object"
        with self._came:
            self.received.append(Received(event, body, headers, problem))
            status = self.answers.popleft() if self.answers else 401 if problem else 200
            self._came.notify_all()
        return status, problem or ""

    def _problem(self, body: bytes, headers: dict[str, str]) -> str | None:
        signature = headers.get(SIGNATURE_HEADER.lower())
        timestamp = headers.get(TIMESTAMP_HEADER.lower(), "")
        if signature is None or not (timestamp.isascii() and timestamp.isdigit()):
            return "a header is missing"
        good = hmac.new(self._key, body + b"." + timestamp.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(good.encode(), signature.encode()):
            return "the signature is wrong"
        if abs(self._clock.now_ms() / 1000 - int(timestamp)) > WINDOW_S:
            return "the timestamp is too old"
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if receiver._is_closed:  # a connection that was kept alive
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, problem = receiver._take(body, headers)
                said = b"" if status in _BODILESS else problem.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        return Handler
