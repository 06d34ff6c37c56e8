"""A server that is told to stop while clients are connected."""

import json
import socket

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from emulator.journal.entries import FrameEntry
from emulator.jsontext import render
from emulator.server import Server
from emulator.settings import Settings

PATIENCE_S = 10
LONG = {
    "utterances": [
        {"text": "Fine. " * 800, "voice": {"provider": "HUME_AI", "name": "Ava Song"}},
    ],
    "format": {"type": "pcm"},
}


def test_chats_are_closed(api_key: str) -> None:
    """The server closes them with 1012, for which no client is to blame."""
    with Server(Settings(seed="empty", port=0)) as server:
        address = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
        with connect(address, proxy=None) as chat:
            chat_id = json.loads(chat.recv(PATIENCE_S))["chat_id"]
            server.stop()
            with pytest.raises(ConnectionClosed):
                chat.recv(PATIENCE_S)
            assert chat.close_code == 1012
        world = server.app.worlds.get(api_key)
        assert world.ledger.found == []
        entry = world.journal.newest
        assert isinstance(entry, FrameEntry)
        assert (entry.chat_id, entry.direction, entry.close) == (chat_id, "out", 1012)


def test_an_answer_that_nobody_reads_is_cut_short(
    api_key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server waits for it for a second, and says so in one line."""
    with Server(Settings(seed="empty", port=0)) as server, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
        body = render(LONG)
        head = (
            "POST /v0/tts/stream/file HTTP/1.1\r\nHost: localhost\r\n"
            f"X-Hume-Api-Key: {api_key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        client.sendall(head.encode() + body)
        assert client.recv(12) == b"HTTP/1.1 200"
        server.stop()
    [line] = capsys.readouterr().err.splitlines()
    assert "Cancel 1 running task(s)" in line
