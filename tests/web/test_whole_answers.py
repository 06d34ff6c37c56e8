"""An answer that is sent in one write is the answer that the messages of ASGI would send."""

import re
from typing import Any
from unittest.mock import Mock

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from emulator.server import Server
from emulator.web.answers import Answer
from emulator.web.whole_answers import send_whole
from tests.web.wire import Wire

REQUEST = "{} /v0/evi/{} HTTP/1.1\r\nHost: emulator\r\nX-Hume-Api-Key: whole\r\n{}\r\n"
CLOSE = "Connection: close\r\n"
LISTS = ("chats", "configs", "prompts", "tools")


def came(server: Server, *requests: str) -> str:
    """What comes for requests that are sent at once, the last of which ends the connection."""
    return Wire(server.url, "whole").send("".join(requests).encode()).read().came.decode()


def parsed(answer: str) -> tuple[set[str], str]:
    """The lines of a head, without the time, and the body."""
    head, _, body = answer.partition("\r\n\r\n")
    lines = set(head.split("\r\n"))
    return {line for line in lines if not line.startswith("date: ")}, body


def split(text: str) -> list[str]:
    return ["HTTP/1.1 " + each for each in text.split("HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("path", ["chats", "configs?page_size=0", "nowhere"])
def test_both_ways_say_the_same(server: Server, path: str) -> None:
    """An answer that ends the connection is sent by messages, and one before it in one write."""
    first, last = split(
        came(server, REQUEST.format("GET", path, ""), REQUEST.format("GET", path, CLOSE))
    )
    lines, body = parsed(first)
    lines_of_last, body_of_last = parsed(last)
    assert lines == lines_of_last - {"connection: close"}
    assert body == body_of_last
    assert re.search(r"date: \w{3}, \d", first)


def test_answers_come_in_the_order_of_the_requests(server: Server) -> None:
    requests = [REQUEST.format("GET", path, "") for path in LISTS]
    answers = split(came(server, *requests, REQUEST.format("GET", "chat_groups", CLOSE)))
    found = [re.findall(r'"(\w+)_page"', answer)[-1] for answer in answers]
    assert found == [*LISTS, "chat_groups"]


def test_what_differs_is_sent_by_messages(server: Server) -> None:
    """A HEAD has no body, and a page from elsewhere may read its answer."""
    origin = "Origin: http://localhost:3000\r\n"
    last = REQUEST.format("GET", "tools", CLOSE)
    head, end = split(came(server, REQUEST.format("HEAD", "chats", ""), last))
    assert parsed(head)[1] == ""
    assert parsed(end)[1].startswith("{")
    page, _ = split(came(server, REQUEST.format("GET", "chats", origin), last))
    assert "access-control-allow-origin: http://localhost:3000" in page


def test_a_cycle_that_can_send_nothing_is_left_alone() -> None:
    """The client is gone, or reads too slowly, or the answer has begun."""
    answer = Answer(200, b"{}")
    plain = {"response_started": False, "disconnected": False, "access_log": False}
    for name in plain:
        assert not send_whole(cycle_of(**{**plain, name: True}).send, answer)
    assert not send_whole(cycle_of(**plain, keep_alive=False).send, answer)  # the server stops
    blocked = cycle_of(**plain)
    blocked.flow.write_paused = True
    assert not send_whole(blocked.send, answer)
    cycle = cycle_of(**plain)
    assert send_whole(cycle.send, answer)
    sent = b"".join(call.args[0] for call in cycle.transport.write.call_args_list)
    assert sent.endswith(b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
    assert not send_whole(cycle_of(**plain).send, answer._replace(headers={"Retry-After": "1"}))
    assert not send_whole(cycle_of(**plain).send, Answer(204, b""))


def cycle_of(**state: bool) -> Any:
    scope: Any = {"method": "GET"}
    flow = Mock(write_paused=False)
    cycle = RequestResponseCycle(
        scope, Mock(), flow, Mock(), Mock(), False, [], Mock(), False, True, Mock(),
    )  # fmt: skip
    for name, value in state.items():
        setattr(cycle, name, value)
    return cycle
