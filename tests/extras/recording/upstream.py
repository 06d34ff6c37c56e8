"""An upstream that answers as a test says."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from emulator.extras.recording.serving import Handler, Serving


@contextmanager
def answering(handler: Handler) -> Iterator[str]:
    """Yields where it answers."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Handler]:
        yield handler

    with Serving(opened, 0) as serving:
        yield serving.url
