"""Worlds that outlive their server."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from emulator.apis.evi.state import EviState
from emulator.apis.voices.state import VoicesState
from emulator.errors import ApiError, StartupError
from emulator.jsontext import read
from emulator.server import Server
from emulator.settings import Settings
from emulator.testing.emulator import Emulator
from emulator.world import state_folder as keeper
from emulator.world.snapshot_document import write_snapshot
from emulator.world.world import World
from tests.outgoing.calls import ask
from tests.world.snapshots.calls import READER, StoredWorld

pytestmark = pytest.mark.slow

PATIENCE_S = 10


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[StoredWorld]:
    kept = StoredWorld(tmp_path)
    yield kept
    kept.keeper.close()


def path_of(folder: Path, world: World) -> Path:
    return folder / f"{world.reference}.json"


def heard(kept: StoredWorld, key: str = "key") -> list[str]:
    return list(kept.worlds.get(key).state(EviState).heard)


# what is kept, and when


def test_a_world_is_as_it_was_left(tmp_path: Path, kept: StoredWorld) -> None:
    """The next server goes on where the last one ended, world by world."""
    kept.worlds.get("one").state(EviState).heard.append("first")
    kept.worlds.get("two").state(EviState).heard.append("second")
    kept.worlds.get("three")
    kept.end()

    again = StoredWorld(tmp_path)
    assert [heard(again, key) for key in ("one", "two", "three")] == [["first"], ["second"], []]
    again.end()


def test_a_world_keeps_its_name(tmp_path: Path, kept: StoredWorld) -> None:
    """One that returns to the snapshot of another world does not take that world's name."""
    named = kept.worlds.get("one")
    named.rename("shop")
    other = kept.worlds.get("two")
    other.restore(named.snapshot())
    kept.end()
    again = StoredWorld(tmp_path)
    assert [again.worlds.get(key).name for key in ("one", "two")] == ["shop", None]
    again.end()


