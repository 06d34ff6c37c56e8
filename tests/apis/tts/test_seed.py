"""Text-to-speech's sections of a seed file."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.apis.tts.record import sound_again
from emulator.apis.voices.state import VoicesState
from emulator.audio.wav import wav_header
from emulator.errors import SeedError, SnapshotError, pointer
from emulator.jsontext import read, render
from emulator.settings import Settings
from emulator.world.snapshot_document import checksum, write_snapshot
from emulator.world.worlds import Worlds
from tests.apis.tts.speaking import AVA, DEMO
from tests.served import SEEDS, SNAPSHOTS

ONE, TWO = "1b60e1a0-cc59-424a-8d2c-189d354db3f3", "470a49f6-1dec-4afe-8b61-035d3b2d63b0"
CLICK = b"\x00\x20" * 24_000  # half a second
SPOKEN: dict[str, Any] = {"id": ONE, "created_on": 1_700_000_000_000}
SAY = {**SPOKEN, "utterances": [{"text": "Hello."}]}


def load(folder: Path, **content: Any) -> Any:
    """The world that a seed file begins."""
    path = folder / "seed.yaml"
    path.write_text(yaml.safe_dump(content))
    return Worlds(SEEDS.load(str(path), Settings())).get("k")


def test_the_demo_seed_has_a_generation() -> None:
    """In a voice that its description designed."""
    seed = SEEDS.load("demo", Settings())
    [record] = seed.state(VoicesState).generations.all()
    assert (record["id"], record["version"]) == (DEMO, "1")
    assert "voice" not in record["utterances"][0]
    assert "1 generations, 0 sounds" in SEEDS.summary(seed)


def test_a_generation_of_a_seed(tmp_path: Path) -> None:
    """It is as if it had been asked for at its time, also with a custom voice of the seed."""
    mine = {"id": TWO, "name": "Mine"}
    utterances = [{"text": "Hi.", "voice": AVA}, {"text": "Ho.", "voice": {"name": "Mine"}}]
    given = {**SPOKEN, "version": "2", "format": {"type": "wav"}, "utterances": utterances}
    world = load(tmp_path, voices=[mine], generations=[given])
    record = world.state(VoicesState).generations.find(ONE)
    assert (record["created_at"], record["version"], record["format"]) == (
        SPOKEN["created_on"],
        "2",
        "wav",
    )
    names = [each["voice"]["name"] for each in record["utterances"]]
    assert names == ["Ava Song", "Mine"]
    length, pieces = sound_again(world, record)
    assert len(b"".join(pieces)) == length


def test_ids_do_not_depend_on_when_a_seed_is_loaded(tmp_path: Path) -> None:
    """Two loads give the same records."""
    first, second = (load(tmp_path, generations=[SAY]) for _ in range(2))
    stores = (each.state(VoicesState).generations for each in (first, second))
    assert len({tuple(store.texts()) for store in stores}) == 1


def test_a_sound_of_a_seed(tmp_path: Path) -> None:
    """Its file lies beside the seed; generations of the seed have it, too."""
    (tmp_path / "click.wav").write_bytes(wav_header(len(CLICK), 48_000) + CLICK)
    sounds = [{"text": "Hello.", "file": "click.wav"}]
    world = load(tmp_path, sounds=sounds, generations=[SAY])
    assert list(world.state(VoicesState).sounds) == ["Hello."]
    record = world.state(VoicesState).generations.find(ONE)
    assert b"".join(sound_again(world, record, "pcm")[1]) == CLICK


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        ({"generations": [{**SAY, "id": "x"}]}, "/generations/0/id"),
        ({"generations": [SPOKEN]}, "utterances"),
        ({"generations": [{**SAY, "utterances": []}]}, "/generations/0/utterances"),
        ({"generations": [SAY, SAY]}, f"{ONE} is here twice"),
        ({"generations": [{**SAY, "version": "2"}]}, "Utterance 0 has no voice"),
        (
            {"generations": [{**SPOKEN, "utterances": [{"text": "a", "voice": {"name": "No"}}]}]},
            "No voice has the name 'No'",
        ),
        ({"sounds": [{"text": "a", "file": "nothing.wav"}]}, "nothing.wav"),
        (
            {"sounds": [{"text": "a", "file": "../a.wav"}]},
            "'../a.wav' leads out of the folder of seed.yaml: name a file in it or below",
        ),
        ({"sounds": [{"text": "a", "file": "/etc/hostname"}]}, "leads out of the folder"),
        ({"sounds": [{"text": "a", "file": "seed.yaml"}]}, "can't be read as sound"),
        ({"sounds": [{"text": "", "file": "a.wav"}]}, "/sounds/0/text"),
        ({"generation": []}, "did you mean 'generations'"),
    ],
    ids=str,
)
def test_mistakes(tmp_path: Path, content: dict[str, Any], mistake: str) -> None:
    """Each is told with its place."""
    with pytest.raises(SeedError) as failed:
        load(tmp_path, **content)
    assert mistake in str(failed.value)


def test_an_older_snapshot_has_no_speech() -> None:
    """A document without generations, timbres and sounds still loads."""
    world = Worlds(SEEDS.load("empty", Settings())).get("k")
    content = read(write_snapshot(world.snapshot()))
    for name in ("generations", "timbres", "sounds"):
        del content["world"][name]
    content["checksum"] = checksum(render(content["world"]))
    snapshot = SNAPSHOTS.read(render(content))
    assert snapshot.state(VoicesState).generations.ids() == []
    assert dict(snapshot.state(VoicesState).sounds) == {}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"sounds": [{"text": "a", "pcm": "no base64!"}]}, ("sounds", 0, "pcm")),
        ({"sounds": [{"text": "a", "pcm": "AAAA"}]}, ("sounds", 0, "pcm")),  # 1.5 samples
        ({"sounds": [{"text": "a", "pcm": ""}]}, ("sounds", 0, "pcm")),
        ({"generations": [{}]}, ("generations", 0, "utterances")),
    ],
    ids=str,
)
def test_mistakes_in_a_snapshot(change: Any, place: Any) -> None:
    """What can't be said is refused, and not found out when it is to be said."""
    world = Worlds(SEEDS.load("demo", Settings())).get("k")
    content = read(write_snapshot(world.snapshot()))
    (generation,) = content["world"]["generations"]
    if "generations" in change:
        change = {"generations": [{**generation, "utterances": []}]}
    content["world"].update(change)
    content["checksum"] = checksum(render(content["world"]))
    with pytest.raises(SnapshotError) as failed:
        SNAPSHOTS.read(render(content))
    assert pointer(("world", *place)) in str(failed.value)
