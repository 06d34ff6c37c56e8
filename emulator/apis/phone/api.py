"""Phone calls as a value: everything that their folder gives to the machinery."""

from pathlib import Path
from typing import TYPE_CHECKING

from emulator.api import Api
from emulator.apis.phone import seed
from emulator.apis.phone.findings import PHONE_FINDINGS
from emulator.apis.phone.operations import HANDLERS
from emulator.apis.phone.sockets import SOCKETS
from emulator.apis.phone.state import PhoneState
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart

if TYPE_CHECKING:
    from emulator.control import ControlRoutes
    from emulator.handles.bridge import Bridge
    from emulator.world.world import World

_HERE = Path(__file__).parent


def _control() -> "ControlRoutes":
    from emulator.apis.phone.control.routes import CONTROL  # with the other control routes

    return CONTROL


def _new_handle(world: "World", bridge: "Bridge") -> object:
    from emulator.apis.phone.testing.handle import PhoneHandle  # for tests in Python alone

    return PhoneHandle(world, bridge)


PHONE = Api(
    name="phone",
    document=_HERE / "openapi.yaml",
    sockets=SOCKETS,
    handlers=HANDLERS,
    control=_control,
    handle=_new_handle,
    findings=PHONE_FINDINGS,
    snapshot=SnapshotPart(PhoneState, _HERE / "snapshot.yaml"),
    seed=SeedSection(_HERE / "seed.yaml", seed.load, seed.count),
)
