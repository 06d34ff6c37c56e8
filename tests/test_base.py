"""Clocks, ids and hosts."""

import uuid

import pytest

from emulator.clock import LaggingClock, ManualClock, SystemClock, WorldClock
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


def test_manual_clock_never_goes_back() -> None:
    """Moving to an earlier time changes nothing."""
    clock = ManualClock(1_000)
    clock.move_to(1_500)
    clock.move_to(1_200)
    assert clock.now_ms() == 1_500


def test_world_clock_runs_with_the_wall_and_ahead_of_it() -> None:
    """It follows the wall clock, and keeps the time that it was moved forward."""
    wall = ManualClock(1_000)
    clock = WorldClock(wall)
    assert (clock.now_ms(), clock.mode) == (1_000, "system")

    clock.move_to(4_000)
    wall.advance(10)
    assert (clock.now_ms(), clock.mode) == (4_010, "system")
    clock.move_to(2_000)
    assert clock.now_ms() == 4_010


def test_world_clock_stands_and_runs_on() -> None:
    """Frozen, it moves only when it is moved; then it runs on from where it stands."""
    wall = ManualClock(1_000)
    clock = WorldClock(wall)
    clock.freeze()
    wall.advance(500)
    assert (clock.now_ms(), clock.mode) == (1_000, "manual")

    clock.move_to(1_100)
    clock.move_to(1_050)
    clock.freeze()
    assert clock.now_ms() == 1_100

    clock.resume()
    assert (clock.now_ms(), clock.mode) == (1_100, "system")
    wall.advance(5)
    assert clock.now_ms() == 1_105
    clock.resume()
    assert clock.now_ms() == 1_105


def test_world_clock_goes_back_to_the_wall() -> None:
    """A reset forgets what it was moved, and lets it run."""
    wall = ManualClock(1_000)
    clock = WorldClock(wall)
    clock.move_to(9_000)
    clock.freeze()
    clock.reset()
    assert (clock.now_ms(), clock.mode) == (1_000, "system")


def test_lagging_clock_catches_up_but_never_overtakes() -> None:
    """It stays behind by its lag, and moves forward at most to the other clock's time."""
    other = ManualClock(10_000)
    clock = LaggingClock(other, 3_000)
    assert (clock.now_ms(), clock.lag_ms) == (7_000, 3_000)

    other.advance(100)
    clock.move_to(8_000)
    assert (clock.now_ms(), clock.lag_ms) == (8_000, 2_100)
    clock.move_to(5_000)
    assert clock.now_ms() == 8_000
    clock.move_to(99_000)
    assert (clock.now_ms(), clock.lag_ms) == (10_100, 0)


def test_lagging_clock_can_be_held() -> None:
    """Held, it moves only when it is moved; let go, it runs on with the lag it has then."""
    other = ManualClock(10_000)
    clock = LaggingClock(other, 3_000)
    clock.hold()
    other.advance(500)
    assert (clock.now_ms(), clock.lag_ms) == (7_000, 3_500)
    clock.move_to(7_200)
    clock.move_to(6_000)
    assert clock.now_ms() == 7_200

    clock.let_go()
    other.advance(50)
    assert (clock.now_ms(), clock.lag_ms) == (7_250, 3_300)
    clock.hold()
    clock.move_to(99_000)
    assert clock.now_ms() == 10_550


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


def test_a_fork_of_ids_makes_the_same_ones() -> None:
    """A fork goes on as its origin would, and neither moves the other."""
    ids = IdSource()
    ids.uuid()
    fork = ids.fork()
    made = [ids.uuid(), ids.secret()]
    assert [fork.uuid(), fork.secret()] == made
    assert ids.uuid() == fork.uuid()


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
