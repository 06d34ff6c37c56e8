"""Jobs, which wait for the world's clock, and for which an advance of the clock waits."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from emulator.clock import ManualClock, WorldClock
from emulator.settings import Settings
from emulator.world.snapshot import Seed
from emulator.world.work import Job
from emulator.world.world import World

NOW = 1_000
A_SECOND = 1_000


def run(test: Callable[[World], Coroutine[Any, Any, None]], *, frozen: bool = True) -> World:
    """Run a test in a world, by default with a frozen clock."""
    world = World("key", Seed("user", {}), Settings(), clock=WorldClock(ManualClock(NOW)))
    if frozen:
        world.freeze()

    async def bounded() -> None:
        async with asyncio.timeout(10):
            await test(world)

    asyncio.run(bounded())
    return world


async def stream(world: World, log: list[tuple[str, int]], name: str, *at_ms: int) -> bool:
    """Note the time at each of some times (ms from now); True if all of them came."""
    begin_ms = world.clock.now_ms()
    with world.working(name) as job:
        for each in at_ms:
            if not await job.reached(begin_ms + each):
                return False
            for _ in range(5):  # it takes its time
                await asyncio.sleep(0)
            log.append((name, world.clock.now_ms() - NOW))
    return True


def waits(world: World) -> list[tuple[str, int]]:
    """What the journal says that waits, and for how long."""
    entries = world.journal.entries(kind="clock", action="wait")
    return [(entry["what"], entry["ms"]) for entry in entries]


def test_an_advance_lets_out_all_that_is_due() -> None:
    """Each in order, at its own time, and nothing that is not due yet."""
    log: list[tuple[str, int]] = []

    async def test(world: World) -> None:
        times = [*range(200, 3_201, A_SECOND)]
        task = asyncio.create_task(stream(world, log, "a", *times))
        other = asyncio.create_task(stream(world, log, "b", 0, 700, 1_200))
        await asyncio.sleep(0)
        await world.advance(3_000)
        assert log == [
            ("b", 0), ("a", 200), ("b", 700), ("a", 1_200), ("b", 1_200), ("a", 2_200),
        ]  # fmt: skip
        await world.advance(200)
        assert log[-1] == ("a", 3_200)
        assert (await task, await other) == (True, True)

    run(test)


def test_a_time_that_has_come_is_not_waited_for() -> None:
    async def test(world: World) -> None:
        with world.working("a") as job:
            assert await job.reached(NOW)
            assert await job.reached(0)

    assert waits(run(test)) == []


def test_the_journal_says_what_waits() -> None:
    """Once for each wait that an advance has not ended, and for none within an advance."""

    async def test(world: World) -> None:
        task = asyncio.create_task(stream(world, [], "a", 200, 1_200, 2_200))
        await asyncio.sleep(0)
        assert waits(world) == [("a", 200)]
        await world.advance(1_500)
        assert waits(world) == [("a", 200), ("a", 700)]
        await world.advance(100)
        assert waits(world) == [("a", 200), ("a", 700)]
        await world.advance(600)
        assert await task

    assert len(waits(run(test))) == 2


def test_a_running_clock_is_waited_for_without_words() -> None:
    """A freeze stops what waits, and so the journal says it then."""

    async def test(world: World) -> None:
        task = asyncio.create_task(stream(world, [], "a", 200))
        await asyncio.sleep(0)
        assert waits(world) == []
        world.freeze()
        assert waits(world) == [("a", 200)]
        world.resume()
        await world.advance(200)
        assert await task

    run(test, frozen=False)


async def _is_told(job: Awaitable[bool], end: Callable[[], None]) -> None:
    task = asyncio.ensure_future(job)
    await asyncio.sleep(0)
    end()
    assert await task is False


def test_a_reset_ends_all_waits() -> None:
    """So does going back to a snapshot; the job may wait for nothing from then on."""

    async def test(world: World) -> None:
        snapshot = world.snapshot()
        with world.working("a") as job:
            await _is_told(job.reached(NOW + 5), world.reset)
            assert not await job.reached(0)
            world.freeze()
            await _is_told(stream(world, [], "b", A_SECOND * 9), lambda: world.restore(snapshot))
        await world.advance(10)

    run(test)


def test_a_reset_ends_an_advance_that_waits() -> None:
    """The advance does not wait for a job of the world before."""

    async def test(world: World) -> None:
        with world.working("a", patience_s=60):
            task = asyncio.create_task(world.advance(100))
            await asyncio.sleep(0)
            world.reset()
            await task

    run(test)


def test_an_advance_waits_no_longer_than_a_job_has_patience() -> None:
    """A client that reads nothing holds a stream up once, but not the clock for ever."""

    async def test(world: World) -> None:
        job = world.working("a", patience_s=0.001)
        for ms in (100, 200, 300):
            world.timers.at(NOW + ms, lambda: None)
        await world.advance(1_000)
        assert world.clock.now_ms() == NOW + 1_000
        assert job.is_overdue

    run(test)


def test_what_was_late_is_waited_for_again() -> None:
    """From its next rest on."""
    log: list[int] = []

    async def late(world: World, job: Job) -> None:
        with job:
            await job.reached(NOW + 200)
            await asyncio.sleep(0)
            log.append(world.clock.now_ms())

    async def test(world: World) -> None:
        job = world.working("a", patience_s=0.001)
        await world.advance(100)
        job.patience_s = 5
        task = asyncio.create_task(late(world, job))
        await asyncio.sleep(0)
        await world.advance(1_000)
        await task

    run(test)
    assert log == [NOW + 200]


def test_a_job_that_is_cancelled_is_forgotten() -> None:
    """Neither its timer nor an advance waits for it."""

    async def test(world: World) -> None:
        task = asyncio.create_task(stream(world, [], "a", 200))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert world.timers.next_due_ms is None
        await world.advance(1_000)

    run(test)


def test_a_task_that_never_begins_ends_its_job() -> None:
    """An advance does not wait for it."""

    async def never() -> None:
        raise AssertionError("the task was cancelled before")

    async def test(world: World) -> None:
        task = asyncio.get_running_loop().create_task(never())
        world.working("something", patience_s=60).end_with(task)
        task.cancel()
        async with asyncio.timeout(10):
            await world.advance(1_000)

    run(test)
