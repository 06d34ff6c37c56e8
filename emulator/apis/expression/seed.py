"""Expression Measurement's section of a seed file: runs that there were, and a script."""

from collections.abc import Mapping

from emulator.apis.expression.configuration import AudioSettings, FaceSettings
from emulator.apis.expression.run import AUDIO, REALTIME, Run
from emulator.apis.expression.script import ScriptProblem, read_script
from emulator.apis.expression.state import ExpressionState
from emulator.jsontext import JsonObject
from emulator.world.seed import SeedLoading
from emulator.world.state import ApiState


def load(loading: SeedLoading) -> ExpressionState:
    """Return the runs, the oldest first, and the script."""
    state = ExpressionState()
    runs = [
        _run(loading.user_id, item)
        for loc, item in loading.items("expression_runs")
        if loading.is_new(item["id"], loc)
    ]
    for run in sorted(runs, key=lambda each: each.started_at):
        state.add(run)
    try:
        state.script = read_script(loading.file.content.get("expression_script", ""))
    except ScriptProblem as error:
        loading.mistake(("expression_script",), str(error))
    return state


def _run(user_id: str, item: JsonObject) -> Run:
    """Return a run as a seed has it."""
    settings = AudioSettings() if item["endpoint"] == AUDIO else FaceSettings()
    started_at = item["started_at"]
    run = Run(
        item["id"], user_id, item["endpoint"], item["mode"], started_at,
        settings.to_json(), started_at,
    )  # fmt: skip
    run.take(item["bytes_received"], item["metered_seconds"], started_at)
    for event in item.get("events", ()):
        run.record_event(event["kind"], event.get("detail"), started_at + event["after_ms"])
    is_socket = item["mode"] == REALTIME
    run.end(
        item["ended_at"],
        item.get("close_code") if is_socket else None,
        item.get("close_reason") if is_socket else None,
        item.get("status", "ended"),
    )
    return run


def count(state: ApiState) -> Mapping[str, int]:
    """Return the number of runs."""
    assert isinstance(state, ExpressionState)
    return {"expression runs": len(state.runs)}
