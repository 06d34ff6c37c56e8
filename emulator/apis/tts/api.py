"""Text-to-speech as a value: everything that its folder gives to the machinery."""

from pathlib import Path

from emulator.api import Api
from emulator.apis.tts import seed
from emulator.apis.tts.findings import TTS_FINDINGS
from emulator.apis.tts.operations import HANDLERS
from emulator.apis.tts.state import TtsState
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart

_HERE = Path(__file__).parent

TTS = Api(
    name="tts",
    document=_HERE / "openapi.yaml",
    handlers=HANDLERS,
    findings=TTS_FINDINGS,
    snapshot=SnapshotPart(TtsState, _HERE / "snapshot.yaml"),
    seed=SeedSection(_HERE / "seed.yaml", seed.load, seed.count),
)
