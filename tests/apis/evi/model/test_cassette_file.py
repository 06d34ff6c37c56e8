"""A cassette that can't be used stops the start, of a server or of a world."""

from pathlib import Path

import pytest

from emulator.apis.evi.model.cassette_file import check_cassette
from emulator.errors import UsageError
from emulator.server import new_app
from emulator.settings import Settings
from emulator.testing.emulator import Emulator


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    """Nothing could be added."""
    settings = Settings(model_cassette=str(tmp_path / "none" / "c.jsonl"))
    with pytest.raises(UsageError, match="must be in a folder that is there"):
        new_app(settings)
    new_app(Settings(model_cassette=str(tmp_path / "c.jsonl")))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Whatever the mode."""
    with pytest.raises(UsageError, match="must be a file"):
        check_cassette(Settings(model_cassette=str(tmp_path)))


def test_a_replay_needs_the_file(tmp_path: Path) -> None:
    """It asks nobody."""
    path = tmp_path / "c.jsonl"
    settings = Settings(model_cassette=str(path), model_cassette_mode="replay")
    with pytest.raises(UsageError, match="record it first"):
        check_cassette(settings)
    path.touch()
    check_cassette(settings)


def test_it_must_be_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it is only replayed."""
    path = tmp_path / "c.jsonl"
    path.touch()
    monkeypatch.setattr("os.access", lambda path, mode: mode == 4)
    with pytest.raises(UsageError, match="must be writable"):
        check_cassette(Settings(model_cassette=str(path)))
    check_cassette(Settings(model_cassette=str(path), model_cassette_mode="replay"))


def test_a_world_of_its_own(evi_server: Emulator, tmp_path: Path) -> None:
    """Refused as the server is."""
    with pytest.raises(UsageError, match="must be in a folder"):
        evi_server.world(model_cassette=str(tmp_path / "none" / "c.jsonl"))
