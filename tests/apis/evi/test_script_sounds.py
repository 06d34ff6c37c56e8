"""Sounds that a script gives to texts: in text-to-speech, and in chats."""

import json
import wave
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from emulator.apis.evi.chat.script_file import load_script, read_script_file
from emulator.apis.voices.state import VoicesState
from emulator.audio.wav import wav_header
from emulator.cli.main import main
from emulator.errors import Loc, ScriptError
from emulator.settings import Settings
from emulator.testing.world import Evi
from tests.served import SEEDS
from tests.testing.talking import PATIENCE_S, http, talking

CLICK = bytes(range(200)) * 240  # half a second
FILE = wav_header(len(CLICK), 48_000) + CLICK
DATA = b64encode(FILE).decode()
SCRIPT = {
    "rules": [{"answer": "Welcome. You said: {user_text}"}],
    "sounds": [{"text": "Welcome.", "data": DATA}],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a script with a sound that lies beside it."""
    folder = tmp_path / "mine"
    (folder / "audio").mkdir(parents=True)
    (folder / "audio" / "click.wav").write_bytes(FILE)
    (tmp_path / "outside.wav").write_bytes(FILE)
    return write(folder / "script.yaml", "audio/click.wav")


def write(path: Path, file: str) -> Path:
    sounds = [{"text": "Welcome.", "file": file}]
    path.write_text(json.dumps({**SCRIPT, "sounds": sounds}, indent=1))
    return path


def spoken(evi: Evi, text: str = "Welcome.") -> bytes:
    """What text-to-speech says for a text."""
    body = {"utterances": [{"text": text}], "format": {"type": "pcm"}}
    with http(evi) as client:
        answer = client.post("/v0/tts/file", json=body)
    answer.raise_for_status()
    return answer.content


def test_a_file_is_read_into_the_script(path: Path) -> None:
    """What is left names no file, so it can be sent to an emulator elsewhere."""
    content = read_script_file(str(path))
    assert content["sounds"] == [{"text": "Welcome.", "data": DATA}]
    (sound,) = load_script(content)[0].sounds
    assert (sound.text, sound.pcm) == ("Welcome.", CLICK)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("../outside.wav", "leads out of the folder of script.yaml"),
        ("nothing.wav", "nothing.wav"),
        ("script.yaml", "can't be read as sound"),
    ],
)
def test_files_that_are_no_sound(path: Path, file: str, message: str) -> None:
    """Each is told with its line, as is one outside of the script's folder."""
    with pytest.raises(ScriptError, match=r"script\.yaml:\d+: /sounds/0") as caught:
        read_script_file(str(write(path, file)))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("sound", "place", "message"),
    [
        ({"text": "a", "file": "a.wav"}, ("file",), "read from a file"),
        ({"text": "a"}, (), "exactly one of 'file' and 'data'"),
        ({"text": "a", "file": "a.wav", "data": DATA}, (), "exactly one of 'file' and 'data'"),
        ({"text": "", "data": DATA}, ("text",), "at least 1 character"),
        ({"text": "a", "data": "no base64!"}, (), "the data is not base64"),
        ({"text": "a", "data": b64encode(b"nothing").decode()}, (), "can't be read as sound"),
        ({"text": "a", "data": DATA, "voice": "x"}, ("voice",), "unknown key"),
    ],
    ids=str,
)
def test_mistakes(sound: dict[str, Any], place: Loc, message: str) -> None:
    """Each is refused at its place; a content names no files of this machine."""
    with pytest.raises(ScriptError) as caught:
        load_script({"sounds": [sound]})
    ((at, said),) = caught.value.mistakes
    assert at == ("sounds", 0, *place)
    assert message in said


def test_a_script_of_the_settings(path: Path) -> None:
    """Worlds begin with its sounds, which come before those of the seed."""
    seed = SEEDS.load("empty", Settings(script=str(path)))
    assert seed.state(VoicesState).sounds["Welcome."].pcm == CLICK


def test_the_script_of_one_world(evi: Evi, path: Path) -> None:
    """A test may use it, too; a reset takes the sounds away."""
    before = spoken(evi)
    evi.use_script(str(path))
    assert spoken(evi) == CLICK
    assert evi.script.sounds[0].text == "Welcome."
    evi.reset()
    assert spoken(evi) == before


def test_a_script_over_http(evi: Evi) -> None:
    """Its sounds are the world's from then on: in text-to-speech, chats, and a stored world."""
    with http(evi) as client:
        client.put("/_emulator/script", json={"script": SCRIPT}).raise_for_status()
        (shown,) = client.get("/_emulator/tts/sounds").json()["sounds"]
        refused = client.put("/_emulator/script", json={"sounds": [{"text": "a", "file": "b"}]})
    assert shown == {"text": "Welcome.", "duration": 0.5}
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "script", "sounds", 0, "file"]
    assert spoken(evi) == CLICK
    kept = evi.snapshot()
    evi.reset()
    assert spoken(evi) != CLICK
    evi.restore(kept)
    assert spoken(evi) == CLICK
    assert [str(rule) for rule in evi.script.rules] != []


def test_the_assistant_says_a_sentence_with_its_sound(evi: Evi) -> None:
    """Its other sentences are tones."""
    evi.use_script(SCRIPT)
    heard = list[bytes]()
    with talking(evi) as talk:
        talk.say("Hello")
        while (message := json.loads(talk.socket.recv(timeout=PATIENCE_S)))[
            "type"
        ] != "assistant_end":
            if message["type"] == "audio_output":
                with wave.open(BytesIO(b64decode(message["data"]))) as file:
                    heard.append(file.readframes(file.getnframes()))
    assert heard[0] == CLICK
    assert len(heard) > 1


def test_a_simulation_has_the_sounds(evi: Evi) -> None:
    """Its script's are given to the world."""
    evi.simulate(script=SCRIPT, user=["Hello"])
    assert spoken(evi) == CLICK


def test_the_command_sends_the_sounds(evi: Evi, path: Path) -> None:
    """They are read where the command runs."""
    arguments = ["--url", evi.url, "--api-key", evi.api_key, "--user", "Hello"]
    assert main(["simulate", str(path), *arguments]) == 0
    assert spoken(evi) == CLICK
