"""Whatever bytes come, the server answers or closes, has no bug, and serves the next one."""

import json
import logging
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from emulator.apis.evi.chat.messages import ClientMessage
from emulator.apis.evi.state import EviState
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.testing.talking import http
from tests.web.wire import (
    BINARY,
    CLOSE,
    PATIENCE_S,
    PING,
    PONG,
    TEXT,
    Wire,
    frame,
    parse_frames,
)

pytestmark = pytest.mark.slow

JOURNAL_LIMIT = 300
FROM_SERVER = {TEXT, CLOSE, PING, PONG}
STATUS = re.compile(rb"(?:^|\n)HTTP/1\.1 (\d{3})")

settings.register_profile(
    "fuzz",
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("fuzz-ci", settings.get_profile("fuzz"), derandomize=True, database=None)
PROFILE = settings.get_profile("fuzz-ci" if os.environ.get("CI") else "fuzz")


class Bugs(logging.Handler):
    """What the emulator itself calls a bug."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture(scope="module")
def bugs() -> Iterator[Bugs]:
    bugs, logger = Bugs(), logging.getLogger("emulator")
    logger.addHandler(bugs)
    yield bugs
    logger.removeHandler(bugs)


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Evi]:
    """A world on a server of its own, with narrow limits."""
    with Emulator(
        journal_limit=JOURNAL_LIMIT, max_frame_bytes=4_096, max_body_bytes=4_096
    ) as server:
        evi = server.world()
        yield evi
        evi.close()


def check_health(evi: Evi, bugs: Bugs) -> None:
    """It answers, no chat is left, the journal is bounded, and nothing was a bug."""
    with http(evi) as client:
        assert client.get("/v0/evi/configs").status_code == 200
    give_up = time.monotonic() + PATIENCE_S
    while evi.world.state(EviState).live:
        assert time.monotonic() < give_up, f"chats are left over: {evi.world.state(EviState).live}"
    assert len(evi.journal.entries()) <= JOURNAL_LIMIT
    assert bugs.messages == []


# what is sent

small = st.binary(max_size=200)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
CLIENT_MESSAGES = get_args(ClientMessage)
FIELDS = sorted({name for model in CLIENT_MESSAGES for name in model.model_fields} - {"type"})
TYPES = sorted({str(model.model_fields["type"].default) for model in CLIENT_MESSAGES})
near_messages = st.builds(
    lambda kind, fields: json.dumps({"type": kind, **fields}).encode(),
    st.one_of(st.sampled_from(TYPES), st.text(max_size=10)),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=4),
)
contents = st.one_of(small, near_messages, values.map(lambda value: json.dumps(value).encode()))
valid_frames = st.builds(frame, contents, st.sampled_from((TEXT, BINARY, PING, PONG)))
any_frames = st.builds(frame, contents, st.integers(0, 15), st.booleans())
closes = st.builds(
    lambda code, reason: frame(code.to_bytes(2, "big") + reason, CLOSE),
    st.integers(0, 65_535),
    small.map(lambda data: data[:123]),
)
broken_frames = st.one_of(
    st.builds(lambda data, end: data[:end], any_frames, st.integers(0, 20)),  # cut off
    st.builds(lambda data: bytes([data[0] | 0x70]) + data[1:], any_frames),  # reserved bits
    st.builds(lambda data: bytes([data[0], data[1] & 0x7F]) + data[2:], any_frames),  # no mask
    st.integers(0, 2**64 - 1).map(lambda size: b"\x82\xff" + size.to_bytes(8, "big")),  # too long
)
on_a_socket: SearchStrategy[list[bytes]] = st.lists(
    st.one_of(valid_frames, any_frames, closes, broken_frames, small), max_size=6
)

methods = st.one_of(st.sampled_from((b"GET", b"POST", b"PATCH", b"DELETE", b"PUT")), small)
paths = st.one_of(
    st.sampled_from(
        (
            b"/v0/evi/configs",
            b"/v0/evi/configs?page_size=10",
            b"/v0/evi/chat",
            b"/v0/evi/chats/470a49f6-1dec-4afe-8b61-035d3b2d63b0",
            b"/v0/evi/tools",
            b"/oauth2-cc/token",
            b"/_emulator/health",
        )
    ),
    st.builds(lambda path, query: b"/v0/evi/" + path + b"?" + query, small, small),
    small,
)
header_names = st.sampled_from(
    (b"Host", b"Content-Length", b"Content-Type", b"Transfer-Encoding", b"Connection", b"Upgrade",
     b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Authorization", b"Origin", b"Expect")
)  # fmt: skip
headers = st.lists(
    st.builds(
        lambda name, value: name + b": " + value,
        st.one_of(header_names, small),
        st.one_of(
            st.sampled_from((b"0", b"5", b"-1", b"chunked", b"websocket", b"Upgrade", b"close")),
            small,
        ),
    ),
    max_size=5,
)


def request(method: bytes, path: bytes, fields: list[bytes], body: bytes, key: bool) -> bytes:
    known = [b"X-Hume-Api-Key: %s"] if key else []
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", *known, *fields, b"", body])


requests = st.builds(request, methods, paths, headers, contents, st.booleans())


# what it does about it


@PROFILE
@given(pieces=on_a_socket)
@example(pieces=[frame(b"\xff\xfe")])  # a text that is no text
@example(pieces=[frame(b"{", final=False), frame(b"}", TEXT)])  # a new message within one
@example(pieces=[frame(b"x" * 5_000)])  # too long
@example(pieces=[frame(b"", 0)])  # goes on with nothing
@example(pieces=[b"\x89\xfe\x00\x80"])  # a ping that is too long
def test_a_websocket(fuzzed: Evi, bugs: Bugs, pieces: list[bytes]) -> None:
    """It closes in the end, and until then has sent whole frames."""
    path = fuzzed.ws_url.removeprefix(fuzzed.url.replace("http", "ws"))
    wire = Wire(fuzzed.url, fuzzed.api_key).upgrade(path)
    hang_up(wire, b"".join(pieces))
    frames, rest = parse_frames(wire.body)
    assert {opcode for opcode, _ in frames} <= FROM_SERVER
    assert wire.was_reset or rest == b""
    check_health(fuzzed, bugs)


@PROFILE
@given(data=st.lists(st.one_of(requests, requests, small), min_size=1, max_size=3).map(b"".join))
@example(data=b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz")
@example(data=b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n")
@example(data=b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
@example(data=b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # TLS
def test_http(fuzzed: Evi, bugs: Bugs, data: bytes) -> None:
    """No answer is a 5xx, and the connection ends."""
    wire = Wire(fuzzed.url, fuzzed.api_key)
    hang_up(wire, data.replace(b"%s", fuzzed.api_key.encode()))
    assert [status for status in STATUS.findall(wire.came) if status >= b"500"] == []
    check_health(fuzzed, bugs)


def hang_up(wire: Wire, data: bytes) -> None:
    """Send all, and nothing more; the server must end the connection."""
    with suppress(OSError):  # it may have been closed before
        wire.send(data)
        wire.socket.shutdown(socket.SHUT_WR)
    wire.read()


@PROFILE
@given(
    messages=st.lists(st.one_of(near_messages, values.map(json.dumps).map(str.encode)), max_size=5)
)
def test_messages_near_real_ones(fuzzed: Evi, bugs: Bugs, messages: list[bytes]) -> None:
    """Each is understood or refused in an error frame, and the chat goes on; all is JSON."""
    path = fuzzed.ws_url.removeprefix(fuzzed.url.replace("http", "ws"))
    wire = Wire(fuzzed.url, fuzzed.api_key).upgrade(path)
    for message in messages:
        wire.send(frame(message))
    wire.send(frame(b"still there?", PING)).read_until(b"\x8a\x0cstill there?")
    hang_up(wire, frame((1000).to_bytes(2, "big"), CLOSE))
    frames, rest = parse_frames(wire.body)
    assert rest == b""
    said = [json.loads(content) for opcode, content in frames if opcode == TEXT]
    assert said[0]["type"] == "chat_metadata"
    assert frames[-1] == (CLOSE, (1000).to_bytes(2, "big"))
    check_health(fuzzed, bugs)
