"""A bare ASGI application on the emulator's server: it sends what it was told to, and no more.

`python -m benchmarks.apps.bare PORT`. PUT /STATUS sets what every request is answered with; PUT
/frames, with a JSON array of texts, what every text frame of a WebSocket is answered with, which is
the frame itself until then, as it always is of a binary frame; PUT /pieces with a body that is
streamed as an answer, and its path ends with the lengths of the pieces: /pieces/96000,1200.
"""

import sys
from io import BytesIO

import orjson
import uvicorn
from starlette.types import Receive, Scope, Send


class Bare:
    """The application."""

    def __init__(self) -> None:
        self._status, self._body = 204, b""
        self._frames: list[str] = []
        self._pieces: list[bytes] = []  # of a streamed answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._echo(receive, send)
            return
        if scope["method"] == "PUT":
            await self._learn(scope["path"].removeprefix("/"), await _read(receive))
        elif scope["method"] == "POST":
            await _read(receive)
        if self._pieces and scope["method"] == "POST":
            await self._stream(send)
            return
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self._body)).encode()),
        ]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})

    async def _learn(self, what: str, body: bytes) -> None:
        if what == "frames":
            self._frames = orjson.loads(body)
        elif what.startswith("pieces/"):
            lengths = map(int, what.removeprefix("pieces/").split(","))
            rest = BytesIO(body)
            self._pieces = [rest.read(length) for length in lengths]
        else:
            self._status, self._body = int(what), body

    async def _stream(self, send: Send) -> None:
        headers = [(b"content-type", b"application/octet-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _echo(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("bytes") is not None:
                await send({"type": "websocket.send", "bytes": message["bytes"]})
                continue
            for frame in self._frames or [message["text"]]:
                await send({"type": "websocket.send", "text": frame})


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


if __name__ == "__main__":
    uvicorn.run(  # with the options of emulator/server.py
        Bare(),
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        server_header=False,
        backlog=2048,
    )
