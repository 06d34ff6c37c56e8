"""The vendor's React package holds a spoken conversation in a browser with a fake microphone."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.server import Server
from emulator.settings import Settings
from tests.contract import test_chat_typescript as typescript
from tests.contract.conversations import NOBODY, WEATHER_TOOL, Conversation, Json, prepare
from tests.contract.sounds import recorded_silence, recorded_speech
from tests.contract.transcripts import finished_chat

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TIMEOUT_S = 60


def why_not() -> str:
    """What is missing to open the page, or nothing."""
    return typescript.why_not() or ("" if CHROMIUM else "chromium is not installed")


pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

CONNECT: list[list[Any]] = [["click", "#connect"], ["see", "#status", "connected"]]
DISCONNECT: list[list[Any]] = [["click", "#disconnect"], ["see", "#status", "disconnected"]]


def talk(
    hostname: str,
    api_key: str,
    microphone: Path,
    *steps: list[Any],
    config_id: str | None = None,
    packages: Path = typescript.NODE,
) -> Json:
    """What the page told, showed and failed at."""
    given = {
        "hostname": hostname,
        "apiKey": api_key,
        "configId": config_id,
        "chromium": CHROMIUM,
        "microphone": str(microphone),
        "packages": str(packages),
        "enableAudioWorklet": False,  # the worklet would come from the vendor's own server
        "steps": steps,
    }
    done = subprocess.run(
        ["node", "react/talk.mjs"],
        cwd=typescript.NODE,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    told: Json = json.loads(done.stdout)
    return told


def told_of(told: Json, what: str) -> list[Any]:
    return [detail for kind, detail in told["log"] if kind == what]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """An emulator that pauses between sentences, as the service does.

    The vendor's player decodes what it gets at once all at once, and plays what is decoded first:
    at the pace `instant` the second sentence may come before the first.
    """
    with Server(Settings(seed="demo", port=0, pace="4")) as server:
        yield server


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A microphone into which somebody speaks."""
    path = tmp_path_factory.mktemp("microphone") / "speech.wav"
    path.write_bytes(recorded_speech())
    return path


@pytest.fixture(scope="session")
def silence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A microphone into which nobody speaks."""
    path = tmp_path_factory.mktemp("microphone") / "silence.wav"
    path.write_bytes(recorded_silence())
    return path


def test_a_user_speaks_and_hears_the_answer(
    server: Server, remote: httpx.Client, api_key: str, speech: Path
) -> None:
    """What MediaRecorder makes of the microphone is heard; the answer is shown and played."""
    spoken = Conversation(
        "spoken",
        actions=[],
        transcript=[],
        script={"rules": [{"answer": "It is on its way. Good night!"}]},
        heard=["Where is my order?"],
    )
    prepare(remote, spoken)
    told = talk(
        server.url,
        api_key,
        speech,
        *CONNECT,
        ["see", "#messages li", "User: Where is my order?"],
        ["see", "#playing", "true"],
        ["see", "#messages li", "Assistant: It is on its way."],
        ["see", "#messages li", "Assistant: Good night!"],
        ["hear", "audio end", 3],
        ["see", "#playing", "false"],
        *DISCONNECT,
    )

    assert told["failures"] == []
    assert told_of(told, "error") == []
    assert len(told_of(told, "audio start")) == 2
    shown = [each for each in told["messages"] if each.startswith(("User:", "Assistant:"))]
    assert shown == [
        "User: Where is my order?",
        "Assistant: It is on its way.",
        "Assistant: Good night!",
    ]
    [chat] = remote.get("/v0/evi/chats?page_size=1&ascending_order=false").json()["chats_page"]
    status, events = finished_chat(remote, chat["id"])
    assert status == "USER_ENDED"
    said = [each["message_text"] for each in events if each["type"].endswith("_MESSAGE")]
    assert said[-4:-1] == ["Where is my order?", "It is on its way.", "Good night!"]
    assert "USER_RECORDING_START_MESSAGE" in [each["type"] for each in events]


def test_a_tool_call_is_answered_by_the_page(
    server: Server, remote: httpx.Client, api_key: str, silence: Path
) -> None:
    """`onToolCall` gets the arguments, its result is spoken; typing stops the player."""
    typed = Conversation(
        "typed",
        actions=[],
        transcript=[],
        tools=[WEATHER_TOOL],
        config={"evi_version": "3"},
        script={
            "rules": [
                {
                    "when": "weather",
                    "times": 1,
                    "answer": [
                        {"call_tool": "get_weather", "parameters": {"city": "Oslo"}},
                        "I hear: {tool_result.weather}, and this is a very long sentence.",
                    ],
                },
                {"answer": "Again?"},
            ]
        },
    )
    options = prepare(remote, typed)
    told = talk(
        server.url,
        api_key,
        silence,
        *CONNECT,
        ["click", "#type"],
        ["hear", "audio start", 1],
        ["see", "#messages li", "assistant_end"],  # all is sent, but much is still to be played
        ["see", "#playing", "true"],
        ["click", "#type"],
        ["hear", "interruption", 1],
        ["see", "#messages li", "Assistant: Again?"],
        *DISCONNECT,
        config_id=options["config_id"],
    )

    assert told["failures"] == []
    assert told_of(told, "error") == []
    assert told_of(told, "tool call") == ['get_weather {"city": "Oslo"}']
    assert told_of(told, "interruption") == ["user_message"]
    shown = [each for each in told["messages"] if each.startswith(("User:", "Assistant:", "tool"))]
    assert shown == [
        "User: The weather in Oslo?",
        "tool_call",
        "Assistant: I hear: snow, and this is a very long sentence.",
        "User: The weather in Oslo?",
        "Assistant: Again?",
    ]


def test_the_server_ends_the_chat(
    server: Server, remote: httpx.Client, api_key: str, silence: Path
) -> None:
    """After ten minutes of silence the page is told of an error, and then of a normal close."""
    told = talk(
        server.url,
        api_key,
        silence,
        *CONNECT,
        ["advance", 600],
        ["hear", "close", 1],
        ["see", "#status", "disconnected"],
    )

    assert told["failures"] == []
    assert told_of(told, "error") == [
        "socket_error received_assistant_error_message: "
        "Chat was ended because no user message was received in 600 seconds."
    ]
    assert told_of(told, "close") == [1000]


def test_a_chat_that_cannot_begin(
    server: Server, remote: httpx.Client, api_key: str, silence: Path
) -> None:
    """Of an unknown config the page is told by an error."""
    told = talk(
        server.url,
        api_key,
        silence,
        ["click", "#connect"],
        ["hear", "close", 1],
        config_id=NOBODY,
    )
    assert told["failures"] == []
    [error] = told_of(told, "error")
    assert NOBODY in error
