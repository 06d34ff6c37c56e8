"""Text-to-speech as a value: everything that its folder gives to the machinery."""

from pathlib import Path
from typing import TYPE_CHECKING

from emulator.api import Api
from emulator.apis.tts import seed
from emulator.apis.tts.contract import TTS_COVERAGE_PARTS
from emulator.apis.tts.errors import NAMED_ERRORS, error_body, error_line
from emulator.apis.tts.examples import with_examples
from emulator.apis.tts.findings import TTS_FINDINGS
from emulator.apis.tts.hints import TTS_HINTS
from emulator.apis.tts.openness import openness
from emulator.apis.tts.operations import HANDLERS
from emulator.apis.tts.sockets import SOCKETS
from emulator.apis.tts.state import TtsState
from emulator.inspection import Page
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart

if TYPE_CHECKING:
    from emulator.control import ControlRoutes
    from emulator.handles.bridge import Bridge
    from emulator.world.world import World

_HERE = Path(__file__).parent
MAX_RECORDING_BYTES = 48 * 1024 * 1024  # three minutes of a studio's WAV, and more


def _control() -> "ControlRoutes":
    from emulator.apis.tts.control.routes import CONTROL  # with the other control routes

    return CONTROL


def _new_handle(world: "World", bridge: "Bridge") -> object:
    from emulator.apis.tts.testing.handle import TtsHandle  # for tests in Python alone

    return TtsHandle(world, bridge)


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
    with_examples=with_examples,
    control=_control,
    handle=_new_handle,
    findings=TTS_FINDINGS,
    coverage=TTS_COVERAGE_PARTS,
    body_limits=dict.fromkeys(("convert-voice-json", "convert-voice-file"), MAX_RECORDING_BYTES),
    snapshot=SnapshotPart(TtsState, _HERE / "snapshot.yaml"),
    seed=SeedSection(_HERE / "seed.yaml", seed.load, seed.count),
    pages=(Page("speech", _HERE / "inspector"),),
)
