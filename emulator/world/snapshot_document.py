"""A snapshot as a JSON document: its name, its version, its checksum, and the world in it."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice

from emulator.errors import SnapshotError
from emulator.jsontext import JsonObject, render
from emulator.version import __version__
from emulator.world.snapshot import Snapshot
from emulator.world.state import Rows

FORMAT = "evi-emulator-world"
FORMAT_VERSION = 1
_ROWS_IN_A_PART = 500


def write_snapshot(snapshot: Snapshot) -> bytes:
    """Return the document. Raises SnapshotError for a world that JSON can't hold."""
    return b"".join(document_parts(snapshot))


def document_parts(snapshot: Snapshot) -> Iterator[bytes]:
    """Yield the document in small parts, so that a thread that writes it holds nobody up."""
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "emulator_version": __version__}
    yield render(head)[:-1] + b',"world":'
    digest = hashlib.sha256()
    for part in _world_parts(snapshot):
        digest.update(part)
        yield part
    yield b',"checksum":' + render(_checksum(digest)) + b"}\n"


def checksum(world: bytes) -> str:
    """Return the checksum of a rendered world: spaces and line breaks of a file don't count."""
    return _checksum(hashlib.sha256(world))


def _checksum(digest: "hashlib._Hash") -> str:
    return f"sha256:{digest.hexdigest()}"


def _world_parts(snapshot: Snapshot) -> Iterator[bytes]:
    """Yield the world's fields; lists of rows come last, since they may be long."""
    fields, rows = _fields(snapshot), dict[str, Rows]()
    for state in snapshot.states.values():
        for key, value in state.to_json().items():
            if isinstance(value, Iterator):
                rows[key] = value
            else:
                fields[key] = value
    try:
        yield render(fields)[:-1]
    except TypeError as error:  # a stub's body may be anything
        raise SnapshotError([((), f"this world can't be written as JSON: {error}")]) from None
    for key, texts in rows.items():
        yield b"," + render(key) + b":["
        yield from _joined(texts)
        yield b"]"
    yield b"}"


def _joined(texts: Rows) -> Iterator[bytes]:
    comma = b""
    while some := list(islice(texts, _ROWS_IN_A_PART)):
        yield comma + b",".join(some)
        comma = b","


def _fields(snapshot: Snapshot) -> JsonObject:
    """Return the fields that a world has beside the states of the APIs."""
    ahead_ms, frozen_ms = snapshot.clock
    named = {} if snapshot.name is None else {"name": snapshot.name}
    return {
        "user_id": snapshot.user_id,
        **named,
        "clock": {"ahead_ms": ahead_ms, "frozen_ms": frozen_ms},
        "ids": {"world": snapshot.ids.state(), "webhooks": snapshot.webhook_ids.state()},
        "faults": [asdict(rule) for rule in snapshot.rules],
        "stubs": [stub.to_json() for stub in snapshot.stubs if stub.answer is None],
    }
