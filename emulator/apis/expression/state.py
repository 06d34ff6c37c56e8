"""Expression Measurement's state in a world: runs, and what is to be measured."""

from collections.abc import Iterator
from typing import Self

from emulator.apis.expression.run import LIVE, Run
from emulator.apis.expression.script import NO_SCRIPT, MeasurementScript, ScriptProblem, read_script
from emulator.jsontext import JsonObject
from emulator.world.reading import SnapshotReading
from emulator.world.state import ApiState
from emulator.world.world import World

MOST_RUNS = 1_000  # the oldest are forgotten
MOST_EVENTS = 20_000  # of all runs; beyond, the oldest runs are forgotten, too


class ExpressionState(ApiState):
    """The runs of one account, the oldest first, and the script of what is measured."""

    api = "expression"

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.script: MeasurementScript = NO_SCRIPT

    def add(self, run: Run) -> None:
        """Remember a run; the oldest are forgotten beyond what is kept."""
        self.runs[run.run_id] = run
        excess = sum(len(each.events) for each in self.runs.values()) - MOST_EVENTS
        while len(self.runs) > MOST_RUNS or (excess > 0 and len(self.runs) > 1):
            oldest = self.runs.pop(next(iter(self.runs)))
            excess -= len(oldest.events)

    def newest_first(self) -> Iterator[Run]:
        """Yield the runs, the newest first."""
        return reversed(self.runs.values())

    def fork(self) -> Self:
        fork = type(self)()
        # A run that has ended changes no more, so both sides may have it.
        fork.runs = {id: run.copy() if run.status == LIVE else run for id, run in self.runs.items()}
        fork.script = self.script
        return fork

    def same_as(self, fork: Self) -> bool:
        return self.runs == fork.runs and self.script == fork.script

    def to_json(self) -> JsonObject:
        return {
            "expression_runs": [run.to_json() for run in self.runs.values()],
            "expression_script": self.script.text,
        }

    @classmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        state = cls()
        for index, content in enumerate(reading.content.get("expression_runs", ())):
            run = Run.from_json(content)
            if reading.check_new(run.run_id, ("expression_runs", index, "run_id")):
                state.runs[run.run_id] = run
        try:
            state.script = read_script(reading.content.get("expression_script", ""))
        except ScriptProblem as error:
            reading.mistake(("expression_script",), str(error))
        return state


def begin_run(world: World, endpoint: str, mode: str, config: JsonObject) -> Run:
    """Begin a run in a world, with an id that begins with the time."""
    now_ms = world.clock.now_ms()
    run_id = world.ids.timed_uuid(now_ms)
    run = Run(run_id, world.user_id, endpoint, mode, now_ms, config, now_ms)
    world.state(ExpressionState).add(run)
    return run
