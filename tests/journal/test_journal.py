"""The journal itself."""

from emulator.clock import ManualClock
from emulator.contract.findings import find
from emulator.journal.journal import Journal
from tests.journal.made import frame_entry, http_entry


def filled(limit: int = 10, most_bytes: int = 1000) -> Journal:
    journal = Journal(ManualClock(0), limit, most_bytes)
    for number in range(4):
        journal.add(http_entry(path=str(number), request=b"x" * 99))
    return journal


def numbers(journal: Journal) -> list[int]:
    return [int(entry["path"]) for entry in journal.entries()]


def test_forgetting() -> None:
    """What is forgotten counts neither as dropped nor against the bound, and its number is gone."""
    journal = filled(most_bytes=450)
    journal.forget({1, 3})
    assert (numbers(journal), journal.dropped) == ([1, 3], 0)
    journal.add(http_entry(path="4", request=b"x" * 199))
    assert (numbers(journal), journal.dropped, journal.seq) == ([1, 3, 4], 0, 5)
    journal.add(http_entry(path="5", request=b"x" * 99))
    assert (numbers(journal), journal.dropped) == ([3, 4, 5], 1)


def test_those_who_watch_go_on() -> None:
    """They are told of what comes after something was forgotten."""
    journal, told = filled(), list[int]()
    journal.watchers.append(lambda: told.append(journal.seq))
    journal.forget(range(100))
    journal.add(http_entry(path="4"))
    assert (told, numbers(journal)) == ([5], [4])


def test_findings_count() -> None:
    """Each takes room."""
    journal = Journal(ManualClock(0), 10, most_bytes=5_000)
    for _ in range(2):
        journal.add(frame_entry(findings=(find("socket_unread", ("socket",)),) * 4))
    assert (len(list(journal.entries())), journal.dropped) == (1, 1)


def test_kept_and_shown() -> None:
    """As they are kept, bodies are bytes with keys in them."""
    journal = Journal(ManualClock(0), 10)
    journal.add(http_entry(query=b"api_key=s3cret", request_headers=b"authorization\ns3cret"))
    [kept], [shown] = list(journal.kept()), list(journal.entries())
    assert kept.fields()["query"] == b"api_key=s3cret"
    assert shown["query"] == "api_key=(hidden)"
    assert shown["request_headers"] == {"authorization": "(hidden)"}
