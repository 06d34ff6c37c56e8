"""Runs of audio in the journal."""

import pytest

from emulator.clock import ManualClock
from emulator.contract.findings import find
from emulator.journal.audio_run import LONGEST_MS, MOST_FRAMES, AudioRun
from emulator.journal.journal import Journal
from emulator.jsontext import JsonText
from tests.journal.made import http_entry


def frame(size: int) -> dict[str, object]:
    return {"type": "audio", "bytes": size}


def hear(journal: Journal, run: AudioRun, *sizes: int) -> None:
    for size in sizes:
        journal.add_audio(run, frame(size), size, 0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(5_000)


@pytest.fixture
def journal(clock: ManualClock) -> Journal:
    return Journal(clock, 10)


def test_one_entry_for_a_run(journal: Journal, clock: ManualClock) -> None:
    """The entry comes when the run is over; it says which frames there were, and when."""
    run = AudioRun("c", "audio", joined=False)
    journal.add(http_entry())
    hear(journal, run, 3, 4)
    clock.move_to(5_040)
    hear(journal, run, 5)
    assert [each["seq"] for each in journal.entries()] == [1]

    journal.end_run(run)
    [_, entry] = journal.entries()
    assert entry == {
        "seq": 5, "kind": "frame", "at_ms": 5_040, "chat_id": "c", "direction": "in",
        "content": {"type": "audio", "bytes": 12},
        "run": {"first_seq": 2, "count": 3, "bytes": 12, "first_ms": 5_000, "last_ms": 5_040},
    }  # fmt: skip


def test_numbers_without_an_entry(journal: Journal) -> None:
    """Frames take numbers, but they were not dropped; the last number is that of an entry."""
    run = AudioRun("c", "audio", joined=False)
    journal.add(http_entry())
    hear(journal, run, 1, 1)
    assert (journal.dropped, journal.seq, journal.last_seq) == (0, 3, 1)
    journal.end_run(run)
    assert (journal.dropped, journal.seq, journal.last_seq) == (0, 4, 4)
    for _ in range(10):
        journal.add(http_entry())
    assert journal.dropped == 2


def test_a_run_ends_once(journal: Journal) -> None:
    """Whoever asks again changes nothing."""
    run = AudioRun("c", "audio", joined=True)
    hear(journal, run, 1)
    journal.end_runs()
    journal.end_run(run)
    journal.end_runs()
    [entry] = journal.entries()
    assert entry["joined"]


def test_frames_one_by_one(journal: Journal) -> None:
    """Those of runs that are over and of open ones, among the other entries, in order."""
    ours, theirs = AudioRun("c", "audio", joined=False), AudioRun("d", "audio", joined=False)
    hear(journal, ours, 1)
    hear(journal, theirs, 2)
    journal.add(http_entry())
    hear(journal, ours, 4)
    journal.end_run(theirs)

    singly = list(journal.singly())
    assert [each["seq"] for each in singly] == [1, 2, 3, 4]
    assert singly[1] == {
        "seq": 2, "kind": "frame", "at_ms": 5_000, "chat_id": "d", "direction": "in",
        "content": frame(2),
    }  # fmt: skip
    assert [each["seq"] for each in journal.singly(after=1, chat_id="c")] == [4]
    assert [each["seq"] for each in journal.singly(kind="http")] == [3]
    assert not list(journal.singly(kind="frame", direction="out"))


def test_frames_that_are_alike_are_kept_once(journal: Journal) -> None:
    """A microphone's frames have one size, so what is shown of them is the same object."""
    run = AudioRun("c", "audio", joined=False)
    hear(journal, run, 640, 640, 641)
    first, second, third = (each.content for each in run.frames)
    assert first is second
    assert third == frame(641)


def test_what_belongs_to_a_run() -> None:
    """Frames of one type with the same findings, for 1 s, and 1,000 of them at most."""
    clock = ManualClock(0)
    journal, found = Journal(clock, 10), (find("socket_unread", ("socket",)),)
    run = AudioRun("c", "audio", joined=False)
    hear(journal, run, 1)
    assert run.accepts("audio", (), LONGEST_MS - 1)
    assert not run.accepts("audio", (), LONGEST_MS)
    assert not run.accepts("audio_input", (), 0)
    assert not run.accepts("audio", found, 0)
    hear(journal, run, *[1] * (MOST_FRAMES - 1))
    assert not run.accepts("audio", (), 0)


def test_runs_have_a_size() -> None:
    """The frames of a run count against the bytes that a journal keeps."""
    journal = Journal(ManualClock(0), 10, most_bytes=4_000)
    for _ in range(2):
        run = AudioRun("c", "audio", joined=False)
        hear(journal, run, *[1] * 100)
        journal.end_run(run)
    assert (len(list(journal.entries())), journal.dropped) == (1, 1)


def test_long_messages_count() -> None:
    """What is shown of a message may be 4,000 bytes long; one that comes again is kept once."""
    journal = Journal(ManualClock(0), 10)
    run = AudioRun("c", "audio_input", joined=False, is_binary=False)
    for number in (1, 2, 2):
        journal.add_audio(run, JsonText(b'"%05000d"' % number), 6, 8)
    assert run.size == 800 + 3 * 30 + 2 * 5_002


def test_what_a_run_of_messages_shows(journal: Journal) -> None:
    """Messages with sound are counted in characters, as one of them is; findings stand once."""
    found = (find("socket_unread", ("socket",)),)
    run = AudioRun("c", "audio_input", joined=False, is_binary=False, findings=found)
    for _ in range(2):
        content = {"type": "audio_input", "data": "(8 characters)"}
        journal.add_audio(run, content, 6, 8)
    journal.end_run(run)
    [entry] = journal.entries()
    assert entry["content"] == {"type": "audio_input", "data": "(16 characters)"}
    assert entry["run"]["bytes"] == 12
    assert [each["code"] for each in entry["findings"]] == ["socket_unread"]
