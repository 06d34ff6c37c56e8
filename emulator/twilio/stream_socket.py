"""The WebSocket of a media stream, on Twilio's side."""

import asyncio
from collections import deque
from collections.abc import Mapping

import aiohttp
from yarl import URL

from emulator.jsontext import Json, JsonObject, JsonTextError, parse, render
from emulator.outgoing.http_client import HttpClient
from emulator.outgoing.reason import why_unreachable

_LONGEST_MESSAGE = 1_048_576  # bytes
_MOST_WAITING = 8 * _LONGEST_MESSAGE  # bytes of messages that were not taken
_CLOSING_S = 2  # of real time, for the other side's close
_MOST_SENDING_S = 15  # of real time, for a server that does not read
_NORMAL, _WITHOUT_CODE, _BROKEN = 1000, 1005, 1006
_ORDERLY = (_NORMAL, 1001, _WITHOUT_CODE)


class SocketRefused(OSError):
    """A WebSocket that was not opened; the text says why."""


class UnreadableMessage(ValueError):
    """A message that is not JSON; the text says why."""


class StreamSocket:
    """Sends messages, and keeps received ones until they are asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._received: deque[Json | UnreadableMessage] = deque()
        self._waiting = 0  # bytes
        self._room = asyncio.Event()
        self._is_closed = False
        self._code = _BROKEN
        self.problem = ""  # why it broke, if that was not the other side's doing
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def open(
        cls, client: HttpClient, target: str, headers: Mapping[str, str], most_s: float
    ) -> "StreamSocket":
        """Open a WebSocket within `most_s` of real time. Raises SocketRefused."""
        try:
            async with asyncio.timeout(most_s):
                socket = await client.session().ws_connect(
                    URL(target, encoded=True),
                    headers=headers,
                    max_msg_size=_LONGEST_MESSAGE,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSING_S),
                )
        except aiohttp.WSServerHandshakeError as error:
            raise SocketRefused(f"it has answered {error.status} instead of 101") from None
        except TimeoutError:
            raise SocketRefused(f"it has not answered in {most_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SocketRefused(f"it can't be reached: {why_unreachable(error)}") from None
        return cls(socket)

    @property
    def is_closed(self) -> bool:
        """True if the other side has closed, and all that came before was taken."""
        return self._is_closed and not self._received

    @property
    def close_code(self) -> int:
        """Return the code with which the other side has closed; 1006 if it broke."""
        return self._code

    @property
    def is_orderly(self) -> bool:
        """True if the other side has closed as a server does that has nothing more to say."""
        return self._code in _ORDERLY

    async def send(self, message: JsonObject) -> None:
        """Send a message, unless the WebSocket is closed."""
        if self._is_closed:
            return
        try:
            async with asyncio.timeout(_MOST_SENDING_S):
                await self._socket.send_str(render(message).decode())
        except TimeoutError:
            self.problem = f"the server has read nothing for {_MOST_SENDING_S} s"
            self.abort()
        except (aiohttp.ClientError, OSError):
            return  # what the server has sent until now can still be read

    def take(self) -> list[Json | UnreadableMessage]:
        """Return the messages that have come since the last time."""
        taken = list(self._received)
        self._received.clear()
        self._waiting = 0
        self._room.set()
        return taken

    async def close(self) -> None:
        """Close the WebSocket, and wait a little for the other side to do so, too."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._socket.close(code=_NORMAL)
        self._is_closed = True

    def abort(self) -> None:
        """Break the connection without a close."""
        connection = self._socket._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        self._reading.cancel()
        self._is_closed = True

    async def _read(self) -> None:
        try:
            while True:
                message = await self._socket.receive()
                if message.type is aiohttp.WSMsgType.CLOSE:
                    self._code = message.data or _WITHOUT_CODE
                    return
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._received.append(_read_json(message.data))
                elif message.type is aiohttp.WSMsgType.BINARY:
                    what = "a message should be text, got bytes"
                    self._received.append(UnreadableMessage(what))
                else:
                    return
                self._waiting += len(message.data)
                if self._waiting >= _MOST_WAITING:
                    self._room.clear()
                    await self._room.wait()
        except (asyncio.CancelledError, aiohttp.ClientError, OSError):
            return  # an error that the task keeps would keep this socket
        finally:
            self._is_closed = True


def _read_json(text: str) -> Json | UnreadableMessage:
    try:
        return parse(text.encode())
    except JsonTextError as error:
        return UnreadableMessage(f"a message should be JSON: {error.message}: {text[:100]!r}")
