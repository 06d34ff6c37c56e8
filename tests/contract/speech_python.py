"""Connections of text-to-speech's socket of the vendor's Python package, sync and async."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import Any, TypeAlias

from hume import AsyncHumeClient, HumeClient
from hume.tts import PublishTts
from websockets.frames import CloseCode

from tests.contract.speech import Told

Json = dict[str, Any]
TIMEOUT_S = 10
Speak: TypeAlias = Callable[[str, str, Json, Sequence[Json]], Told]


def to_json(message: Any) -> Json:
    """A message as the vendor's model shows it; raw sound as the table has it."""
    if isinstance(message, bytes):
        return {"type": "binary", "audio": b64encode(message).decode()}
    content: Json = json.loads(message.json())
    return content


def model_of(message: Json) -> PublishTts:
    return PublishTts.model_validate(message)


def sync_speech(url: str, key: str, query: Json, actions: Iterable[Json]) -> Told:
    """What a `HumeClient` receives that does all this."""
    client, received = HumeClient(base_url=url, api_key=key), list[Json]()
    with client.tts.stream_input.connect(**query) as socket, _closed_when_late(socket):
        for action in actions:
            match action:
                case {"send": message}:
                    socket.send_publish(model_of(message))
                case {"receive": count}:
                    received += [to_json(socket.recv()) for _ in range(count)]
                case _:
                    received += map(to_json, socket)
        return received, socket._websocket.close_code


@contextmanager
def _closed_when_late(socket: Any) -> Iterator[None]:
    """Close the socket after a while, with a code that no case expects."""
    timer = Timer(TIMEOUT_S, socket._websocket.close, (CloseCode.GOING_AWAY,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def async_speech(url: str, key: str, query: Json, actions: Sequence[Json]) -> Told:
    """The same of an `AsyncHumeClient`."""
    return asyncio.run(asyncio.wait_for(_speak(url, key, query, actions), TIMEOUT_S))


async def _speak(url: str, key: str, query: Json, actions: Iterable[Json]) -> Told:
    client, received = AsyncHumeClient(base_url=url, api_key=key), list[Json]()
    async with client.tts.stream_input.connect(**query) as socket:
        for action in actions:
            match action:
                case {"send": message}:
                    await socket.send_publish(model_of(message))
                case {"receive": count}:
                    received += [to_json(await socket.recv()) for _ in range(count)]
                case _:
                    received += [to_json(each) async for each in socket]
        return received, socket._websocket.close_code
