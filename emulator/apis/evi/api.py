"""EVI as a value: everything that its folder gives to the machinery."""

from pathlib import Path
from typing import TYPE_CHECKING

from emulator.api import Api
from emulator.apis.evi import operations, seed  # noqa: F401 - importing operations registers them
from emulator.apis.evi.contract.surface import EVI_COVERAGE_PARTS
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.apis.evi.findings import EVI_FINDINGS
from emulator.apis.evi.handlers import HANDLERS
from emulator.apis.evi.hints import EVI_HINTS
from emulator.apis.evi.openness import openness
from emulator.apis.evi.operations.examples import with_examples
from emulator.apis.evi.sockets import SOCKETS
from emulator.apis.evi.state import EviState
from emulator.apis.evi.views import EVI_VIEWS
from emulator.apis.evi.webhooks import EVENT_NAMES
from emulator.error_shapes import NamedError
from emulator.inspection import Page
from emulator.resources import bundled
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart

if TYPE_CHECKING:
    from emulator.control import ControlRoutes

_HERE = Path(__file__).parent


def _control() -> "ControlRoutes":
    from emulator.apis.evi.control.routes import CONTROL  # with the other control routes

    return CONTROL


EVI = Api(
    name="evi",
    document=bundled("openapi.yaml"),
    openness=openness,
    hints=EVI_HINTS,
    findings=EVI_FINDINGS,
    coverage=EVI_COVERAGE_PARTS,
    webhook_events=EVENT_NAMES,
    errors=[NamedError(text.code, text.slug, text.message) for text in CHAT_ERRORS.values()],
    control=_control,
    views=EVI_VIEWS,
    pages=(Page("models", _HERE / "inspector"), Page("script", _HERE / "inspector")),
    sockets=SOCKETS,
    handlers=HANDLERS,
    with_examples=with_examples,
    snapshot=SnapshotPart(EviState, _HERE / "snapshot.yaml"),
    seed=SeedSection(_HERE / "seed.yaml", seed.load, seed.count),
)