def test_files_are_for_their_owner_alone(tmp_path: Path, kept: StoredWorld) -> None:
    """Also one that an earlier version has left for all to read, before it changes."""
    world = kept.worlds.get("one")
    world.state(EviState).heard.append("first")
    kept.end()
    path = path_of(tmp_path, world)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    again = StoredWorld(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    again.end()


def test_only_what_has_changed_is_written(tmp_path: Path, kept: StoredWorld) -> None:
    """A world that was looked at only has no file; one that did not change keeps its file."""
    world = kept.worlds.get("key")
    kept.write()
    assert not path_of(tmp_path, world).exists()

    world.state(EviState).heard.append("x")
    kept.write()
    before = path_of(tmp_path, world).stat()
    world.state(EviState).chats.find_chat("nobody")
    world.snapshot()  # as others may, too
    kept.write()
    after = path_of(tmp_path, world).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def set_metadata(world: World) -> None:
    chat = next(iter(world.state(EviState).chats.all_chats()))
    world.state(EviState).chats.set_metadata(chat["id"], "{}")


VOICE = {"id": "v", "provider": "x", "name": "x"}
CHANGES: dict[str, Callable[[World], Any]] = {
    "store": lambda world: world.state(EviState).prompts.create("p", "x", {}, 1),
    "voices": lambda world: world.state(VoicesState).voices.add(VOICE),
    "chats": set_metadata,
    "ids": lambda world: world.ids.uuid(),
    "clock": lambda world: world.freeze(),
    "advance": lambda world: list(world.advancing(1)),
    "rule": lambda world: world.faults.add("webhook", "drop"),
    "heard": lambda world: world.state(EviState).heard.append("x"),
    "script": lambda world: world.state(EviState).script.on_anything().say("x"),
    "reset": lambda world: world.reset(),
    "name": lambda world: world.rename("shop"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_seen(kept: StoredWorld, change: str) -> None:
    """Also if somebody took a snapshot in between; and once it is written it is none any more."""
    world = kept.worlds.get("key")
    CHANGES[change](world)
    world.snapshot()
    kept.write()
    [path] = [each for each in kept.keeper._folder.iterdir() if each.suffix == ".json"]
    assert path.read_bytes() == write_snapshot(world.snapshot())
    assert world.is_as_in(kept.keeper._kept[world.reference].last)


def test_a_forgotten_world_begins_anew(tmp_path: Path, kept: StoredWorld) -> None:
    """Its file goes too, for this server and for the next."""
    world = kept.worlds.get("key")
    world.state(EviState).heard.append("x")
    kept.write()
    kept.worlds.drop(world)
    assert heard(kept) == []
    kept.end()
    assert not path_of(tmp_path, world).exists()


def test_a_reset_world_is_kept_as_its_seed(tmp_path: Path, kept: StoredWorld) -> None:
    """What it was before does not come back."""
    world = kept.worlds.get("key")
    world.state(EviState).heard.append("x")
    kept.write()
    world.reset()
    kept.end()
    again = StoredWorld(tmp_path)
    assert heard(again) == []
    again.end()


def test_the_key_is_in_no_file(tmp_path: Path, kept: StoredWorld) -> None:
    """Neither in its name nor in what it says."""
    kept.worlds.get("secret-key").state(EviState).heard.append("x")
    kept.end()
    for path in tmp_path.iterdir():
        assert "secret-key" not in path.name
        assert b"secret-key" not in path.read_bytes()


def test_what_can_not_be_written_is_told_once(
    tmp_path: Path, kept: StoredWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """And tried again until it can."""
    world = kept.worlds.get("key")
    path = path_of(tmp_path, world)
    path.mkdir()
    world.state(EviState).heard.append("x")
    kept.write()
    kept.write()
    [record] = caplog.records
    assert record.getMessage() == f"cannot write {path}: Is a directory"
    path.rmdir()
    kept.write()
    assert path.is_file()


# damage


@pytest.fixture
def damaged(tmp_path: Path, kept: StoredWorld) -> Path:
    """A file of which the end is missing."""
    world = kept.worlds.get("key")
    world.state(EviState).heard.append("x")
    kept.end()
    path = path_of(tmp_path, world)
    path.write_bytes(path.read_bytes()[:-100])
    return path


def test_damage_stops_the_start(tmp_path: Path, damaged: Path) -> None:
    """It says which file and why, leaves it as it is, and lets go of the folder."""
    before = damaged.read_bytes()
    for _ in range(2):
        with pytest.raises(StartupError, match=f"{damaged.name}: expected a whole JSON document"):
            StoredWorld(tmp_path)
    assert damaged.read_bytes() == before


def test_damage_that_is_done_later_is_answered(tmp_path: Path, kept: StoredWorld) -> None:
    """The world's requests say what is wrong until it is mended; nothing is written there."""
    kept.worlds.get("key").state(EviState).heard.append("x")
    kept.end()
    again = StoredWorld(tmp_path)
    [path] = tmp_path.glob("*.json")
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"x"', b'"y"'))
    for _ in range(2):
        with pytest.raises(ApiError) as caught:
            again.worlds.get("key")
        assert (caught.value.status, caught.value.body["code"]) == (500, "state_damaged")
        assert f"{path.name}: /checksum: " in str(caught.value.body["message"])
    again.write()
    assert path.read_bytes() == good.replace(b'"x"', b'"y"')

    path.write_bytes(good)
    assert heard(again) == ["x"]
    again.end()


def test_other_files_are_let_be(tmp_path: Path) -> None:
    """Only worlds are read; what a killed server did not finish is swept away."""
    (tmp_path / "notes.json").write_text("mine")
    (tmp_path / f".x.json.{'0' * 32}.tmp").write_text("half")
    StoredWorld(tmp_path).end()
    assert {path.name for path in tmp_path.iterdir()} == {"notes.json", ".lock"}


def test_a_folder_is_for_one_server(tmp_path: Path, kept: StoredWorld) -> None:
    """The second is refused and told who has it; afterwards it is free."""
    with pytest.raises(StartupError) as caught:
        StoredWorld(tmp_path)
    assert f"the emulator with process id {os.getpid()} uses it" in str(caught.value)
    kept.end()
    StoredWorld(tmp_path).end()


# with a server


def client(server: Server | Emulator, key: str = "key") -> httpx.Client:
    headers = {"X-Hume-Api-Key": key}
    return httpx.Client(base_url=server.url, headers=headers, trust_env=False)


def test_a_restart_is_not_noticed(tmp_path: Path) -> None:
    """What one server was told, the next one knows."""
    settings = Settings(port=0, state=str(tmp_path / "worlds"), random_seed=1)
    with Server(settings) as server, client(server) as remote:
        prompt = ask(remote, "POST", "/v0/evi/prompts", {"name": "a", "text": "b"}, 201)
    with Server(settings) as server, client(server) as remote:
        found = ask(remote, "GET", f"/v0/evi/prompts/{prompt['id']}/version/0")
        other = ask(remote, "POST", "/v0/evi/prompts", {"name": "a", "text": "b"}, 201)
    assert (found["name"], other["id"] == prompt["id"]) == ("a", False)


def test_a_change_is_written_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the server goes on."""
    monkeypatch.setattr(keeper, "PAUSE_S", 0.01)
    with Server(Settings(port=0, state=str(tmp_path))) as server, client(server) as remote:
        ask(remote, "POST", "/_emulator/heard", {"text": "x"})
        give_up = monotonic() + PATIENCE_S
        found: list[Any] = []
        while found != [["x"]] and monotonic() < give_up:
            found = [read(path.read_bytes())["world"]["heard"] for path in tmp_path.glob("*.json")]
        assert found == [["x"]]


def test_worlds_of_tests_are_not_kept(tmp_path: Path) -> None:
    """They are fresh each time, even with a key of one's own."""
    with Emulator(state=str(tmp_path)) as server:
        server.world("mine").hear("x")
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_server_that_does_not_start_lets_go(tmp_path: Path) -> None:
    """Of the folder, whether it fails later or is never served."""
    with Server(Settings(port=0)) as other:
        taken = int(other.url.rsplit(":", 1)[1])
        with pytest.raises(StartupError, match="cannot listen"):
            Server(Settings(port=taken, state=str(tmp_path)))
    for _ in range(2):
        Server(Settings(port=0, state=str(tmp_path))).stop()


def test_worlds_are_exported_at_the_end(tmp_path: Path) -> None:
    """Each that was used, in a document that can be put back."""
    with Emulator(export_on_exit=str(tmp_path / "out")) as server, client(server) as remote:
        ask(remote, "POST", "/_emulator/heard", {"text": "x"})
        server.world("mine").hear("y")
    snapshots = [READER.read(path.read_bytes()) for path in (tmp_path / "out").iterdir()]
    assert sorted(list(each.state(EviState).heard) for each in snapshots) == [["x"], ["y"]]


@pytest.mark.parametrize("setting", ["state", "export_on_exit"])
def test_a_folder_that_can_not_be_stops_the_start(tmp_path: Path, setting: str) -> None:
    """At once, not when there is something to write."""
    (tmp_path / "file").touch()
    flag = "--" + setting.replace("_", "-")
    settings: dict[str, Any] = {setting: str(tmp_path / "file" / "x")}
    with pytest.raises(StartupError, match=re.escape(f"{flag} expected a folder that can be")):
        Emulator(**settings)


def test_a_damaged_world_is_answered_over_http(tmp_path: Path) -> None:
    """With what is wrong, and what to do."""
    settings = Settings(port=0, state=str(tmp_path))
    with Server(settings) as server, client(server) as remote:
        ask(remote, "POST", "/_emulator/heard", {"text": "x"})
    with Server(settings) as server, client(server) as remote:
        [path] = tmp_path.glob("*.json")
        path.write_bytes(b"")
        answer = ask(remote, "GET", "/_emulator/clock", status=500)
        with client(server, "other") as other:
            ask(other, "GET", "/_emulator/clock")
    assert answer["code"] == "state_damaged"
    assert path.name in answer["message"]
    assert path.read_bytes() == b""
