"""The lines of a recording: written and read again, and what is said of those that are wrong."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.errors import RecordingError
from emulator.extras.recording.format import (
    Body,
    Closed,
    Entry,
    Exchange,
    Frame,
    Header,
    Opened,
    Part,
    body_of,
    frame_of,
    line_of,
)
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.writer import RecordingWriter
from emulator.jsontext import render

HEADER = Header(emulator_version="0", upstream="http://a", began_at_ms=0)
OPENED = Opened(at_ms=1, path="/v0/evi/chat", socket=1, status=101)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('abc{}é\\"\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)
BODIES = (
    st.builds(lambda value: Body(json=value), VALUES)
    | st.builds(lambda text: Body(text=text), st.text("x{<é"))
    | st.builds(lambda data: frame_of(data), st.binary())
    | st.builds(lambda size: Body(cut=size), st.integers(0, 2**40))
)
TIMES = st.integers(0, 10**6).map(lambda ms: ms / 1000)
PARTS = st.builds(
    Part,
    headers=st.dictionaries(st.sampled_from(["accept", "origin"]), st.text("ab"), max_size=2),
    body=st.none() | BODIES,
)
ENTRIES = (
    st.builds(Exchange, at_ms=TIMES, method=st.just("GET"), path=st.just("/a"), query=st.text("ab"),
              status=st.integers(100, 599), request=PARTS, response=PARTS, duration_ms=TIMES,
              caller=st.none() | st.integers(1, 3), broken=st.none() | st.just("why"))
    | st.builds(Frame, at_ms=TIMES, socket=st.just(1), sender=st.sampled_from(["client", "server"]),
                content=BODIES)
    | st.builds(Closed, at_ms=TIMES, socket=st.just(1), code=st.integers(1000, 4999),
                sender=st.sampled_from(["client", "server"]), reason=st.text("ab"))
)  # fmt: skip


def write(path: Path, *lines: Header | Entry | str) -> Path:
    texts = (f"{x}\n".encode() if isinstance(x, str) else line_of(x) for x in lines)
    path.write_bytes(b"".join(texts))
    return path


@given(entries=st.lists(ENTRIES, max_size=5))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
def test_what_is_written_is_read(tmp_path: Path, entries: list[Entry]) -> None:
    """Each entry comes back as it was, with the number of its line."""
    read = read_recording(write(tmp_path / "r", HEADER, OPENED, *entries)).entries
    assert [entry.line for entry in read] == list(range(2, len(entries) + 3))
    assert [entry.model_copy(update={"line": 0}) for entry in read] == [OPENED, *entries]


@given(data=st.binary() | VALUES.map(render))
def test_a_body_goes_out_as_it_came_in(data: bytes) -> None:
    """But for the spaces of JSON."""
    body = body_of(data)
    out = b"" if body is None else body.data()
    assert out == data or (body is not None and body.is_json)
    assert body_of(out) == body


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no", r"r:3: not JSON: .*"),
        ("[]", r"r:3: .*"),
        ('{"kind": "htp"}', r"r:3: .*'htp'.*"),
        ('{"kind": "close", "at_ms": 1, "socket": 2, "sender": "client", "code": 1000}',
         r"r:3: /socket: no socket 2 was opened before"),
        ('{"kind": "open", "at_ms": 1, "socket": 1, "path": "/b", "status": 101}',
         r"r:3: /socket: socket 1 was opened before; .*"),
        ('{"kind": "frame", "at_ms": -1, "socket": 1, "sender": "client", "content": {"text": ""}}',
         r"r:3: /at_ms: .*greater than or equal to 0, got -1"),
        ('{"kind": "frame", "at_ms": 1, "socket": 1, "sendr": "client", "content": {"text": ""}}',
         r"r:3: /sender: the key is missing\nr:3: /sendr: unknown key \(did you mean 'sender'\?\)"),
        ('{"kind": "frame", "at_ms": 1, "socket": 1, "sender": "client", "content":{"base64":"a"}}',
         r"r:3: /content/base64: not base64: .*"),
        ('{"kind": "frame", "at_ms": 1, "socket": 1, "sender": "client", "content": {}}',
         r"r:3: /content: a body has exactly one of json, text, base64, cut, got \{\}"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    """And its place, what is expected and what is there."""
    with pytest.raises(RecordingError) as refused:
        read_recording(write(tmp_path / "r", HEADER, OPENED, line))
    assert re.fullmatch(message, str(refused.value)), refused.value


def test_all_mistakes_are_told(tmp_path: Path) -> None:
    """A line for each."""
    with pytest.raises(RecordingError) as refused:
        read_recording(write(tmp_path / "r", HEADER, "no", OPENED, "{}"))
    assert [text.split(":")[1] for text in str(refused.value).splitlines()] == ["2", "4"]


@pytest.mark.parametrize("text", ["", "{}", "hello", "hello\nyou\n", '{"format": "another"}'])
def test_a_file_that_is_no_recording(tmp_path: Path, text: str) -> None:
    """It is refused at its first line, and only there."""
    path = tmp_path / "r"
    path.write_text(text)
    with pytest.raises(RecordingError, match=r"^r:1: [^\n]*$"):
        read_recording(path)


def test_no_file(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(RecordingError, match="cannot read .*nowhere"):
        read_recording(tmp_path / "nowhere")


def test_half_a_last_line(tmp_path: Path) -> None:
    """What a crash has left of it is no mistake."""
    path = write(tmp_path / "r", HEADER, OPENED)
    path.write_bytes(path.read_bytes() + b'{"kind": "fr')
    assert len(read_recording(path).entries) == 1


def test_a_recording_of_the_vendors_proxy(tmp_path: Path) -> None:
    """It has a message of the server in each line; they are those of one chat."""
    metadata = '{"type": "chat_metadata", "chat_id": "1", "chat_group_id": "2", "request_id": "3"}'
    path = write(tmp_path / "r", metadata, '{"type": "assistant_end"}')
    [conversation] = read_recording(path).conversations()
    assert conversation.opened.path == "/v0/evi/chat"
    assert [frame.type for frame in conversation.frames] == ["chat_metadata", "assistant_end"]
    assert {frame.sender for frame in conversation.frames} == {"server"}
    with pytest.raises(RecordingError, match="nothing can be added to"):
        RecordingWriter(path, "http://a", append=True)
