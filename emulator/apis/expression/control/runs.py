"""Control routes of runs, each with its events."""

from itertools import islice

from emulator.apis.expression.errors import RUN_UNKNOWN
from emulator.apis.expression.run import with_events
from emulator.apis.expression.state import ExpressionState
from emulator.control import ControlCall, read_limit
from emulator.errors import api_error
from emulator.jsontext import Json


async def list_runs(call: ControlCall) -> Json:
    """Return the newest runs, the newest last."""
    limit, now_ms = read_limit(call.parameters), call.world.clock.now_ms()
    newest = list(islice(call.world.state(ExpressionState).newest_first(), limit))
    return {"runs": [with_events(run, now_ms) for run in reversed(newest)]}


async def get_run(call: ControlCall) -> Json:
    """Return one run. Raises ApiError."""
    run_id = call.parameters["run_id"]
    run = call.world.state(ExpressionState).runs.get(run_id.lower())
    if run is None:
        raise api_error(RUN_UNKNOWN, id=run_id)
    return with_events(run, call.world.clock.now_ms())
