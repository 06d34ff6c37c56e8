"""The requests that a client is expected to send, in their recorded order."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from emulator.extras.recording.differences import (
    ABSENT,
    Difference,
    at,
    differing_bodies,
    differing_queries,
)
from emulator.extras.recording.format import Body, Conversation, Exchange, Frame, Opened, Recording

_BOUNDARY = re.compile(r'boundary="?([^";,]+)')

_SAFE = ("GET", "HEAD", "OPTIONS")

T = TypeVar("T", Exchange, Conversation)


class _Pending(Generic[T]):
    """Exchanges or conversations by name, of which each is expected once."""

    def __init__(self, things: Iterable[tuple[str, T]]) -> None:
        self._by_name: dict[str, list[T]] = defaultdict(list)
        for name, thing in things:
            self._by_name[name].append(thing)

    def candidates(self, name: str) -> list[T]:
        return self._by_name.get(name, [])

    def take(self, name: str, thing: T) -> None:
        self._by_name[name].remove(thing)

    def left(self) -> Iterator[T]:
        for things in self._by_name.values():
            yield from things

    @property
    def names(self) -> list[str]:
        return list(self._by_name)


class Expectations:
    """Matches requests with a recording's exchanges and sockets, and collects `differences`."""

    def __init__(self, recording: Recording) -> None:
        self.differences: list[Difference] = []
        self._exchanges = _Pending((each.name, each) for each in recording.exchanges)
        self._sockets = _Pending((each.opened.name, each) for each in recording.conversations())
        self._answered: dict[str, Exchange] = {}

    @property
    def names(self) -> list[str]:
        """Return the names of recorded requests, such as 'GET /v0/evi/configs'."""
        return [*self._exchanges.names, *self._sockets.names]

    def exchange(self, asked: Exchange) -> Exchange | None:
        """Return the recorded exchange for a request, or None; notes in what they differ.

        That is the first remaining one of its name without any difference, else the first
        remaining one. If none remains, a request that changes nothing gets its last answer again.
        """
        left = self._exchanges.candidates(asked.name)
        found = _best(left, lambda recorded: list(_exchange_differences(recorded, asked)))
        if found is not None:
            self._exchanges.take(asked.name, found)
            self._answered[asked.name] = found
            self.differences += _exchange_differences(found, asked)
            return found
        if asked.method != "OPTIONS":  # browsers send preflights whenever their cache has expired
            self._unexpected(asked)
        return self._answered.get(asked.name) if asked.method in _SAFE else None

    def socket(self, asked: Opened) -> Conversation | None:
        """Return the recorded WebSocket for a handshake, or None; notes in what they differ."""
        left = self._sockets.candidates(asked.name)
        found = _best(left, lambda recorded: list(_request_differences(recorded.opened, asked)))
        if found is None:
            self._unexpected(asked)
            return None
        self._sockets.take(asked.name, found)
        self.differences += _request_differences(found.opened, asked)
        return found

    def _unexpected(self, asked: Exchange | Opened) -> None:
        before = self._answered.get(asked.name)
        line = 0 if before is None else before.line
        self.differences.append(Difference(line, asked.name, "", ABSENT, asked.target))

    def never_asked(self) -> Iterator[Difference]:
        """Yield a difference for each exchange and socket that no client asked for."""
        for exchange in self._exchanges.left():
            if exchange.method != "OPTIONS":
                yield Difference(exchange.line, exchange.name, "", exchange.target, ABSENT)
        for conversation in self._sockets.left():
            opened = conversation.opened
            yield Difference(opened.line, opened.name, "", opened.target, ABSENT)


def not_kept(recording: Recording) -> Iterator[str]:
    """Yield a note for each of the server's bodies and frames that was too large to be kept."""
    for entry in recording.entries:
        match entry:
            case Exchange() | Opened():
                body = entry.response.body
            case Frame(sender="server"):
                body = entry.content
            case _:
                body = None
        if body is not None and body.cut is not None:
            yield f"line {entry.line}: {body.cut} bytes were too many to be kept; none are served"


def _best(left: list[T], differences: Callable[[T], list[Difference]]) -> T | None:
    """Return the first that does not differ, else the first, else None."""
    return next((each for each in left if not differences(each)), left[0] if left else None)


def _exchange_differences(recorded: Exchange, asked: Exchange) -> Iterator[Difference]:
    yield from _request_differences(recorded, asked)
    bodies = differing_bodies(_plain_body(recorded), _plain_body(asked))
    yield from at(recorded.line, recorded.name, ("body",), bodies)


def _request_differences(
    recorded: Exchange | Opened, asked: Exchange | Opened
) -> Iterator[Difference]:
    queries = differing_queries(recorded.query, asked.query)
    yield from at(recorded.line, recorded.name, ("query",), queries)
    if recorded.credential != asked.credential:
        credentials = (recorded.credential or ABSENT, asked.credential or ABSENT)
        yield Difference(recorded.line, recorded.name, "/credential", *credentials)


def _plain_body(exchange: Exchange) -> Body | None:
    """Return the body with the boundary of its parts, which always differs, replaced."""
    body = exchange.request.body
    boundary = _BOUNDARY.search(exchange.request.headers.get("content-type", ""))
    if body is None or boundary is None or body.text is None:
        return body
    return Body(text=body.text.replace(boundary[1], "(boundary)"))
