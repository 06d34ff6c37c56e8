"""Recording, replaying and comparing within a test."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emulator.cli.diff import compare
from emulator.extras.recording.capture import DEFAULT_KEPT_BYTES
from emulator.extras.recording.differences import Difference
from emulator.extras.recording.format import Recording
from emulator.extras.recording.player import Player
from emulator.extras.recording.proxy import RecordingProxy
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.serving import Serving
from emulator.extras.recording.writer import RecordingWriter
from emulator.settings import Settings


@contextmanager
def recording(
    upstream: str, path: Path, kept_bytes: int = DEFAULT_KEPT_BYTES, append: bool = False
) -> Iterator[str]:
    """A recording proxy before `upstream`. Yields where clients connect."""
    with RecordingWriter(path, upstream, append=append) as writer:
        proxy = RecordingProxy(upstream, writer, kept_bytes)
        with Serving(proxy.opened, 0) as serving:
            yield serving.url


@contextmanager
def replaying(path: Path) -> Iterator[tuple[str, list[Difference]]]:
    """A player. Yields where clients connect, and a list that the differences are put into."""
    player = Player(read_recording(path))
    found: list[Difference] = []
    with Serving(player.opened, 0) as serving:
        yield serving.url, found
    found += player.differences()


def differences(path: Path) -> list[str]:
    """What an emulator of its own answers otherwise, without the lines."""
    found, _ = compare(read_recording(path), Settings(seed="empty", port=0), None, None, 2)
    return told(found)


def told(found: list[Difference]) -> list[str]:
    return [str(each) for each in found]


def entries(path: Path) -> Recording:
    return read_recording(path)


def run(coroutine: object) -> None:
    asyncio.run(coroutine)  # type: ignore[arg-type]
