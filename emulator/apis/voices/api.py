"""The voices API as a value: everything that its folder gives to the machinery."""

from pathlib import Path
from typing import TYPE_CHECKING

from emulator.api import Api
from emulator.apis.voices import seed
from emulator.apis.voices.examples import with_examples
from emulator.apis.voices.findings import VOICES_FINDINGS
from emulator.apis.voices.operations import HANDLERS
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.views import VOICE_VIEWS
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart

if TYPE_CHECKING:
    from emulator.handles.bridge import Bridge
    from emulator.world.world import World

_HERE = Path(__file__).parent


def _new_handle(world: "World", bridge: "Bridge") -> object:
    from emulator.apis.voices.testing.handle import new_voices_handle  # for tests in Python alone

    return new_voices_handle(world, bridge)


VOICES = Api(
    name="voices",
    document=_HERE / "openapi.yaml",
    handlers=HANDLERS,
    findings=VOICES_FINDINGS,
    views=VOICE_VIEWS,
    with_examples=with_examples,
    snapshot=SnapshotPart(VoicesState, _HERE / "snapshot.yaml"),
    seed=SeedSection(_HERE / "seed.yaml", seed.load, seed.count),
    handle=_new_handle,
)
