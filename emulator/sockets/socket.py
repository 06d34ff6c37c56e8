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
    """The API's side of one connection: frames come in here, and go out through its Outbound."""

    @abstractmethod
    def receive_text(self, text: bytes) -> None:
        """Take a text frame."""

    @abstractmethod
    def receive_bytes(self, data: bytes) -> None:
        """Take a binary frame."""

    @abstractmethod
    def closed(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        """End what belongs to the connection; return what is to be said of how it ended."""

    @abstractmethod
    def fail(self, slug: str, message: str | None) -> None:
        """Send an error frame that a fault asks for; it may be the end."""

    @abstractmethod
    def hang_up(self) -> None:
        """End what belongs to the connection, which a fault breaks."""

    @abstractmethod
    def crash(self) -> None:
        """End what belongs to the connection, after a bug of the emulator."""

    @abstractmethod
    def leave(self) -> None:
        """Send nothing any more: the client is gone."""


class Opening(ABC):
    """A handshake whose path is known: what its query says, and whether it may be accepted."""

    query: JsonObject  # what was given

    @abstractmethod
    def audit(self) -> Sequence[Finding]:
        """Return what is to be said of the query, and count what it uses."""

    @abstractmethod
    def check(self) -> None:
        """Raise ApiError if the handshake is to be refused."""

    @abstractmethod
    def open(self, outbound: Outbound, on_bug: OnBug) -> Peer:
        """Begin, once the handshake is accepted. `on_bug` takes what fails between frames."""


@dataclass(frozen=True, slots=True)
class Socket:
    """One WebSocket of an API.

    `name` is what the journal calls it, None for paths that lead nowhere, and `subject` what the
    contract does. `paths` are templates. `opening` makes the Opening of a handshake from the
    caller's world, the parameters in the path and the query string; it may raise ApiError.
    """

    name: str | None
    subject: str
    paths: Sequence[str]
    opening: Callable[[World, Mapping[str, str], bytes], Opening]
    max_frame_bytes: int | None = None  # larger frames close it with 1009; None: the setting
