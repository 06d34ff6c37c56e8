"""Passes requests that are for the service on to the emulator.

A connection has one request, after which it is closed: the emulator is told so, and clients make
another connection for the next one.
"""

import asyncio
from dataclasses import replace

from emulator.extras.interception.heads import Head
from emulator.extras.interception.pipes import Pipe, join
from emulator.redirection.target import Target


async def redirect(head: Head, client: Pipe, target: Target) -> None:
    """Send the target a request, whose body is still to come, and its client the answer.

    Raises OSError if the emulator can't be reached.
    """
    connected = await asyncio.open_connection(target.host, target.port, ssl=target.tls())
    emulator = Pipe(*connected)
    emulator.writer.write(_redirected(head, target).to_bytes())
    await join(client, emulator)


def _redirected(head: Head, target: Target) -> Head:
    """Return the head for the emulator, with the world's key instead of another."""
    method, path, version = head.words
    headers = tuple((name, target.header_for(name, value)) for name, value in head.headers)
    words = (method, target.path_for(path), version)
    return replace(head, words=words, headers=headers).closing()
