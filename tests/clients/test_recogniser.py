"""The emulator's voice and ears, with a recogniser that knows nothing of it: it hears digits."""

import wave
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO

import pytest

from emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.evi.open_ai import OpenAi, open_ai
from tests.clients.clients import RECOGNISER, Client
from tests.testing.talking import Talk, http, talking

pytestmark = pytest.mark.process

pytest.importorskip("espeakng_loader", reason="espeakng-loader is not installed")

NUMBER = "496555017823"  # every digit is in it
SAID = "My number is 4 9 6, 5 5 5, 0 1 7 8 2 3."
VOICE = "Female Meditation Guide"  # of most other voices it misses some of so many digits
RATE = 48_000
PIECE = 9_600  # bytes: 0.1 s
DIGITS = {
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}


@pytest.fixture
def recogniser() -> Client:
    if why := RECOGNISER.why_not():
        pytest.skip(why)
    return RECOGNISER


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator(seed="empty", voice="espeak", random_seed=1) as server:
        yield server


def digits(heard: str | None) -> str:
    """Return the digits of what was heard."""
    return "".join(DIGITS.get(word, "") for word in (heard or "").split())


def heard_by(recogniser: Client, pcm: bytes, rate: int = RATE) -> str | None:
    [heard] = recogniser.run_all([{"rate": rate, "pcm": b64encode(pcm).decode()}])
    return None if heard is None else str(heard)


def pcm_of(data: str) -> bytes:
    """Return the samples of an audio_output."""
    with wave.open(BytesIO(b64decode(data))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return bytes(file.readframes(file.getnframes()))


def config(evi: Evi) -> str:
    """Return the id of a config with the voice."""
    voice = {"provider": "HUME_AI", "name": VOICE}
    with http(evi) as client:
        body = {"evi_version": "3", "name": "A config", "voice": voice}
        return str(client.post("/v0/evi/configs", json=body).raise_for_status().json()["id"])


def number_said(evi: Evi, said: str = SAID) -> bytes:
    """Return the sound of a chat whose assistant says the number."""
    evi.script.on_user("number").say(said)
    with talking(evi, config_id=config(evi)) as talk:
        talk.say("What is your number?")
        messages = talk.turn()
    return b"".join(pcm_of(each["data"]) for each in messages if each["type"] == "audio_output")


def play(talk: Talk, pcm: bytes) -> None:
    """Send sound as a microphone does, and the silence after it."""
    audio = {"encoding": "linear16", "channels": 1, "sample_rate": RATE}
    talk.send(type="session_settings", audio=audio)
    sound = pcm + bytes(2 * RATE)
    for begin in range(0, len(sound), PIECE):
        talk.socket.send(sound[begin : begin + PIECE])


def test_the_assistants_digits_are_heard(recogniser: Client, server: Emulator) -> None:
    """All of them, in their order and with none between, in the joined sound of a chat."""
    with closing(server.world()) as evi:
        heard = heard_by(recogniser, number_said(evi))
    assert digits(heard) == NUMBER, heard


def test_another_number_is_not_heard_as_this_one(recogniser: Client, server: Emulator) -> None:
    """The recogniser is told that digits come, not which; in silence it hears none."""
    with closing(server.world()) as evi:
        other = number_said(evi, "My number is 5 5 5, 0 1 2 3.")
    assert digits(heard_by(recogniser, other)) == "5550123"
    assert digits(heard_by(recogniser, bytes(2 * RATE))) == ""


def test_the_digits_are_heard_by_the_ears_of_another_chat(
    recogniser: Client, server: Emulator
) -> None:
    """The assistant's sound is a user's microphone, and the recogniser answers for the ears."""
    with open_ai() as ears, closing(server.world()) as evi:
        ears.transcripts.append(lambda: transcript(recogniser, ears))
        pcm = number_said(evi)
        with closing(server.world(ears=ears.url)) as listening, talking(listening) as talk:
            play(talk, pcm)
            entry = listening.journal.wait_for(kind="ears", timeout=60)
            message = talk.read_until("user_message")
    assert entry["ended"] == "complete"
    assert message["message"]["content"] == entry["text"]
    assert digits(entry["text"]) == NUMBER, entry["text"]


def transcript(recogniser: Client, ears: OpenAi) -> str:
    """Return what the recogniser makes of what the ears were sent last."""
    asked = ears.utterances[-1]
    return heard_by(recogniser, asked.sound, asked.rate) or ""
