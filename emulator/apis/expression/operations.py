"""The operations of Expression Measurement.

What measures is imported at the first upload, since a server starts faster without it.
"""

from collections.abc import Mapping
from functools import cache, partial

from emulator.api import Call, Handler, Handlers, Said
from emulator.apis.expression.errors import run_not_found
from emulator.apis.expression.pages import events_page, runs_page
from emulator.apis.expression.run import Run
from emulator.apis.expression.state import ExpressionState
from emulator.jsontext import Json

HANDLERS = Handlers()


@HANDLERS.operation("runs-list")
def list_runs(call: Call) -> Json:
    runs = call.world.state(ExpressionState).newest_first()
    return runs_page(runs, call.parameters, call.world.clock.now_ms())


@HANDLERS.operation("runs-get")
def get_run(call: Call) -> Json:
    return _run(call).shown(call.world.clock.now_ms())


@HANDLERS.operation("runs-list-events")
def list_events(call: Call) -> Json:
    return events_page(_run(call), call.parameters)


def _run(call: Call) -> Run:
    run_id = str(call.parameters["run_id"]).lower()
    run = call.world.state(ExpressionState).runs.get(run_id)
    if run is None:
        raise run_not_found(run_id)
    return run


def _measure(operation_id: str, call: Call) -> Said:
    return _measuring()[operation_id](call)


@cache
def _measuring() -> Mapping[str, Handler]:
    from emulator.apis.expression.uploads import UPLOADS  # with all that measures

    return UPLOADS


for _id in ("audio-measure", "video-measure"):
    HANDLERS.operation(_id)(partial(_measure, _id))
