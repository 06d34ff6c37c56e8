"""Timers, and a world's clock that stops for each of them."""

from collections.abc import Callable

from emulator.clock import ManualClock, WorldClock
from emulator.settings import Settings
from emulator.timers import Timers
from emulator.world.snapshot import Seed
from emulator.world.world import World

NOW = 1_000


def timers() -> tuple[ManualClock, Timers, list[str], Callable[[str], Callable[[], None]]]:
    """Timers of a clock that stands still, with a log and a maker of callbacks that write it."""
    clock = ManualClock(NOW)
    log: list[str] = []
    return clock, Timers(clock), log, lambda name: lambda: log.append(name)


def frozen_world() -> World:
    world = World("key", Seed("user", {}), Settings(), clock=WorldClock(ManualClock(NOW)))
    world.freeze()
    return world


def test_timers_run_in_order_when_due() -> None:
    """Those due run in the order of their times, then of their making; the others wait."""
    clock, timers_, log, writes = timers()
    for name, due_ms in (("c", 1_300), ("a", 1_100), ("d", 1_301), ("b1", 1_200), ("b2", 1_200)):
        timers_.at(due_ms, writes(name))
    timers_.run_due()
    assert log == []

    clock.move_to(1_300)
    timers_.run_due()
    assert log == ["a", "b1", "b2", "c"]
    assert timers_.next_due_ms == 1_301


def test_a_cancelled_timer_never_runs() -> None:
    """It is no longer the next, and cancelling twice, or nothing, is no mistake."""
    clock, timers_, log, writes = timers()
    first = timers_.at(1_100, writes("first"))
    timers_.at(1_200, writes("second"))
    timers_.cancel(first)
    timers_.cancel(first)
    timers_.cancel(None)
    assert timers_.next_due_ms == 1_200

    clock.move_to(2_000)
    timers_.run_due()
    assert log == ["second"]
    assert timers_.next_due_ms is None


def test_what_never_runs_again_is_freed() -> None:
    """A timer that has run, or was cancelled or cleared, no longer holds what it was to call."""
    clock, timers_, log, writes = timers()
    made = {name: timers_.at(1_100, writes(name)) for name in ("cancelled", "ran")}
    timers_.cancel(made["cancelled"])
    clock.move_to(1_100)
    timers_.run_due()
    made["cleared"] = timers_.at(1_200, writes("cleared"))
    timers_.clear()

    for timer in made.values():
        timer.callback()
    assert (log, made["cleared"].cancelled) == (["ran"], True)


def test_a_timer_can_cancel_the_next() -> None:
    """What one callback cancels does not run, though it was due as well."""
    clock, timers_, log, writes = timers()
    timers_.at(1_100, lambda: timers_.cancel(second))
    second = timers_.at(1_100, writes("second"))
    clock.move_to(2_000)
    timers_.run_due()
    assert log == []


def test_a_timer_that_is_overdue_when_it_is_made_runs_at_once() -> None:
    """What a callback asks for in the past runs in the same go, after what was due before."""
    clock, timers_, log, writes = timers()

    def ask_for_the_past() -> None:
        timers_.at(900, writes("past"))

    timers_.at(1_000, ask_for_the_past)
    timers_.at(1_000, writes("present"))
    timers_.run_due()
    assert log == ["past", "present"]


def test_changes_of_the_next_time_are_told() -> None:
    """on_change is called for a timer that goes before all others, and for none behind it."""
    _, timers_, log, writes = timers()
    timers_.on_change = writes("changed")
    timers_.at(1_500, writes("a"))
    timers_.at(1_600, writes("b"))
    assert log == ["changed"]
    timers_.at(1_400, writes("c"))
    assert log == ["changed", "changed"]
    timers_.clear()
    assert log == ["changed"] * 3
    assert timers_.next_due_ms is None


def test_advancing_stops_at_each_due_time() -> None:
    """The clock stands at a timer's time while that runs, and ends where it was to go."""
    world, seen = frozen_world(), []

    def look() -> None:
        seen.append(world.clock.now_ms())

    def again() -> None:
        look()
        world.timers.at(world.clock.now_ms() + 400, look)

    world.timers.at(1_100, again)
    world.timers.at(1_300, look)
    world.timers.at(1_300, look)
    world.timers.at(2_001, look)

    stops = [world.clock.now_ms() for _ in world.advancing(1_000)]
    assert stops == [1_100, 1_300, 1_500]
    assert seen == [1_100, 1_300, 1_300, 1_500]
    assert world.clock.now_ms() == 2_000
    assert world.timers.next_due_ms == 2_001


def test_advancing_by_nothing_runs_what_is_due() -> None:
    """A timer that is due now runs, and the time stays."""
    world = frozen_world()
    log: list[str] = []
    world.timers.at(NOW, lambda: log.append("due"))
    assert len(list(world.advancing(0))) == 1
    assert (log, world.clock.now_ms()) == (["due"], NOW)


def test_the_journal_has_what_the_clock_was_told() -> None:
    """Freezing, advancing and resuming are entries, each with the mode that follows."""
    world = frozen_world()
    list(world.advancing(250))
    world.resume()
    shown = [
        (entry["action"], entry["mode"], entry.get("ms"), entry["at_ms"])
        for entry in world.journal.entries(kind="clock")
    ]
    assert shown == [
        ("freeze", "manual", None, 1_000),
        ("advance", "manual", 250, 1_250),
        ("resume", "system", None, 1_250),
    ]


def test_a_reset_forgets_the_timers() -> None:
    """Nothing that was planned before a reset happens after it."""
    world = frozen_world()
    log: list[str] = []
    world.timers.at(1_100, lambda: log.append("ran"))
    world.reset()
    assert list(world.advancing(10_000)) == []
    assert log == []
    assert world.clock.mode == "system"
