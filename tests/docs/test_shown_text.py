"""What the emulator prints is what blocks of text on the pages show."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from emulator.apis.evi.model.check.renderings import render_check
from emulator.cli.differences import print_differences
from emulator.testing.world import Evi
from scripts.code_blocks import Block
from tests.apis.evi.model.check.servers import Body, checked, chunk, streaming
from tests.docs.pages import ROOT, blocks_of
from tests.extras.recording.kit import replaying
from tests.extras.recording.test_player import http as exchange
from tests.extras.recording.test_player import write
from tests.outgoing.receiver import Receiver
from tests.testing.talking import http, talking

_ADDRESS = re.compile(r"127\.0\.0\.1:\d+")
_TOOK = re.compile(r"after \d+ ms")


def shown(page: str) -> list[Block]:
    return blocks_of(ROOT / page, "text")


def line_pattern(line: str) -> str:
    """Return the pattern of a shown line, where `...` stands for anything."""
    return ".*".join(re.escape(part) for part in line.split("..."))


def assert_ends(printed: str, shown_lines: list[str]) -> None:
    """Each shown line is the end of a printed one, in order: numbers and times are left out."""
    lines = iter(_ADDRESS.sub("HOST", printed).splitlines())
    for line in shown_lines:
        pattern = re.compile(rf".*\b{line_pattern(_ADDRESS.sub('HOST', line))}")
        assert any(pattern.fullmatch(each) for each in lines), f"{line!r} is not in\n{printed}"


def test_the_timeline(evi: Evi, receiver: Receiver) -> None:
    """The report's, in docs/testing.md."""
    timeline, _ = shown("docs/testing.md")
    evi.faults.add("http", "status", status=404, operation="list-configs", times=1)
    with talking(evi) as talk:
        talk.say("Hallo")
        talk.read_until("assistant_end")
    with http(evi) as client:
        client.get("/v0/evi/configs")
    evi.webhooks.trigger("chat_ended", url=f"{receiver.url}/")
    assert_ends(evi.timeline(), timeline.text.splitlines())


def test_what_was_never_used(evi: Evi) -> None:
    """The report's, in docs/testing.md."""
    _, unused = shown("docs/testing.md")
    evi.script.on_user("weather").say("Snow.")
    evi.faults.add("http", "status", status=503, operation="list-configs", times=1)
    evi.simulate(user=["Wether?"])
    assert_ends(evi.timeline(), unused.text.splitlines())


def test_the_check_of_a_model() -> None:
    """Of a server that forgets the last event, and wants a user's message first."""

    async def forgetful(body: Body, request: web.Request) -> AsyncIterator[str]:
        yield chunk({"content": "Hello there."})

    words = streaming(forgetful)

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if body["messages"][0]["role"] == "assistant":
            return web.Response(status=400, text='first message must use the "user" role')
        return await words(request)

    [block] = shown("docs/clm-check.md")
    names = ["url", "stream", "typed", "assistant_first"]
    printed = render_check(checked(answer, names), "text")
    expected = block.text.strip().removesuffix("...").rstrip()
    assert _plain(printed).startswith(_plain(expected) + "\n"), printed


def _plain(text: str) -> str:
    return _TOOK.sub("after some ms", _ADDRESS.sub("HOST", text))


def test_the_difference_of_a_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the file's name and line."""
    [block] = shown("docs/recording.md")
    body = {"json": {"name": "Weather"}}
    made = exchange("POST", "/v0/evi/configs", 201, body, request={"body": body})
    others = [exchange("GET", f"/{number}", 200) for number in range(5)]
    path = write(tmp_path / "talk.ndjson", *others, made)
    with replaying(path) as (url, found), httpx.Client(base_url=url, trust_env=False) as client:
        for number in range(5):
            client.get(f"/{number}")
        client.post("/v0/evi/configs", json={"name": "Wether"})
    print_differences(found, path.name, "text", [])
    assert capsys.readouterr().out.startswith(block.text)
