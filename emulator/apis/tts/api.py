"""Text-to-speech as a value: everything that its folder gives to the machinery."""

from pathlib import Path

from emulator.api import Api
from emulator.apis.tts import seed
from emulator.apis.tts.contract import TTS_COVERAGE_PARTS
from emulator.apis.tts.errors import NAMED_ERRORS, error_body, error_line
from emulator.apis.tts.findings import TTS_FINDINGS
from emulator.apis.tts.hints import TTS_HINTS
from emulator.apis.tts.openness import openness
from emulator.apis.tts.operations import HANDLERS
from emulator.apis.tts.sockets import SOCKETS
from emulator.apis.tts.state import TtsState
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart

_HERE = Path(__file__).parent
MAX_RECORDING_BYTES = 48 * 1024 * 1024  # three minutes of a studio's WAV, and more

TTS = Api(
    name="tts",
    document=_HERE / "openapi.yaml",
    openness=openness,
    sockets=SOCKETS,
    handlers=HANDLERS,
    hints=TTS_HINTS,
    errors=NAMED_ERRORS,
    error_body=error_body,
    error_line=error_line,
    findings=TTS_FINDINGS,
    coverage=TTS_COVERAGE_PARTS,
    body_limits=dict.fromkeys(("convert-voice-json", "convert-voice-file"), MAX_RECORDING_BYTES),
    snapshot=SnapshotPart(TtsState, _HERE / "snapshot.yaml"),
    seed=SeedSection(_HERE / "seed.yaml", seed.load, seed.count),
)
