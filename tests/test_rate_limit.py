"""The bucket of requests, by a clock that is moved by hand."""

import pytest

from emulator.clock import WorldClock
from emulator.rate_limit import Allowance


def standing() -> WorldClock:
    clock = WorldClock()
    clock.freeze()
    return clock


def ahead(clock: WorldClock, ms: int) -> None:
    clock.move_to(clock.now_ms() + ms)


def taken(allowance: Allowance, number: int) -> list[bool]:
    return [allowance.take() for _ in range(number)]


@pytest.mark.parametrize("per_second", [1, 2, 7, 1_000])
def test_a_second_of_them_at_once(per_second: int) -> None:
    """As many as in a second, then none while the clock stands."""
    allowance = Allowance(per_second, standing())
    assert taken(allowance, per_second + 2) == [True] * per_second + [False, False]


@pytest.mark.parametrize("per_second", [1, 2, 5, 50])
def test_it_fills_as_time_passes(per_second: int) -> None:
    """One more after a part of the second, not a moment sooner."""
    clock = standing()
    allowance = Allowance(per_second, clock)
    taken(allowance, per_second)
    part_ms = 1000 // per_second
    ahead(clock, part_ms - 1)
    assert not allowance.take()
    ahead(clock, 1)
    assert taken(allowance, 2) == [True, False]


def test_it_never_holds_more_than_a_second() -> None:
    """An hour of silence saves nothing up."""
    clock = standing()
    allowance = Allowance(3, clock)
    ahead(clock, 3_600_000)
    assert taken(allowance, 4) == [True, True, True, False]


def test_refusals_cost_nothing() -> None:
    """Who asks too often is not put off for longer."""
    clock = standing()
    allowance = Allowance(1, clock)
    taken(allowance, 1_000)
    ahead(clock, 1000)
    assert allowance.take()


@pytest.mark.parametrize("per_second", [1, 3, 4])
def test_who_waits_as_long_as_it_says_is_let_in(per_second: int) -> None:
    """`wait_s` is how long until there is one again, and 0 if there is one."""
    clock = standing()
    allowance = Allowance(per_second, clock)
    assert allowance.wait_s == 0
    taken(allowance, per_second)
    assert not allowance.take()
    assert allowance.wait_s == pytest.approx(1 / per_second)
    ahead(clock, round(allowance.wait_s * 1000 + 0.5))
    assert allowance.take()


def test_a_clock_that_is_put_back() -> None:
    """Time that goes back takes nothing away: what is left can be used."""
    clock = standing()
    allowance = Allowance(2, clock)
    allowance.take()
    clock.write((0, clock.now_ms() - 3_600_000))
    assert taken(allowance, 2) == [True, False]
