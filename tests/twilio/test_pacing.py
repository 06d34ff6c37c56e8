"""The time of a call: real, or moved."""

import asyncio

from emulator.clock import ManualClock
from emulator.twilio.pacing import RealTime
from tests.twilio.moved_time import MovedTime


def test_real_time_that_has_passed() -> None:
    """Is not waited for, but others run meanwhile."""

    async def main() -> list[str]:
        seen: list[str] = []
        asyncio.get_running_loop().call_soon(seen.append, "other")
        await RealTime(ManualClock(1_000)).until(900)
        return seen

    assert asyncio.run(main()) == ["other"]


def test_real_time_to_come() -> None:
    """Is waited for."""
    time = RealTime()
    begin = time.now_ms()
    asyncio.run(time.until(begin + 20))
    assert time.now_ms() >= begin + 19


def test_time_that_is_moved() -> None:
    """Moves a clock forwards, and never back."""
    clock = ManualClock(1_000)
    time = MovedTime(clock, clock.move_to, tick_s=0)
    asyncio.run(time.until(1_020, is_waiting=True))
    assert (time.now_ms(), clock.now_ms()) == (1_020, 1_020)
    asyncio.run(time.until(500))
    assert time.now_ms() == 1_020
