"""Paths of Expression Measurement that people get wrong: its older API, and near misses."""

from emulator.openapi.hints import Hints, PathHint

_SOCKETS = "/v1/expression/audio/realtime and /v1/expression/video/realtime"

EXPRESSION_HINTS = Hints(
    paths=(
        PathHint(
            "/v0/batch/jobs",
            "/v0/(batch|stream)(/.*)?",
            "it belongs to the Expression Measurement API that was switched off on 2026-06-14; its "
            "successor is emulated here: POST /v1/expression/audio/file and "
            f"/v1/expression/video/file, and the WebSockets {_SOCKETS}",
        ),
        PathHint(
            "/v1/expression/audio/stream",
            "/v1/expression(/(audio|video)(/(stream|ws|websocket|socket|live))?)?/?",
            "media are measured by POST /v1/expression/audio/file and /v1/expression/video/file, "
            f"and as they come at the WebSockets {_SOCKETS}",
        ),
        PathHint(
            "/v1/expression/runs",
            "/v1/expression/runs(/.*)?",
            "runs are at /v1/expression/run, and one at /v1/expression/run/{run_id}",
        ),
        PathHint(
            "/v0/expression/audio/file",
            "/v0/expression(/.*)?|/expression/.*",
            "the API is at /v1/expression (Python: "
            'ExpressionMeasurementClientEnvironment(base="http://...", production="ws://..."))',
        ),
    ),
    sockets=f"voices and faces are measured as they come at {_SOCKETS}",
)
