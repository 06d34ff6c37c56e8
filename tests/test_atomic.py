"""Files are written whole, whatever happens meanwhile."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from emulator.atomic import make_folder, remove, remove_leftovers, write_whole
from emulator.errors import StartupError
from emulator.ids import derived_random

KILLS = 100
AT_ONCE = 4
PARTS = 20
# Forks a writer for each line, which says to where it writes and to where it tells of it.
WRITERS = f"""
import os, signal, sys
from itertools import count
from pathlib import Path
from emulator.atomic import write_whole
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    if process := os.fork():
        print(process, flush=True)
        continue
    path, told = line.rstrip().split(chr(9))
    with open(told, "w") as told:
        for number in count():
            write_whole(Path(path), [f"{{number}} ".encode() * 100] * {PARTS})
            print(number, file=told, flush=True)
"""


def test_a_file_is_made_and_replaced(tmp_path: Path) -> None:
    """Part by part; nothing else stays in the folder."""
    path = tmp_path / "file"
    for content in ([b"old"], [b"n", b"", b"ew"]):
        write_whole(path, content)
        assert path.read_bytes() == b"".join(content)
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_changes_nothing(tmp_path: Path) -> None:
    """A content that breaks off leaves the old file, and no other."""
    path = tmp_path / "file"
    write_whole(path, [b"old"])

    def broken() -> Iterator[bytes]:
        yield b"ne"
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is ours
        write_whole(path, broken())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    """From its first byte on, though others could read the one before."""
    path = tmp_path / "file"
    write_whole(path, [b"old"])
    path.chmod(0o666)

    def content() -> Iterator[bytes]:
        [temporary] = tmp_path.glob(".file.*.tmp")
        yield oct(temporary.stat().st_mode & 0o777).encode()

    write_whole(path, content(), private=True)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"0o600", 0o600)


def test_a_link_stays_one(tmp_path: Path) -> None:
    """What it leads to is replaced."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_whole(link, [b"new"])
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")


def test_files_are_removed(tmp_path: Path) -> None:
    """One that is not there is no mistake."""
    path = tmp_path / "file"
    write_whole(path, [b"old"])
    remove(path)
    remove(path)
    assert not path.exists()


def test_a_folder_is_made(tmp_path: Path) -> None:
    """With those above it; one that is there is left as it is."""
    folder = tmp_path / "a" / "b"
    assert make_folder(str(folder), "--state") == folder
    write_whole(folder / "file", [b"x"])
    make_folder(str(folder), "--state")
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_folder_that_can_not_be(tmp_path: Path) -> None:
    """It is refused with the flag, the folder and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(StartupError, match=r"--state expected a folder .*file/x: Not a directory"):
        make_folder(str(tmp_path / "file" / "x"), "--state")


@pytest.mark.process
def test_a_killed_writer_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """Killed at a hundred moments: the file is as it was written last, or as it was to be next."""
    moments = derived_random("kills")
    folder = make_folder(str(tmp_path / "files"), "--state")
    with writers() as start:
        for first in range(0, KILLS, AT_ONCE):
            paths = [folder / str(first + number) for number in range(AT_ONCE)]
            started = [start(path, tmp_path / path.name) for path in paths]
            for path, (process, told) in zip(paths, started, strict=True):
                number = kill(process, told, moments.randrange(4), moments.uniform(0, 0.004))
                assert written(path) in (number, number + 1)
    remove_leftovers(folder)
    assert sorted(int(path.name) for path in folder.iterdir()) == list(range(KILLS))


@contextmanager
def writers() -> Iterator[Callable[[Path, Path], tuple[int, TextIO]]]:
    """Starts a writer of the first file; returns its process and what it tells by the second."""
    command = [sys.executable, "-c", WRITERS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        to_server, of_server = server.stdin, server.stdout

        def start(path: Path, told: Path) -> tuple[int, TextIO]:
            os.mkfifo(told)
            to_server.write(f"{path}\t{told}\n")
            return int(of_server.readline()), told.open()

        yield start


def kill(process: int, told: TextIO, lines: int, more_s: float) -> int:
    """Kill it some time after it has told of so many writings; the last one that it told of."""
    with told:
        for _ in range(lines + 1):
            assert told.readline()
        moment = time.perf_counter() + more_s
        while time.perf_counter() < moment:
            pass
        os.kill(process, signal.SIGKILL)
        numbers = [line for line in told if line.endswith("\n")]
    return int(numbers[-1]) if numbers else lines


def written(path: Path) -> int:
    """The number that all of the file says."""
    words = path.read_text().split(" ")
    assert words.pop() == ""
    assert len(words) == 100 * PARTS
    [number] = set(words)
    return int(number)
