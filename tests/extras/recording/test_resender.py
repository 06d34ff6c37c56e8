"""Recorded traffic, sent again to something that does not do as an emulator does."""

import asyncio
from pathlib import Path

import pytest
from aiohttp.web import BaseRequest, Response, StreamResponse

from emulator.errors import EmulatorError
from emulator.extras.recording.format import Exchange, Header, Opened, Recording
from emulator.extras.recording.request_names import RequestNames
from emulator.extras.recording.resender import Resender
from emulator.extras.recording.sockets import hang_up
from tests.extras.recording.kit import told
from tests.extras.recording.upstream import answering

HEADER = Header(emulator_version="0", upstream="http://a", began_at_ms=0)
ASKED = Exchange(at_ms=0, method="GET", path="/v0/evi/configs", status=200)
OPENED = Opened(at_ms=1, path="/v0/evi/chat", socket=1, status=101)


def resender(url: str, *entries: Exchange | Opened) -> Resender:
    return Resender(Recording("r", HEADER, entries), url, {}, RequestNames(), answer_s=0.05)


async def break_off(request: BaseRequest) -> StreamResponse:
    hang_up(request, abruptly=True)
    return Response()


async def wait_forever(request: BaseRequest) -> StreamResponse:
    await asyncio.Event().wait()
    return Response()


@pytest.mark.parametrize("handler", [break_off, wait_forever])
def test_no_answer(handler: object) -> None:
    """It is a difference, with a note that says why; the rest is sent."""
    with answering(handler) as url:  # type: ignore[arg-type]
        sending = resender(url, ASKED, ASKED)
        found = asyncio.run(sending.run())
    assert told(found) == ["list-configs /status: expected 200, got nothing"] * 2
    assert "GET /v0/evi/configs had no answer: " in sending.notes[0]


def test_an_emulator_that_goes(tmp_path: Path) -> None:
    """An error names it."""
    with answering(break_off) as url, pytest.raises(EmulatorError, match=f"{url} has gone"):
        asyncio.run(resender(url, OPENED).run())
