"""With a random seed and a clock that stands, everything repeats, byte for byte."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.expression.media import jpeg
from tests.contract.sounds import pieces_of_sound
from tests.testing.talking import PATIENCE_S, http

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden" / "weather.txt"
REPEATABLE: dict[str, Any] = {"random_seed": 42, "clock": "manual", "webhook_time": "world"}
TOOL = {"type": "function", "name": "get_current_weather", "parameters": "{}"}
AUDIO = {"encoding": "linear16", "sample_rate": 16_000, "channels": 1}


def twice(play: Callable[[Evi], Any], **settings: Any) -> tuple[Any, Any]:
    """What a play gives in two fresh servers, with the same key."""
    results = []
    for _ in range(2):
        with Emulator(**{**REPEATABLE, **settings}) as server:
            results.append(play(server.world("the-key")))
    return results[0], results[1]


def chat(evi: Evi) -> list[str]:
    """Every frame of a conversation with typed and spoken turns and a tool, as it came."""
    evi.script.on_user("weather").call_tool("get_current_weather", {"location": "Oslo"}).say(
        "It is {tool_result}.", mood="Joy"
    )
    evi.hear("Good morning")
    frames: list[str] = []
    url = f"{evi.ws_url}?api_key={evi.api_key}&verbose_transcription=true"
    with connect(url, proxy=None, max_queue=None) as socket:
        ask(socket, frames, "chat_metadata")
        ask(socket, frames, "assistant_end", type="user_input", text="Hello")
        settings = {"audio": AUDIO, "tools": [TOOL], "custom_session_id": "mine"}
        socket.send(json.dumps({"type": "session_settings", **settings}))
        for piece in pieces_of_sound("pcm"):
            socket.send(piece)
        ask(socket, frames, "assistant_end")
        ask(socket, frames, "tool_call", type="user_input", text="The weather?")
        call = json.loads(frames[-1])["tool_call_id"]
        ask(socket, frames, "assistant_end", type="tool_response", tool_call_id=call, content="-4")
        ask(socket, frames, "error", type="nonsense")
        evi.clock.advance(minutes=20)
        with suppress(ConnectionClosed):
            while True:
                frames.append(str(socket.recv(timeout=PATIENCE_S)))
        frames.append(f"closed {socket.close_code} {socket.close_reason}")
    return frames


def ask(socket: ClientConnection, frames: list[str], until: str, **message: Any) -> None:
    """Send a message, if one is given, and read on to an answer of that type."""
    if message:
        socket.send(json.dumps(message))
    frames.append(str(socket.recv(timeout=PATIENCE_S)))
    while json.loads(frames[-1])["type"] != until:
        frames.append(str(socket.recv(timeout=PATIENCE_S)))


def rest(evi: Evi) -> list[tuple[str, int, bytes]]:
    """Every body of a tour through what REST has, after a conversation."""
    said = evi.simulate(script="weather")
    bodies = []
    with http(evi) as client:
        # the host is part of signed URLs, and the port is another one each time
        client.headers["Host"] = "the-host"

        def call(method: str, path: str, **options: Any) -> Any:
            answer = client.request(method, path, **options)
            bodies.append((f"{method} {path}", answer.status_code, answer.content))
            return answer.json() if answer.headers["content-type"] == "application/json" else None

        prompt = call("POST", "/v0/evi/prompts", json={"name": "P", "text": "x {{name}}"})
        call("POST", f"/v0/evi/prompts/{prompt['id']}", json={"text": "y"})
        tool = call("POST", "/v0/evi/tools", json={"name": "t", "parameters": "{}"})
        config = call(
            "POST",
            "/v0/evi/configs",
            json={
                "name": "C",
                "evi_version": "3",
                "prompt": {"id": prompt["id"]},
                "tools": [{"id": tool["id"]}],
            },
        )
        evi.clock.advance(seconds=1)
        call("PATCH", f"/v0/evi/configs/{config['id']}", content=b"x")
        call("GET", f"/v0/evi/configs/{config['id']}")
        for path in ("configs", "prompts", "tools", "chats", "chat_groups"):
            call("GET", f"/v0/evi/{path}?page_size=100")
        call("GET", f"/v0/evi/chats/{said.id}?page_size=100")
        call("GET", f"/v0/evi/chat_groups/{said.group_id}/events?page_size=100")
        for _ in range(4):
            audio = call("GET", f"/v0/evi/chats/{said.id}/audio")
        call("GET", httpx.URL(audio["signed_audio_url"]).raw_path.decode())
        call("GET", "/v0/evi/configs/not-an-id")
        call("GET", "/v0/tts/voices?provider=HUME_AI")
        call("POST", "/v1/expression/video/file", files={"file": ("a", jpeg(), "image/jpeg")})
        call("GET", "/v1/expression/run")
        call("GET", "/v1/expression/run/nobody")
        call("GET", "/_emulator/clock")
    return bodies


def webhooks(evi: Evi) -> list[dict[str, Any]]:
    """What went over the wire to the receiver of a chat, but for its port and how long it took."""
    with http(evi) as client:
        events = ["chat_started", "chat_ended", "tool_call"]
        receiver = evi.webhook_receiver()
        hooks = [{"url": receiver.url, "events": events}]
        body = {"name": "C", "evi_version": "3", "webhooks": hooks}
        config = client.post("/v0/evi/configs", json=body).json()
    receiver.answer(*[200] * 9)
    evi.simulate(script="weather", config_id=config["id"])
    assert evi.webhooks.drain() == 0
    return [
        {
            "id": each["id"],
            "state": each["state"],
            "body": each["body"],
            "created": each["created_at_ms"],
            "requests": [attempt["request"] for attempt in each["attempts"]],
        }
        for each in evi.webhooks.deliveries
    ]


def test_a_chat_repeats() -> None:
    """Each frame of the socket: ids, times, scores and sound."""
    one, other = twice(chat)
    kinds = {json.loads(frame)["type"] for frame in one[:-1]}
    assert kinds >= {"audio_output", "assistant_prosody", "user_message", "tool_call", "error"}
    assert one == other


def test_rest_repeats() -> None:
    """Each body, down to signed URLs and the sound behind them."""
    one, other = twice(rest)
    assert [name for name, _, _ in one] == [name for name, _, _ in other]
    assert [each for each, again in zip(one, other, strict=True) if each != again] == []
    assert {status for _, status, _ in one} >= {200, 201, 422}


def test_webhooks_repeat() -> None:
    """Bodies and signatures, where the header's time is the world's."""
    one, other = twice(webhooks)
    assert len(one) == 3
    assert one == other


def test_the_journal_repeats() -> None:
    """What happened, in the same order at the same times; only durations and the port are real."""

    def play(evi: Evi) -> list[dict[str, Any]]:
        chat(evi)
        with http(evi) as client:
            client.get("/v0/evi/configs")
        entries = evi.journal.entries()
        for entry in entries:
            if "request_headers" in entry:
                assert entry["request_headers"].pop("host") == evi.url.removeprefix("http://")
        return [{**each, "duration_ms": None} for each in entries if "close" not in each]

    one, other = twice(play)
    assert len(one) > 20
    assert one == other


def test_a_world_repeats_whatever_others_do(evi_server: Emulator) -> None:
    """Its settings are enough; neither its key nor its neighbours count."""
    transcripts, frames = [], []
    for _ in range(2):
        evi = evi_server.world(**REPEATABLE)
        neighbour = evi_server.world(**REPEATABLE)
        neighbour.simulate(user=["Something else"])
        frames.append(chat(evi))
        transcripts.append(evi.chats[-1].transcript())
        evi.close()
        neighbour.close()
    assert frames[0] == frames[1]
    assert transcripts[0] == transcripts[1]


def test_a_reset_repeats(evi_server: Emulator) -> None:
    """A world that begins again makes the same ids again."""
    evi = evi_server.world(**REPEATABLE)
    try:
        first = chat(evi)
        evi.reset()
        assert chat(evi) == first
    finally:
        evi.close()


def test_another_seed_is_another_run() -> None:
    """Other ids, the same words."""
    with Emulator(**REPEATABLE) as server:
        one, other = server.world(random_seed=1), server.world(random_seed=2)
        ids = [each.simulate(script="weather").id for each in (one, other)]
        assert ids[0] != ids[1]


def test_access_tokens_repeat() -> None:
    """A server with a random seed gives out the same tokens in the same order."""

    def play(evi: Evi) -> bytes:
        with http(evi) as client:
            data = {"grant_type": "client_credentials"}
            return client.post("/oauth2-cc/token", auth=(evi.api_key, "x"), data=data).content

    one, other = twice(play)
    assert one == other


def test_access_tokens_of_a_world_repeat(evi_server: Emulator) -> None:
    """As ids do; those of another world with the same seed are others, since they open it."""
    tokens = []
    for _ in range(2):
        evi = evi_server.world("evi-tokens", **REPEATABLE)
        with http(evi) as client:
            data = {"grant_type": "client_credentials"}
            answer = client.post("/oauth2-cc/token", auth=(evi.api_key, "x"), data=data)
        tokens.append(answer.json()["access_token"])
        evi.close()
    assert tokens[0] == tokens[1]


@pytest.mark.evi(random_seed=42, clock="manual")
def test_a_golden_transcript(evi: Evi) -> None:
    """A transcript that was stored is compared with what happens now.

    To store it again: `chat.transcript()` of this conversation, written to the file.
    """
    assert evi.simulate(script="weather").transcript() == GOLDEN.read_text()


@pytest.mark.evi(random_seed=42, clock="manual")
def test_a_transcript_is_text(evi: Evi) -> None:
    """A line for each event: time, role, type and text, whatever is in the text."""
    evi.script.on_anything().say("Zwei\nZeilen.")
    transcript = evi.simulate(user=["Hello"]).transcript()
    lines = transcript.splitlines()
    assert len(lines) == len(evi.chats[-1].events)
    assert all(len(line.split(" ", 3)) == 4 for line in lines)
    assert "USER_MESSAGE 'Hello'" in transcript
    assert transcript.endswith("\n")
