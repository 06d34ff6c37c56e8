"""The caller's world as one document: GET and PUT /_emulator/snapshot."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from emulator.errors import (
    SNAPSHOT_IMPOSSIBLE,
    Problem,
    SnapshotError,
    ValidationFailed,
    api_error,
)
from emulator.web.auth import Auth
from emulator.web.bodies import read_body
from emulator.web.control.request import caller_world
from emulator.web.control.turns import PiecewiseResponse
from emulator.web.endpoint import Route
from emulator.world.snapshot import Snapshot
from emulator.world.snapshot_document import write_snapshot

if TYPE_CHECKING:
    from emulator.world.snapshot_reader import SnapshotReader


def snapshot_routes(
    auth: Auth, reader: "Callable[[], SnapshotReader]", max_bytes: int
) -> list[Route]:
    async def show(request: Request) -> Response:
        snapshot = caller_world(auth, request).snapshot()
        try:
            text = await anyio.to_thread.run_sync(write_snapshot, snapshot)
        except SnapshotError as error:
            raise api_error(SNAPSHOT_IMPOSSIBLE, why=error) from None
        return PiecewiseResponse(text, media_type="application/json")

    async def put(request: Request) -> Response:
        """Replace the world, after checking all of the document."""
        world = caller_world(auth, request)
        text = await read_body(request.receive, max_bytes)
        world.restore(await anyio.to_thread.run_sync(_read, reader(), text))
        return Response(status_code=204)

    return [
        Route("GET", "/_emulator/snapshot", show),
        Route("PUT", "/_emulator/snapshot", put),
    ]


def _read(reader: "SnapshotReader", text: bytes) -> Snapshot:
    """Read the document. Raises ValidationFailed (422) with every mistake."""
    try:
        return reader.read(text)
    except SnapshotError as error:
        problems = [
            Problem(("body", *loc), message, "snapshot_invalid") for loc, message in error.mistakes
        ]
        raise ValidationFailed(problems) from None
