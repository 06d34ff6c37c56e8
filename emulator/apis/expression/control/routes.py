"""Expression Measurement's control routes: the script of what is measured, and runs."""

from pathlib import Path

from emulator.apis.expression.control.runs import get_run, list_runs
from emulator.apis.expression.control.script import delete_script, get_script, set_script
from emulator.control import ControlRoute, ControlRoutes
from emulator.openapi.parts import Part

_SCRIPT = "/_emulator/expression/script"
_RUNS = "/_emulator/expression/runs"

CONTROL = ControlRoutes(
    Part(Path(__file__).with_name("openapi.yaml")),
    (
        ControlRoute("GET", _SCRIPT, "get-measurement-script", get_script),
        ControlRoute("PUT", _SCRIPT, "set-measurement-script", set_script, takes_body=True),
        ControlRoute("DELETE", _SCRIPT, "delete-measurement-script", delete_script),
        ControlRoute("GET", _RUNS, "list-measurement-runs", list_runs),
        ControlRoute("GET", f"{_RUNS}/{{run_id}}", "get-measurement-run", get_run),
    ),
)
