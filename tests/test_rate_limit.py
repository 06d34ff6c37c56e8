"""The bucket of requests, by a clock that is moved by hand."""

import pytest

from emulator.clock import WorldClock
from emulator.rate_limit import RateLimit


def standing() -> WorldClock:
    clock = WorldClock()
    clock.freeze()
    return clock


def ahead(clock: WorldClock, ms: int) -> None:
    clock.move_to(clock.now_ms() + ms)


def taken(rate_limit: RateLimit, number: int) -> list[bool]:
    return [rate_limit.take() for _ in range(number)]


@pytest.mark.parametrize("per_second", [1, 2, 7, 1_000])
def test_a_second_of_them_at_once(per_second: int) -> None:
    """As many as in a second, then none while the clock stands."""
    rate_limit = RateLimit(per_second, standing())
    assert taken(rate_limit, per_second + 2) == [True] * per_second + [False, False]


@pytest.mark.parametrize("per_second", [1, 2, 5, 50])
def test_it_fills_as_time_passes(per_second: int) -> None:
    """One more after a part of the second, not a moment sooner."""
    clock = standing()
    rate_limit = RateLimit(per_second, clock)
    taken(rate_limit, per_second)
    part_ms = 1000 // per_second
    ahead(clock, part_ms - 1)
    assert not rate_limit.take()
    ahead(clock, 1)
    assert taken(rate_limit, 2) == [True, False]


def test_it_never_holds_more_than_a_second() -> None:
    """An hour of silence saves nothing up."""
    clock = standing()
    rate_limit = RateLimit(3, clock)
    ahead(clock, 3_600_000)
    assert taken(rate_limit, 4) == [True, True, True, False]


def test_refusals_cost_nothing() -> None:
    """Who asks too often is not put off for longer."""
    clock = standing()
    rate_limit = RateLimit(1, clock)
    taken(rate_limit, 1_000)
    ahead(clock, 1000)
    assert rate_limit.take()


@pytest.mark.parametrize("per_second", [1, 3, 4])
def test_who_waits_as_long_as_it_says_is_let_in(per_second: int) -> None:
    """`wait_s` is how long until there is one again, and 0 if there is one."""
    clock = standing()
    rate_limit = RateLimit(per_second, clock)
    assert rate_limit.wait_s == 0
    taken(rate_limit, per_second)
    assert not rate_limit.take()
    assert rate_limit.wait_s == pytest.approx(1 / per_second)
    ahead(clock, round(rate_limit.wait_s * 1000 + 0.5))
    assert rate_limit.take()


def test_a_clock_that_is_put_back() -> None:
    """Time that goes back takes nothing away: what is left can be used."""
    clock = standing()
    rate_limit = RateLimit(2, clock)
    rate_limit.take()
    clock.write((0, clock.now_ms() - 3_600_000))
    assert taken(rate_limit, 2) == [True, False]
