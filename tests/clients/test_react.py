"""Older and newer versions of the vendor's React package hold a spoken conversation in Chromium."""

import wave
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from emulator import Emulator
from emulator.testing.world import Evi
from tests.clients.clients import CLIENTS, Client
from tests.clients.test_clients import codes, each
from tests.contract.sounds import recorded_speech
from tests.contract.test_chat_react import CONNECT, DISCONNECT, talk, told_of, why_not

PACKAGES = [client for client in CLIENTS if client.is_react]

SILENCE_S = 3

# Version 0.1 may send the last that it recorded just after it has closed the socket.
LATE_SOUND = "socket_error undefined: Socket is not open"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    """Somebody speaks into it, but not before a busy machine has had time to connect."""
    path = tmp_path / "speech.wav"
    with wave.open(BytesIO(recorded_speech())) as recorded, wave.open(str(path), "wb") as longer:
        longer.setparams(recorded.getparams())
        longer.writeframes(bytes(recorded.getsampwidth() * recorded.getframerate() * SILENCE_S))
        longer.writeframes(recorded.readframes(recorded.getnframes()))
    return path


def hostname(client: Client, evi: Evi) -> str:
    """Older versions put wss:// before it by themselves."""
    return evi.url.removeprefix("https://") if client.needs_tls else evi.url


@each(*PACKAGES)
def test_a_call(client: Client, evi: Evi, microphone: Path) -> None:
    """What the microphone hears is understood; the answer is shown and played; it ends in peace."""
    evi.script.on_user("order").say("It is on its way. Good night!")
    evi.hear("Where is my order?")
    told = talk(
        hostname(client, evi),
        evi.api_key,
        microphone,
        *CONNECT,
        ["see", "#messages li", "User: Where is my order?"],
        ["see", "#messages li", "Assistant: Good night!"],
        ["hear", "audio end", 3],
        ["see", "#playing", "false"],
        *DISCONNECT,
        packages=client.environment,
    )
    assert told["failures"] == []
    assert set(told_of(told, "error")) <= {LATE_SOUND}
    assert len(set(told_of(told, "audio start"))) == 2  # each sentence has an id of its own
    shown = [text for text in told["messages"] if text.startswith(("User:", "Assistant:"))]
    assert shown == [
        "User: Where is my order?",
        "Assistant: It is on its way.",
        "Assistant: Good night!",
    ]
    evi.next_chat().closed(code=1000)
    assert codes(evi) == (["credential_spelling"] if client.has_older_credentials else [])


@each(*(client for client in PACKAGES if client.needs_inline_prosody))
def test_a_frame_that_it_does_not_know(client: Client, secure: Emulator, microphone: Path) -> None:
    """Without the setting an assistant_prosody is an error to it, and the end of the call."""
    with closing(secure.world()) as evi:
        told = talk(
            hostname(client, evi),
            evi.api_key,
            microphone,
            *CONNECT,
            ["click", "#type"],
            ["hear", "error", 1],
            ["hear", "close", 1],
            packages=client.environment,
        )
    assert told["failures"] == []
    assert told_of(told, "error")[0] == "socket_error undefined: Received unknown message type"
    assert told_of(told, "close") == [1000]
    assert told["messages"][-1] == "socket_disconnected"
