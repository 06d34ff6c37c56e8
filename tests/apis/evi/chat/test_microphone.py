"""The microphone of a chat: what it takes for sound, when it waits, and when it is deaf."""

import logging
import subprocess
import sys
from array import array

import pytest

from emulator.apis.evi.chat.hearing import TurnOver
from emulator.apis.evi.chat.messages import AudioSettings, SessionSettings
from emulator.apis.evi.chat.microphone import Microphone
from emulator.audio.decoding import codec
from emulator.audio.decoding.decoder import DecodeError
from tests.apis.evi.chat.chats import of_type, started
from tests.audio.decoding.listening import new_microphone, turns
from tests.audio.decoding.recordings import LENGTH_MS, recording

PCM_8K = AudioSettings(encoding="linear16", channels=1, sample_rate=8_000)
LOUD = array("h", [20_000, -20_000])
BROKEN = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(16)


def heard(microphone: Microphone, data: bytes) -> bool:
    return [round(turn.end_ms - turn.begin_ms, -2) for turn in turns(microphone, [data])] == [
        LENGTH_MS
    ]


def test_few_samples_are_no_turn_under_way() -> None:
    """What could begin a container waits for more, and nobody's turn is over meanwhile."""
    microphone, _ = new_microphone()
    assert turns(microphone, [b"\x1a"]) == []
    assert not microphone.is_hearing
    assert list(microphone.stop()) == []
    assert heard(microphone, recording("webm opus")[1:])


def test_samples_that_look_like_a_frame_of_mp3() -> None:
    """Raw PCM that begins so, and ends before a second frame could come, is a turn all the same."""
    microphone, _ = new_microphone(PCM_8K)
    header = bytes.fromhex("FFFBE800 0000")  # of a frame with 1440 bytes
    assert turns(microphone, [header + (LOUD * 330).tobytes()]) == []
    assert microphone.is_hearing
    *_, over = microphone.stop()
    assert isinstance(over, TurnOver)
    assert over.spoken_ms == 80
    assert not microphone.is_hearing


def test_such_a_turn_is_over_when_no_more_comes() -> None:
    """The chat waits for as long as after any sound, and then tells what was said."""
    chat = started()
    chat.send(SessionSettings(audio=PCM_8K))
    chat.session.hear_audio(bytes.fromhex("FFFBE800 0000") + (LOUD * 330).tobytes())
    assert of_type(chat.wait(799), "user_message") == []
    [message] = of_type(chat.wait(1), "user_message")
    assert message.message.content == "I have been speaking for 0.1 seconds."


def test_raw_pcm_is_described_after_its_first_byte() -> None:
    """That byte is not lost."""
    microphone, settings = new_microphone(None)
    data = recording("pcm")
    assert turns(microphone, [data[:1]]) == []
    settings.audio = new_microphone()[1].audio
    assert heard(microphone, data[1:])


def test_deaf_until_another_recording_begins() -> None:
    """What follows audio that can't be decoded is not heard; a container's first bytes are."""
    microphone, _ = new_microphone()
    with pytest.raises(DecodeError):
        turns(microphone, [BROKEN])
    assert microphone.is_deaf
    assert turns(microphone, [bytes(100), recording("pcm"), b"RI", b"FF"]) == []
    assert heard(microphone, recording("ogg opus"))


def test_deaf_until_raw_pcm_is_described() -> None:
    """Session settings say that it is another stream."""
    microphone, settings = new_microphone(None)
    with pytest.raises(DecodeError):
        turns(microphone, [BROKEN])
    assert turns(microphone, [recording("pcm")]) == []
    settings.audio = new_microphone()[1].audio
    assert heard(microphone, recording("pcm"))


@pytest.mark.parametrize("data", [BROKEN, b"fLaC" + bytes(50), recording("mp4")[:28] + bytes(8)])
def test_audio_that_can_not_be_decoded_ends_the_chat(data: bytes) -> None:
    """In the service's words."""
    chat = started()
    [error] = of_type(chat.take(chat.session.hear_audio(data)), "error")
    assert (error.code, error.slug) == ("I0116", "transcription_failure")
    assert error.message == (
        "Unable to transcribe audio. Please ensure that your audio is appropriately encoded."
    )
    assert chat.session.status == "ERROR"


def test_a_chat_that_goes_on() -> None:
    """It says so each time that a recording can't be decoded, and not for each frame of it."""
    chat = started(survives_bad_audio=True)
    frames = [BROKEN, bytes(50), recording("pcm"), BROKEN]
    told = [of_type(chat.take(chat.session.hear_audio(frame)), "error") for frame in frames]
    assert [[error.code for error in errors] for errors in told] == [["I0116"], [], [], ["I0116"]]
    assert chat.session.status == "ACTIVE"
    chat.session.hear_audio(recording("ogg opus"))
    assert chat.event_texts("USER_MESSAGE") == ["I have been speaking for 0.9 seconds."]


@pytest.mark.parametrize("kind", ["webm opus", "ogg vorbis", "mp3", "aac", "mp4"])
def test_without_the_decoder(
    kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Error frame, console and journal name the command that brings it; the chat goes on."""
    monkeypatch.setitem(sys.modules, "av", None)
    codec._warn.cache_clear()
    chats = [started(), started()]
    command = "pip install 'evi-emulator[audio]'"
    with caplog.at_level(logging.WARNING, "emulator"):
        for chat in chats:
            [error] = of_type(chat.take(chat.session.hear_audio(recording(kind))), "error")
            assert (error.code, error.slug) == ("EMU07", "audio_decoder_missing")
            assert command in error.message
    assert [command in record.message for record in caplog.records] == [True]
    for chat in chats:
        assert chat.type("Hello")
        notes = chat.journal.entries(kind="script")
        assert [command in entry["message"] for entry in notes] == [True]


@pytest.mark.process
def test_the_decoder_is_imported_when_it_is_needed() -> None:
    """Not at the start: it takes time and memory."""
    code = "import sys, emulator.server, emulator.apis.evi.chat.session; print('av' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("kind", ["pcm", "wav"])
def test_what_needs_no_decoder(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is heard without it."""
    monkeypatch.setitem(sys.modules, "av", None)
    assert heard(new_microphone()[0], recording(kind))
