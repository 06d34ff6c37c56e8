"""A webhook receiver that judges what it gets as Hume's documentation tells receivers to.

`receiver.mjs` is another one, in another language; both are written without the emulator's code.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from emulator.clock import SystemClock

KEY = "emulator-signing-key"  # what the emulator signs with unless told otherwise
WINDOW_S = 180
PATIENCE_S = 10  # no test waits that long unless it is about to fail


@dataclass(frozen=True)
class Received:
    """One request, and what its receiver thinks of it: 'valid', or what is wrong."""

    path: str
    timestamp: str | None
    signature: str | None
    body: bytes
    verdict: str

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def event_name(self) -> Any:
        return self.event["event_name"]


@dataclass(frozen=True)
class Answer:
    """What a receiver answers."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def judge(timestamp: str | None, signature: str | None, body: bytes, key: str) -> str:
    """'valid', or what is wrong with a webhook."""
    if not timestamp or not signature:
        return "headers missing"
    signed = body + b"." + timestamp.encode()
    expected = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature, expected):
        return "signature wrong"
    if abs(SystemClock().now_ms() // 1000 - int(timestamp)) > WINDOW_S:
        return "timestamp stale"
    return "valid"


def by_verdict(received: Received) -> Answer:
    """200 for what is valid, 401 for anything else."""
    return Answer(200 if received.verdict == "valid" else 401, received.verdict.encode())


def always(status: int) -> Callable[[Received], Answer]:
    return lambda received: Answer(status)


class Receiver:
    """Listens on a port of its own; `answer` says what it answers."""

    def __init__(self, key: str = KEY) -> None:
        self.key = key
        self.answer: Callable[[Received], Answer] = by_verdict
        self._log: list[Received] = []
        self._changed = threading.Condition()
        self._open = threading.Event()
        self._open.set()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def log(self) -> list[Received]:
        """Everything that came, in order."""
        return list(self._log)

    def wait_for(self, count: int) -> list[Received]:
        """Everything that came, once it is that much."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self._log) >= count, PATIENCE_S)
        assert came, f"{len(self._log)} requests came, not {count}"
        return self.log()

    def hold(self) -> None:
        """From now on take requests in, but don't answer."""
        self._open.clear()

    def release(self) -> None:
        """Answer what was held."""
        self._open.set()

    def take(self, path: str, headers: Message, body: bytes) -> Answer:
        timestamp = headers.get("X-Hume-AI-Webhook-Timestamp")
        signature = headers.get("X-Hume-AI-Webhook-Signature")
        verdict = judge(timestamp, signature, body, self.key)
        received = Received(path, timestamp, signature, body, verdict)
        with self._changed:
            self._log.append(received)
            self._changed.notify_all()
        self._open.wait(PATIENCE_S)
        return self.answer(received)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone is none of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.receiver.take(self.path, self.headers, body)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: pytest's output is for pytest."""


class NodeReceiver:
    """`receiver.mjs` in a process of its own."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    def log(self) -> list[Received]:
        """Everything that came, in order."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            connection.request("GET", "/log")
            rows = json.load(connection.getresponse())
        finally:
            connection.close()
        return [Received(**{**row, "body": base64.b64decode(row["body"])}) for row in rows]


@contextmanager
def node_receiver(key: str = KEY) -> Iterator[NodeReceiver]:
    """Needs `node`. The process ends with its standard input."""
    process = subprocess.Popen(
        ["node", str(Path(__file__).with_name("receiver.mjs"))],
        env={**os.environ, "RECEIVER_KEY": key},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield NodeReceiver(int(process.stdout.readline()))
    finally:
        process.communicate()
