"""Who has the folder of `--state`."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.errors import StartupError
from emulator.world import folder_lock
from emulator.world.folder_lock import FolderLock

HOLD = "; ".join([
    "import sys, pathlib",
    "from emulator.world.folder_lock import FolderLock",
    "lock = FolderLock(pathlib.Path(sys.argv[1]))",
    "print('held', flush=True)",
    "sys.stdin.read()",
])  # fmt: skip


def refusal(folder: Path) -> str:
    with pytest.raises(StartupError) as caught:
        FolderLock(folder)
    return str(caught.value)


@pytest.fixture
def holder(tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    """Another process that has the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.process
def test_another_process_is_named(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    """The message says who has the folder, and what to do."""
    assert refusal(tmp_path) == (
        f"--state {tmp_path}: expected a folder of its own, but the emulator with process id "
        f"{holder.pid} uses it; stop that one, or choose another folder"
    )


@pytest.mark.process
def test_a_killed_process_holds_nothing(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    """Its folder is free at once, and the next holder is the one that is named."""
    holder.kill()
    holder.wait()
    lock = FolderLock(tmp_path)
    assert f"process id {os.getpid()} uses it" in refusal(tmp_path)
    lock.release()


def test_a_released_folder_is_free(tmp_path: Path) -> None:
    """Releasing twice does no harm."""
    lock = FolderLock(tmp_path)
    lock.release()
    lock.release()
    FolderLock(tmp_path).release()


def test_the_locked_byte_is_not_needed_to_name_the_holder(tmp_path: Path) -> None:
    """Windows keeps it from all other processes."""
    lock = FolderLock(tmp_path)
    with (tmp_path / ".lock").open("r+b") as file:
        file.write(b"\0")
    assert f"process id {os.getpid()} uses it" in refusal(tmp_path)
    lock.release()


def test_a_holder_that_wrote_no_name(tmp_path: Path) -> None:
    """An earlier version wrote its number alone, of which the first digit may be unreadable."""
    lock = FolderLock(tmp_path)
    (tmp_path / ".lock").write_bytes(b"1234")
    assert "but another emulator uses it" in refusal(tmp_path)
    lock.release()


def test_a_file_that_can_not_be_opened(tmp_path: Path) -> None:
    """A folder has its name."""
    (tmp_path / ".lock").mkdir()
    assert refusal(tmp_path).startswith(f"cannot lock {tmp_path}: .lock: ")


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems have none; the message says so."""

    def fail(descriptor: int, *, blocking: bool) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(folder_lock, "lock_descriptor", fail)
    assert refusal(tmp_path) == f"cannot lock {tmp_path}: .lock: No locks available"


@pytest.mark.process
def test_a_server_without_state_does_without_the_library() -> None:
    """It is loaded for `--state` alone, since its import takes time."""
    code = (
        "import sys; from emulator.server import Server; from emulator.settings import Settings; "
        "Server(Settings(seed='empty', port=0)).stop(); print('filelock' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
