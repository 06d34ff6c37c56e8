"""A receiver of webhooks: `python -m benchmarks.apps.receiver FAILS PORT`.

POST is a webhook; of these the share FAILS is answered 500. GET gives the log, DELETE clears it.
"""

import asyncio
import sys
from collections import defaultdict
from typing import Any

import uvloop

from benchmarks.servers import CORES, use_cores
from emulator.ids import derived_random
from emulator.jsontext import parse, render

Seen = tuple[str, int]  # an event's name, and the status that it was answered with


async def receive(fails: float, port: int) -> None:
    """Until the process is told to stop."""
    use_cores(CORES[-1])
    log = Log(fails)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(log), "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


class Log:
    """Webhooks that the receiver got, chat by chat."""

    def __init__(self, fails: float) -> None:
        self._fails = fails
        self.by_chat: dict[str, list[Seen]] = defaultdict(list)

    def add(self, body: bytes) -> int:
        """The status to answer with. An event alone decides which of its requests fail, and the
        fourth never does, so that all are delivered.
        """
        event = parse(body)
        chat, name = self.by_chat[event["chat_id"]], event["event_name"]
        number = sum(1 for seen, _ in chat if seen == name)
        status = 200
        if self._fails and number < 3:
            drawn = derived_random("webhook", event["chat_id"], name, number).random()
            status = 500 if drawn < self._fails else 200
        chat.append((name, status))
        return status


class Connection(asyncio.Protocol):
    """One connection to the receiver, which is kept open."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (request := _split(self._data)) is not None:
            head, body, self._data = request
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        status, answer = 200, b""
        if head.startswith(b"POST"):
            status = self._log.add(body)
        elif head.startswith(b"GET"):
            answer = render(self._log.by_chat)
        else:
            self._log.by_chat.clear()
        self._transport.write(
            b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n" % (status, len(answer)) + answer
        )


def _split(data: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Head, body and the rest, if there is a whole request."""
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return None
    _, named, value = head.lower().partition(b"content-length: ")
    length = int(value.partition(b"\r")[0]) if named else 0
    return None if len(rest) < length else (head, rest[:length], rest[length:])


if __name__ == "__main__":
    uvloop.run(receive(float(sys.argv[1]), int(sys.argv[2])))
