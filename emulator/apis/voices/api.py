"""The voices API as a value: everything that its folder gives to the machinery."""

from pathlib import Path

from emulator.api import Api
from emulator.apis.voices import seed
from emulator.apis.voices.examples import with_examples
from emulator.apis.voices.findings import VOICES_FINDINGS
from emulator.apis.voices.operations import HANDLERS
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.testing.handle import new_voices_handle
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart

_HERE = Path(__file__).parent

VOICES = Api(
    name="voices",
    document=_HERE / "openapi.yaml",
    handlers=HANDLERS,
    findings=VOICES_FINDINGS,
    with_examples=with_examples,
    snapshot=SnapshotPart(VoicesState, _HERE / "snapshot.yaml"),
    seed=SeedSection(_HERE / "seed.yaml", seed.load, seed.count),
    handle=new_voices_handle,
)
