"""Connections of text-to-speech's socket: what must come back, and what must have been sent."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from conformance.table import Connection
from conformance.values import differences

Told: TypeAlias = tuple[list[Any], int | None]  # what was received, and the close code


def check_connection(connection: Connection, told: Told, frames: Sequence[Any]) -> None:
    """The client received and sent what the table says, and the server closed."""
    received, closed = told
    assert differences(list(connection.receives), received) == []
    assert closed == connection.closed
    sent = [action["send"] for action in connection.actions if "send" in action]
    assert differences(sent, list(frames), exact=True) == []
