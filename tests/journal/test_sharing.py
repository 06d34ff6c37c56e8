"""Entries of one journal share equal texts."""

from starlette.testclient import TestClient

from emulator.journal.entries import HttpEntry
from emulator.journal.sharing import MOST_TEXTS, SharedTexts
from emulator.jsontext import render
from emulator.world.world import World


def copy(text: bytes) -> bytes:
    return bytes(bytearray(text))


def test_equal_texts_are_one() -> None:
    shared = SharedTexts()
    headers, path = copy(b"accept\n*/*"), "".join(["/v0", "/evi"])
    first = shared.head("GET", path, b"", headers)
    again = shared.head("GET", "".join(["/v0", "/evi"]), b"", copy(headers))
    assert first[1] is again[1] is path
    assert first[3] is again[3] is headers


def test_an_answer_is_one_with_the_last_of_its_operation() -> None:
    """It is a copy of its own, as what was rendered holds a buffer."""
    shared, text = SharedTexts(), render({"page": 1})
    first = shared.response("list-chats", text)
    assert first == text
    assert first is not text
    assert shared.response("list-chats", copy(text)) is first
    assert shared.response("list-tools", text) is not first
    shared.response("list-chats", b"{}")
    assert shared.response("list-chats", text) is not first


def test_few_texts_are_looked_up() -> None:
    """Beyond a number all are forgotten, so that clients can't fill the memory."""
    shared, first = SharedTexts(), copy(b"text")
    shared.head("GET", "/", b"", first)
    for number in range(MOST_TEXTS):
        shared.head("GET", "/", b"", b"%d" % number)
    assert shared.head("GET", "/", b"", copy(first))[3] is not first


def test_repeated_requests_share_what_they_have_in_common(client: TestClient, world: World) -> None:
    for _ in range(2):
        client.get("/v0/evi/chats?page_size=3")
    first, second = (each for each in world.journal.kept() if isinstance(each, HttpEntry))
    assert first.path is second.path
    assert first.query is second.query
    assert first.request_headers is second.request_headers
    assert first.response is second.response
