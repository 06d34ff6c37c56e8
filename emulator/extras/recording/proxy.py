"""The recording proxy: it passes on all that a client and its upstream say, and writes it down."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import ClientSession
from aiohttp.web import BaseRequest, StreamResponse

from emulator.extras.recording.forwarded_exchange import forward_exchange
from emulator.extras.recording.serving import Handler
from emulator.extras.recording.sockets import finish_despite_disconnect, is_upgrade
from emulator.extras.recording.tunnel import forward_socket
from emulator.extras.recording.upstream import Upstream
from emulator.extras.recording.writer import RecordingWriter


class RecordingProxy:
    """Stands between clients and the upstream at one address.

    Of bodies and frames longer than `kept_bytes` it writes down only the size.
    """

    def __init__(
        self,
        address: str,
        writer: RecordingWriter,
        kept_bytes: int,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._upstream = Upstream(address, trust)
        self._writer = writer
        self._kept_bytes = kept_bytes

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Handler]:
        """Yield the handler of what clients send; its connections end with the context."""
        async with self._upstream.new_session() as session:
            yield partial(self._handle, session)

    async def _handle(self, session: ClientSession, request: BaseRequest) -> StreamResponse:
        if is_upgrade(request):
            tunnel = forward_socket(request, self._upstream, self._writer, self._kept_bytes)
            return await finish_despite_disconnect(tunnel)
        return await forward_exchange(
            request, self._upstream, session, self._writer, self._kept_bytes
        )
