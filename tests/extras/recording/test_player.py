"""The player: what was recorded is what a client gets."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from emulator.extras.recording.expectations import not_kept
from emulator.extras.recording.player import Player
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.serving import Serving
from tests.extras.recording.kit import replaying, told

HEADER = {
    "format": "evi-emulator-recording",
    "format_version": 1,
    "emulator_version": "0",
    "upstream": "http://a",
    "began_at_ms": 0,
}


def http(method: str, path: str, status: int, body: Any = None, **more: Any) -> dict[str, Any]:
    response = {} if body is None else {"body": body}
    headers = {"content-type": "application/json", "x-ratelimit-limit": "5"}
    response["headers"] = headers
    asked = {"kind": "http", "at_ms": 0, "method": method, "path": path, "status": status}
    return {**asked, "response": response, **more}


def opened(status: int = 101, **more: Any) -> dict[str, Any]:
    return {"kind": "open", "at_ms": 0, "socket": 1, "path": "/c", "status": status, **more}


def frame(sender: str, at_ms: float = 0, **content: Any) -> dict[str, Any]:
    return {"kind": "frame", "at_ms": at_ms, "socket": 1, "sender": sender, "content": content}


def closed(sender: str, code: int, reason: str = "") -> dict[str, Any]:
    close = {"kind": "close", "at_ms": 0, "socket": 1, "sender": sender, "code": code}
    return {**close, "reason": reason}


def write(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in (HEADER, *entries)))
    return path


def test_answers_come_in_order(tmp_path: Path) -> None:
    """Of the same method and path; one that fits in all goes first. A repeated GET is told."""
    path = write(
        tmp_path / "r",
        http("GET", "/a", 200, {"json": {"n": 1}}),
        http("GET", "/a", 404, {"json": {"n": 2}}, query="x=2"),
        http("DELETE", "/a", 204),
        http("GET", "/b", 200, {"base64": "AAEC"}),
    )
    with replaying(path) as (url, found), httpx.Client(base_url=url, trust_env=False) as client:
        later, first, again = client.get("/a?x=2"), client.get("/a"), client.get("/a")
        assert (later.status_code, later.json()) == (404, {"n": 2})
        assert later.headers["x-ratelimit-limit"] == "5"
        assert (first.json(), again.json()) == ({"n": 1}, {"n": 1})
        assert client.delete("/a").status_code == 204
        assert client.delete("/a").json()["code"] == "not_recorded"
        assert client.get("/b").content == b"\0\1\2"
    assert sorted(told(found)) == [
        "DELETE /a: expected nothing, got '/a'",
        "GET /a: expected nothing, got '/a'",
    ]


def test_how_a_client_says_who_it_is(tmp_path: Path) -> None:
    """The key may be another, but not the way; the order of parameters doesn't count."""
    path = write(
        tmp_path / "r",
        http("GET", "/a", 200, query="x=1&y=2&api_key=(hidden)", caller=1, credential="query-key"),
        http("GET", "/b", 200, caller=1, credential="key"),
    )
    with replaying(path) as (url, found), httpx.Client(base_url=url, trust_env=False) as client:
        client.get("/a?y=2&api_key=mine&x=1")
        client.get("/b")
    assert told(found) == ["GET /b /credential: expected 'key', got nothing"]


def test_parts_of_a_form(tmp_path: Path) -> None:
    """The boundary between them is another each time."""
    text = '--{0}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--{0}--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=one"}
    request = {"headers": headers, "body": {"text": text.format("one")}}
    path = write(tmp_path / "r", http("POST", "/a", 200, request=request))
    with replaying(path) as (url, found), httpx.Client(base_url=url, trust_env=False) as client:
        client.post("/a", files={"a": (None, "1")})
    assert told(found) == []


def test_a_request_that_is_compressed(tmp_path: Path) -> None:
    """It is compared by what it says, as it was written down."""
    path = write(tmp_path / "r", http("POST", "/a", 200, request={"body": {"json": {"a": 1}}}))
    with replaying(path) as (url, found), httpx.Client(trust_env=False) as client:
        body, headers = gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip"}
        assert client.post(f"{url}/a", content=body, headers=headers).status_code == 200
    assert told(found) == []


def test_a_refused_handshake(tmp_path: Path) -> None:
    """With its body."""
    path = write(tmp_path / "r", opened(429, response={"body": {"text": "later"}}))
    with replaying(path) as (url, found), pytest.raises(InvalidStatus) as refused:
        connect(f"ws{url[4:]}/c").__enter__()
    assert (refused.value.response.status_code, refused.value.response.body) == (429, b"later")
    assert told(found) == []


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (4001, "go"), (1006, "")])
def test_the_server_closes(tmp_path: Path, code: int, reason: str) -> None:
    """With its code and reason, or by breaking the connection."""
    entries = [
        frame("server", text="hi"),
        frame("client", text="yo"),
        closed("server", code, reason),
    ]
    path = write(tmp_path / "r", opened(protocol="two"), *entries)
    with replaying(path) as (url, found), connect(f"ws{url[4:]}/c", subprotocols=["two"]) as ws:  # type: ignore[list-item]
        assert (ws.recv(), ws.subprotocol) == ("hi", "two")
        ws.send("yo")
        with pytest.raises(ConnectionClosed):
            ws.recv()
        received = ws.protocol.close_rcvd
    assert (1006 if received is None else received.code) == code
    assert (reason if received is None else received.reason) == reason
    assert told(found) == []


@pytest.mark.slow
def test_less_sound_than_was_recorded(tmp_path: Path) -> None:
    """Once the client is silent, the server says what it said after all of it."""
    sound = frame("client", base64="AAEC")
    path = write(tmp_path / "r", opened(), sound, sound, sound, frame("server", text="heard"))
    with replaying(path) as (url, found), connect(f"ws{url[4:]}/c") as ws:
        ws.send(b"\1\2\3")
        assert ws.recv(timeout=10) == "heard"
    assert told(found) == []


def test_what_was_too_large(tmp_path: Path) -> None:
    """It is served empty, and told of."""
    path = write(
        tmp_path / "r", http("GET", "/a", 200, {"cut": 9}), opened(), frame("server", cut=8)
    )
    with replaying(path) as (url, found), httpx.Client(base_url=url, trust_env=False) as client:
        assert client.get("/a").content == b""
        with connect(f"ws{url[4:]}/c") as ws:
            assert ws.recv(timeout=10) == ""
    assert told(found) == []
    assert [note.partition(" were")[0] for note in not_kept(read_recording(path))] == [
        "line 2: 9 bytes",
        "line 4: 8 bytes",
    ]


def test_the_pace(tmp_path: Path) -> None:
    """Frames come as far apart as they were, or a part of it."""
    path = write(tmp_path / "r", opened(), frame("server", 4000, text="hi"))
    player = Player(read_recording(path), pace=0.05)
    with Serving(player.opened, 0) as serving, connect(f"ws{serving.url[4:]}/c") as ws:
        begin = time.monotonic()
        assert ws.recv(timeout=10) == "hi"
        assert time.monotonic() - begin >= 0.15
