"""Loads of sockets and connections: clients that join a chat, read nothing, send too much, or talk
while the emulator is told to stop.
"""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from benchmarks.bound_rows import (
    CHAT,
    HEALTH,
    MEGABYTE,
    PATIENCE_S,
    Row,
    Table,
    answered,
    browse,
    check,
    narrow,
    served,
    warm_up,
)
from benchmarks.chat_client import ChatClient
from benchmarks.figures import Effort
from benchmarks.messages import CHATS, CONFIGS, request
from benchmarks.servers import HOST, Target, emulator, started
from benchmarks.web_socket import HANDSHAKE, WebSocketClient, frame
from emulator.jsontext import render

UPLOAD_MB = 100
JOINED = 100

# Mirrors of a chat


class Mirror(WebSocketClient):
    """A client that joins a chat, and counts the ends of its turns."""

    def __init__(self, chat_id: str) -> None:
        super().__init__(f"/v0/evi/chat/{chat_id}/connect?api_key=bounds")
        self._turns = 0
        self._heard_one = asyncio.Event()

    def take(self, text: bytes) -> None:
        if text.startswith(b'{"type":"assistant_end"'):
            self._turns += 1
            self._heard_one.set()

    async def heard(self, turns: int) -> None:
        """Wait for the end of so many turns."""
        while self._turns < turns:
            self._heard_one.clear()
            await self._heard_one.wait()


async def mirrors(table: Table, effort: Effort) -> None:
    """A chat that 300 clients want to join, and its turns."""
    with served() as (target, client):
        chat = await open_chat(target, "&allow_connection=true")
        chat_id = answered(client.get(f"{CHATS}&page_size=1&ascending_order=false"), 200)
        name = chat_id["chats_page"][0]["id"]
        for _ in range(5):
            await chat.say()
        joined = list[Mirror]()
        with table.row(f"300 clients join a chat, {JOINED} may", target) as row:
            for _ in range(300):
                with suppress(RuntimeError):
                    joined.append(await join(target, name))
            row.seen = f"{len(joined)} joined; then {joining_refused(target, name)}"
        with table.row(f"20 turns with audio for {len(joined)} mirrors", target) as row:
            for _ in range(20):
                await chat.say()
            await asyncio.wait_for(all_heard(joined, 25), PATIENCE_S)
            row.seen = "all get all of it"


async def open_chat(target: Target, query: str = "") -> ChatClient:
    loop = asyncio.get_running_loop()
    _, chat = await loop.create_connection(
        lambda: ChatClient(api_key=f"bounds{query}"), HOST, target.port
    )
    await chat.begun
    return chat


async def join(target: Target, chat_id: str) -> Mirror:
    loop = asyncio.get_running_loop()
    _, mirror = await loop.create_connection(lambda: Mirror(chat_id), HOST, target.port)
    await mirror.opened
    return mirror


def joining_refused(target: Target, chat_id: str) -> str:
    url = f"ws://{HOST}:{target.port}/v0/evi/chat/{chat_id}/connect?api_key=bounds"
    try:
        connect(url, proxy=None).close()
    except InvalidStatus as refused:
        said = json.loads(refused.response.body or b"{}")
        return f"{refused.response.status_code} `{said.get('code')}`"
    raise SystemExit("one more client could join")


async def all_heard(joined: Sequence[Mirror], turns: int) -> None:
    for mirror in joined:
        await mirror.heard(turns)


# Clients that read nothing


def unread(table: Table, effort: Effort) -> None:
    """Clients that ask for much and read nothing of it."""
    with served() as (target, client):
        with table.row("a chat whose client reads nothing", target) as row:
            row.seen = unread_chat(target, client)
        with table.row("50 streams of speech that nobody reads", target) as row, ExitStack() as all:
            for _ in range(50):
                all.enter_context(unread_stream(target))
            time.sleep(effort.of(5, 2))
            row.seen = "each waits for its client"
        with table.row("1,000 lists on one connection that nobody reads", target) as row:
            with unread_lists(target):
                time.sleep(effort.of(5, 2))
            row.seen = "the connection waits for its client"


def unread_chat(target: Target, client: httpx.Client) -> str:
    """Return the journal's words about a client that speaks, and never reads."""
    text = "What is the weather like? " * 20
    turn = frame(render({"type": "user_input", "text": text}))
    with narrow(target) as connection:
        begin_chat(connection)
        connection.settimeout(PATIENCE_S)
        with suppress(OSError):  # which says that it was cut off
            for _ in range(500):
                connection.sendall(turn)
        deadline = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < deadline:
            for entry in answered(client.get("/_emulator/journal?kind=frame"), 200)["entries"]:
                if "error" in entry:
                    return str(entry["error"])
            time.sleep(0.2)
    raise SystemExit("a client that reads nothing was not cut off")


def begin_chat(connection: socket.socket) -> None:
    """Open a chat, and read its first frame."""
    connection.sendall((HANDSHAKE % (CHAT, "")).encode())
    received = b""
    while b"chat_metadata" not in received:
        received += connection.recv(4096)


@contextmanager
def unread_stream(target: Target) -> Iterator[None]:
    """A request for five minutes of speech, of which nothing is read."""
    text = "The weather is fine today, and the sea is calm. " * 100
    voice = {"provider": "HUME_AI", "name": "Ava Song"}
    body = render(
        {"utterances": [{"text": text[:5000], "voice": voice}], "format": {"type": "pcm"}}
    )
    with narrow(target) as connection:
        connection.sendall(request("POST", "/v0/tts/stream/file", body, "bounds"))
        yield


