"""Jobs of a world, such as a streamed answer: they wait for the clock, and the clock for them."""

import asyncio
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from emulator.clock import WorldClock
from emulator.journal.entries import ClockEntry
from emulator.journal.journal import Journal
from emulator.timers import Timers
from emulator.waiting import until

PATIENCE_S = 1.0  # in which a job does what a moment asks of it, unless a client holds it up


class Work:
    """The jobs of one world.

    An advance of the clock stops at each time that a job waits for, until the job waits for the
    next. A reset closes the work: nothing of it waits on.
    """

    def __init__(self, clock: WorldClock, timers: Timers, journal: Journal) -> None:
        self.clock = clock
        self.timers = timers
        self.is_closed = False
        self.on_close: list[Callable[[], None]] = []
        self._journal = journal
        self._jobs: dict[Job, None] = {}
        self._is_moving = False
        self._watchers: list[Callable[[], None]] = []

    @property
    def is_busy(self) -> bool:
        """True if there is a job that has not ended."""
        return bool(self._jobs)

    def begin(self, what: str, patience_s: float = PATIENCE_S) -> "Job":
        """Return a new job; `what` names it in the journal.

        An advance of the clock waits for a busy job, but no longer than `patience_s`.
        """
        job = Job(self, what, patience_s)
        if not self.is_closed:
            self._jobs[job] = None
        return job

    def end(self, job: "Job") -> None:
        """Forget a job that has ended."""
        self._jobs.pop(job, None)
        self.notify()

    def close(self) -> None:
        """End all waits, since the world is reset."""
        self.is_closed = True
        for job in self._jobs:
            job.give_up()
        self._jobs.clear()
        self.notify()
        for watcher in list(self.on_close):
            watcher()

    def notify(self) -> None:
        """Look again, since a job has come to rest."""
        for watcher in list(self._watchers):
            watcher()

    async def rest(self) -> None:
        """Wait until each job has ended or waits for the clock.

        A job that takes longer than its patience is waited for no more until it has come to rest.
        """
        begin_s = asyncio.get_running_loop().time()
        while (job := self._least_patient()) is not None:
            left_s = begin_s + job.patience_s - asyncio.get_running_loop().time()
            rested = await until(self._watchers, partial(self._lets_go_on, job), left_s)
            job.is_overdue = not rested

    def _least_patient(self) -> "Job | None":
        awaited = (job for job in self._jobs if not self._lets_go_on(job))
        return min(awaited, key=lambda job: job.patience_s, default=None)

    def _lets_go_on(self, job: "Job") -> bool:
        """True if the clock may move on, for all that the job is doing."""
        return job not in self._jobs or job.due_ms is not None or job.is_overdue

    # the journal

    def begin_move(self) -> None:
        """Note no waits meanwhile: somebody moves the clock."""
        self._is_moving = True

    def end_move(self) -> None:
        """Note the waits that are not over yet."""
        self._is_moving = False
        self.note_waits()

    def note_waits(self) -> None:
        """Note, once for each wait, what waits for a clock that is frozen."""
        if self._is_moving or self.clock.mode != "manual":
            return
        for job in self._jobs:
            if job.due_ms is not None and not job.is_noted:
                job.is_noted = True
                ms = job.due_ms - self.clock.now_ms()
                self._journal.add(ClockEntry("wait", "manual", ms, job.what))


class Job:
    """One job, of one task. Its `with` block ends it.

    It is busy, unless it waits for the clock: `due_ms` is the time that it waits for.
    """

    def __init__(self, work: Work, what: str, patience_s: float) -> None:
        self._work = work
        self.what = what
        self.patience_s = patience_s
        self.due_ms: int | None = None
        self.is_overdue = False  # nobody waits for it any more
        self.is_noted = False  # the journal has its wait
        self._turn: asyncio.Future[bool] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the job; a second call does nothing."""
        self._work.end(self)

    def end_with(self, task: "asyncio.Task[None]") -> None:
        """End the job once this task is over, even if it is cancelled before it begins."""
        task.add_done_callback(lambda _: self.end())

    async def reached(self, due_ms: int) -> bool:
        """Wait until the clock shows a time (ms). Returns False if the world is reset before."""
        work = self._work
        if work.is_closed or due_ms <= work.clock.now_ms():
            return not work.is_closed
        self._turn = asyncio.get_running_loop().create_future()
        timer = work.timers.at(due_ms, self._come)
        self.due_ms, self.is_overdue, self.is_noted = due_ms, False, False
        work.note_waits()
        work.notify()
        try:
            return await self._turn
        finally:
            work.timers.cancel(timer)
            self.due_ms = self._turn = None

    def _come(self) -> None:
        """Be busy from the moment on that was waited for, before the task runs."""
        self.due_ms = None
        self._answer(True)

    def give_up(self) -> None:
        """End the wait: the time will not come."""
        self._answer(False)

    def _answer(self, has_come: bool) -> None:
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(has_come)
