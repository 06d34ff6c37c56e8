"""Stands in for the service: speaks TLS as its host, and passes requests on to the emulator."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from emulator.extras.interception.heads import BadHead, Head, read_head
from emulator.extras.interception.pipes import Pipe, join
from emulator.redirection.target import Target


@dataclass(frozen=True, slots=True)
class Front:
    """Passes each connection's request to a world; `note` counts them.

    A connection has one request, after which it is closed: the emulator is told so, and clients
    make another connection for the next one.
    """

    target: Target
    note: Callable[[], None]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client."""
        try:
            head = await read_head(reader)
        except (BadHead, OSError):
            head = None
        if head is None:
            writer.close()
            return
        await self.pass_on(head, Pipe(reader, writer))

    async def pass_on(self, head: Head, client: Pipe) -> None:
        """Send the emulator a request, whose body is still to come, and its client the answer."""
        self.note()
        target = self.target
        emulator = Pipe(*await asyncio.open_connection(target.host, target.port, ssl=target.tls()))
        emulator.writer.write(self._redirected(head).to_bytes())
        await join(client, emulator)

    def _redirected(self, head: Head) -> Head:
        """Return the head for the emulator, with the world's key in place of another."""
        method, path, version = head.words
        headers = tuple((name, self.target.header_for(name, value)) for name, value in head.headers)
        words = (method, self.target.path_for(path), version)
        return replace(head, words=words, headers=headers).closing()