@contextmanager
def unread_lists(target: Target) -> Iterator[None]:
    with narrow(target) as connection:
        connection.settimeout(1)
        with suppress(TimeoutError):
            connection.sendall(request("GET", CHATS, key="bounds") * 1000)
        yield


# Uploads


def uploads(table: Table, effort: Effort) -> None:
    """100 MB, where a body, a form, a snapshot or a frame is expected."""
    form = "multipart/form-data; boundary=x"
    with served() as (target, client):
        for name, path, media_type, is_chunked in (
            ("a config of 100 MB, announced", CONFIGS, "application/json", False),
            ("a config of 100 MB, in chunks", CONFIGS, "application/json", True),
            ("a recording of 100 MB, in chunks", "/v0/tts/voice_conversion/file", form, True),
        ):
            with table.row(name, target) as row:
                row.seen = upload(target, path, media_type, is_chunked)
        with table.row("100 MB that are no snapshot", target) as row:
            text = b'{"x":"' + b"x" * (UPLOAD_MB * MEGABYTE) + b'"}'
            answer = client.put("/_emulator/snapshot", content=text)
            check(answer.status_code == 422, answer.text[:300])
            row.seen = "422 `snapshot_invalid`; beyond `--max-snapshot-bytes` 413"
        with table.row("a frame of 100 MB in a chat", target) as row:
            row.seen = f"close {frame_refused(target)}"


def upload(target: Target, path: str, media_type: str, is_chunked: bool) -> str:
    """Return status and code of an upload's answer; its client sends all of it."""
    piece = b"x" * MEGABYTE
    framing = (
        "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {UPLOAD_MB * MEGABYTE}"
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Hume-Api-Key: bounds\r\n"
        f"Content-Type: {media_type}\r\n{framing}\r\n\r\n"
    )
    with socket.create_connection((HOST, target.port), timeout=PATIENCE_S) as connection:
        connection.sendall(head.encode())
        with suppress(ConnectionError):
            for _ in range(UPLOAD_MB):
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece)
        answer = connection.recv(65_536)
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    return f"{head_bytes.split()[1].decode()} `{json.loads(body)['code']}`"


def frame_refused(target: Target) -> str:
    """Return the close code that a frame gets that is too long."""
    masked, size_follows = 0x80, 127
    head = bytes([0x81, masked | size_follows]) + (UPLOAD_MB * MEGABYTE).to_bytes(8) + bytes(4)
    with socket.create_connection((HOST, target.port), timeout=PATIENCE_S) as connection:
        begin_chat(connection)
        received = b""
        with suppress(ConnectionError):
            connection.sendall(head)
            for _ in range(UPLOAD_MB):
                connection.sendall(b"x" * MEGABYTE)
        with suppress(ConnectionError):
            while piece := connection.recv(65_536):
                received += piece
    close = received.rfind(b"\x88")
    check(close >= 0, f"no close frame in {received[-500:]!r}")
    return str(int.from_bytes(received[close + 2 : close + 4]))


# The end


async def the_end(table: Table, effort: Effort) -> None:
    """SIGTERM while chats talk, speech streams, and a client waits for the journal."""
    with started(emulator(), HEALTH) as target, browse(target) as client, ExitStack() as all:
        warm_up(client)
        waiting = all.enter_context(narrow(target))
        path = "/_emulator/journal/wait?kind=bug&timeout=60"
        waiting.sendall(request("GET", path, key="bounds"))
        watching = asyncio.create_task(close_code(target, connected := asyncio.Event()))
        await connected.wait()
        chats = [await open_chat(target) for _ in range(100)]
        talking = [asyncio.create_task(keep_talking(chat)) for chat in chats]
        for _ in range(20):
            all.enter_context(unread_stream(target))
        await asyncio.sleep(1)
        before, start = target.mebibytes(), time.perf_counter()
        os.kill(target.pid, signal.SIGTERM)
        code = await watching
        await asyncio.gather(*talking)
        await asyncio.to_thread(wait_for_end, target)
        seconds, answer = time.perf_counter() - start, waiting.recv(65_536)
        table.rows.append(
            Row(
                "SIGTERM, while 100 chats talk and 20 streams of speech are not read",
                seconds,
                mebibytes=(before, before),
                seen=f"chats: close {code}; `journal/wait`: {answer[9:12].decode()}; streams end",
            )
        )


async def keep_talking(chat: ChatClient) -> None:
    """Talk until the server ends the chat."""
    with suppress(RuntimeError, OSError):
        while True:
            await chat.say()


async def close_code(target: Target, connected: asyncio.Event) -> int:
    """Return the code that a chat is closed with."""
    url = f"ws://{HOST}:{target.port}{CHAT}"
    async with websockets.connect(url, proxy=None) as chat:
        connected.set()
        with suppress(ConnectionClosed):
            while True:
                await chat.recv()
    assert chat.close_code is not None
    return chat.close_code


def wait_for_end(target: Target) -> None:
    """Wait until the process has ended."""
    with suppress(OSError):
        while ") Z " not in Path(f"/proc/{target.pid}/stat").read_text():
            time.sleep(0.01)
