"""What these tests share: a client's side of a chat, HTTP, and giving up on what hangs."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
from websockets.sync.client import ClientConnection, connect

from emulator.testing.world import Evi

T = TypeVar("T")
PATIENCE_S = 3  # no test waits that long unless it is about to fail


class Talk:
    """The socket of a client: it reads, and sends."""

    last: dict[str, Any]

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def say(self, text: str) -> None:
        self.send(type="user_input", text=text)

    def read_until(self, type: str) -> dict[str, Any]:
        """The next message of that type; those before it are read away."""
        while self.read()["type"] != type:
            pass
        return self.last

    def read(self) -> dict[str, Any]:
        """The next message, which is `last` then."""
        self.last = json.loads(self.socket.recv(timeout=PATIENCE_S))
        return self.last

    def turn(self) -> list[dict[str, Any]]:
        """All messages up to the assistant's next end."""
        messages = [self.read()]
        while messages[-1]["type"] != "assistant_end":
            messages.append(self.read())
        return messages

    def until_closed(self) -> None:
        """Read until the server closes the socket."""
        for _ in self.socket:
            pass


@contextmanager
def talking(evi: Evi, **query: str) -> Iterator[Talk]:
    """A chat's client."""
    address = f"{evi.ws_url}?{urlencode({'api_key': evi.api_key, **query})}"
    with connect(address, proxy=None, max_queue=None) as socket:
        yield Talk(socket)


@contextmanager
def joining(evi: Evi, chat_id: str) -> Iterator[Talk]:
    """Somebody who joins a chat through the control plane."""
    address = f"{evi.ws_url}/{chat_id}/connect?api_key={evi.api_key}"
    with connect(address, proxy=None, max_queue=None) as socket:
        yield Talk(socket)


@contextmanager
def http(evi: Evi) -> Iterator[httpx.Client]:
    """HTTP with the world's key."""
    headers = {"X-Hume-Api-Key": evi.api_key}
    with httpx.Client(base_url=evi.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


def get(evi: Evi, path: str) -> Any:
    with http(evi) as client:
        return client.get(path).json()


class Started:
    """Something that runs in a thread, until it is asked for its result."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act
        self._outcome: list[tuple[Any, BaseException | None]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome.append((self._act(), None))
        except BaseException as error:
            self._outcome.append((None, error))

    def result(self, patience_s: float = PATIENCE_S) -> Any:
        """What it returned. Raises what it raised, and AssertionError if it hangs."""
        self._thread.join(patience_s)
        assert self._outcome, f"it has not come back within {patience_s} s"
        [(value, error)] = self._outcome
        if error is not None:
            raise error
        return value


def within(seconds: float, act: Callable[[], T]) -> T:
    """What `act` returns, if it does so in time."""
    value: T = Started(act).result(seconds)
    return value


def until_it_waits(evi: Evi) -> None:
    """Until somebody waits for something to happen in the world."""
    give_up = time.monotonic() + PATIENCE_S
    while not evi.world.journal.watchers:
        assert time.monotonic() < give_up, "nobody waits"
