"""Bytes between two connections, both ways, until both are over."""

import asyncio
from contextlib import suppress
from typing import NamedTuple

_PIECE = 65_536  # bytes read at once


class Pipe(NamedTuple):
    """One connection: what comes from it, and what goes to it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


async def join(one: Pipe, other: Pipe) -> None:
    """Pass on what either side sends, its end too, and close both."""
    try:
        with suppress(OSError):
            await asyncio.gather(_pass(one, other), _pass(other, one))
    finally:
        one.writer.close()
        other.writer.close()


async def _pass(source: Pipe, sink: Pipe) -> None:
    while piece := await source.reader.read(_PIECE):
        sink.writer.write(piece)
        await sink.writer.drain()
    if sink.writer.can_write_eof():
        sink.writer.write_eof()
    else:  # TLS ends both ways at once
        sink.writer.close()
