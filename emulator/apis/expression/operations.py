"""The operations of Expression Measurement.

What measures is imported at the first upload, since a server starts faster without it.
"""

from collections.abc import Callable, Mapping
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


def _show(call: Call, run: Run) -> Json:
    return run.shown(call.world.clock.now_ms())


def _show_events(call: Call, run: Run) -> Json:
    return events_page(run, call.parameters)


# What shows one run, by operationId.
SHOWN: Mapping[str, Callable[[Call, Run], Json]] = {
    "runs-get": _show,
    "runs-list-events": _show_events,
}


def _show_found(show: Callable[[Call, Run], Json], call: Call) -> Json:
    run = find_run(call)
    if run is None:
        raise run_not_found(str(call.parameters["run_id"]))
    return show(call, run)


def find_run(call: Call) -> Run | None:
    """Return the run that the path names, if it is there."""
    return call.world.state(ExpressionState).runs.get(str(call.parameters["run_id"]).lower())


for _id, _shows in SHOWN.items():
    HANDLERS.operation(_id)(partial(_show_found, _shows))


def _measure(operation_id: str, call: Call) -> Said:
    return _measuring()[operation_id](call)


@cache
def _measuring() -> Mapping[str, Handler]:
    from emulator.apis.expression.uploads import UPLOADS  # with all that measures

    return UPLOADS


for _id in ("audio-measure", "video-measure"):
    HANDLERS.operation(_id)(partial(_measure, _id))
