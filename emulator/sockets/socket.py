"""A WebSocket of an API: its path, what opens it, and the API's side of a connection."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from emulator.contract.findings import Finding
from emulator.jsontext import JsonObject
from emulator.sockets.outbound import Outbound
from emulator.world.world import World

OnBug: TypeAlias = Callable[[Exception], None]


class Peer(ABC):
    """The API's side of one connection: takes frames, and sends frames through its Outbound."""

    @abstractmethod
    def receive_text(self, text: bytes) -> None:
        """Take a text frame."""

    @abstractmethod
    def receive_bytes(self, data: bytes) -> None:
        """Take a binary frame."""

    @abstractmethod
    def closed(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        """End what belongs to the connection; return findings about how it ended.

        If the client closed it, the Outbound has its reason.
        """

    @abstractmethod
    def fail(self, slug: str, message: str | None) -> None:
        """Send an error frame that a fault asks for; the session may end with it."""

    @abstractmethod
    def hang_up(self) -> None:
        """End what belongs to the connection, since a fault breaks it."""

    @abstractmethod
    def crash(self) -> None:
        """End what belongs to the connection, after a bug of the emulator."""

    def shut_down(self) -> None:  # noqa: B027 - most sessions just end
        """Say that the session ends, since the server stops, and close the socket."""

    @abstractmethod
    def leave(self) -> None:
        """Stop sending: the client is gone."""


class Opening(ABC):
    """A handshake whose path is known: reads its query, and says whether it may be accepted."""

    query: JsonObject  # as the client sent it

    @abstractmethod
    def audit(self) -> Sequence[Finding]:
        """Return findings about the query, and count the parameters that it uses."""

    @abstractmethod
    def check(self) -> None:
        """Raise ApiError to refuse the handshake."""

    @abstractmethod
    def open(self, outbound: Outbound, on_bug: OnBug) -> Peer:
        """Begin the session of an accepted handshake; `on_bug` takes errors between frames."""


@dataclass(frozen=True, slots=True)
class Socket:
    """One WebSocket of an API.

    The journal calls it by its `name`, which is None for paths that only answer errors; the
    contract calls it by its `subject`. `paths` are templates. `opening` makes the Opening of a
    handshake from the caller's world, the parameters in the path and the query string; it may
    raise ApiError. With `names_world`, the path's parameter `world` is the reference of a world,
    the handshake needs no key, and the opening checks that the API gave the path out.
    """

    name: str | None
    subject: str
    paths: Sequence[str]
    opening: Callable[[World, Mapping[str, str], bytes], Opening]
    max_frame_bytes: int | None = None  # larger frames close it with 1009; None: the setting
    names_world: bool = False
