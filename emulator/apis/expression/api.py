"""Expression Measurement as a value: everything that its folder gives to the machinery."""

from pathlib import Path
from typing import TYPE_CHECKING

from emulator.api import Api
from emulator.apis.expression import seed
from emulator.apis.expression.contract import EXPRESSION_COVERAGE_PARTS
from emulator.apis.expression.errors import NAMED_ERRORS, error_body, reworded
from emulator.apis.expression.examples import with_examples
from emulator.apis.expression.findings import EXPRESSION_FINDINGS
from emulator.apis.expression.hints import EXPRESSION_HINTS
from emulator.apis.expression.operations import HANDLERS
from emulator.apis.expression.sockets import SOCKETS
from emulator.apis.expression.state import ExpressionState
from emulator.inspection import Page
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart

if TYPE_CHECKING:
    from emulator.control import ControlRoutes
    from emulator.handles.bridge import Bridge
    from emulator.world.world import World

_HERE = Path(__file__).parent
MAX_UPLOAD_BYTES = 25_000_000  # the whole body (docs/protocol.md#media-of-expression-measurement)


def _control() -> "ControlRoutes":
    from emulator.apis.expression.control.routes import CONTROL  # with the other control routes

    return CONTROL


def _new_handle(world: "World", bridge: "Bridge") -> object:
    from emulator.apis.expression.testing.handle import ExpressionHandle  # for tests in Python

    return ExpressionHandle(world, bridge)


EXPRESSION = Api(
    name="expression",
    document=_HERE / "openapi.yaml",
    sockets=SOCKETS,
    handlers=HANDLERS,
    hints=EXPRESSION_HINTS,
    errors=NAMED_ERRORS,
    error_body=error_body,
    reworded=reworded,
    control=_control,
    handle=_new_handle,
    findings=EXPRESSION_FINDINGS,
    coverage=EXPRESSION_COVERAGE_PARTS,
    with_examples=with_examples,
    prefix="/v1/expression/",
    takes_query_credentials=False,
    body_limits=dict.fromkeys(("audio-measure", "video-measure"), MAX_UPLOAD_BYTES),
    snapshot=SnapshotPart(ExpressionState, _HERE / "snapshot.yaml"),
    seed=SeedSection(_HERE / "seed.yaml", seed.load, seed.count),
    pages=(Page("expression", _HERE / "inspector"),),
)
