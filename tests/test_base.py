"""Clocks, ids and hosts."""

import uuid

import pytest

from emulator.clock import ManualClock, SystemClock
from emulator.hosts import is_loopback
from emulator.ids import IdSource, derived_random, derived_uuid


def test_manual_clock_moves_only_when_told() -> None:
    """A manual clock stands still, and is advanced in ms."""
    clock = ManualClock(1_000)
    assert (clock.now_ms(), clock.now_ms()) == (1_000, 1_000)

    clock.advance(250)

    assert clock.now_ms() == 1_250


def test_system_clock_is_in_milliseconds() -> None:
    """The system clock counts ms since 1970: 13 digits between 2001 and 2286."""
    assert len(str(SystemClock().now_ms())) == 13


def test_uuids_are_version_4_and_differ() -> None:
    """Ids are lower-case version 4 UUIDs, no two alike."""
    ids = IdSource()
    made = [ids.uuid() for _ in range(200)]

    assert len(set(made)) == 200
    assert all(str(uuid.UUID(id)) == id and uuid.UUID(id).version == 4 for id in made)
    assert all(uuid.UUID(id).variant == uuid.RFC_4122 for id in made)


def test_random_seed_repeats_ids() -> None:
    """The same random seed gives the same ids in the same order, another one others."""
    first, again, other = IdSource(7), IdSource(7), IdSource(8)
    assert [first.uuid(), first.secret()] == [again.uuid(), again.secret()]
    assert first.uuid() != other.uuid()


def test_derived_values_belong_to_their_place() -> None:
    """What is derived from a place is the same every time, and another at another place."""
    assert derived_uuid("chat", 1) == derived_uuid("chat", 1) != derived_uuid("chat", 2)
    assert derived_random("a", 1).random() == derived_random("a", 1).random()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.example.com", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_hosts(host: str, expected: bool) -> None:
    """Only names and addresses of this machine count as loopback."""
    assert is_loopback(host) is expected
