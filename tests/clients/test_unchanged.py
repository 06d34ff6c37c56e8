"""Programs that know nothing of the emulator, in environments without it: `exec --intercept`."""

import wave
from pathlib import Path

import pytest

from tests.cli.shell import run_here
from tests.clients.clients import CLIENTS
from tests.examples.test_unchanged import PROGRAMS

pytestmark = pytest.mark.process

[LIVEKIT] = [each for each in CLIENTS if each.name.startswith("livekit")]


def test_speech_by_livekit(tmp_path: Path) -> None:
    """An agent's text-to-speech, which aiohttp sends, in a Python that lacks the emulator."""
    if why := LIVEKIT.why_not():
        pytest.skip(why)
    python = str(LIVEKIT.environment / "bin" / "python")
    path = tmp_path / "said.wav"
    program = str(PROGRAMS / "livekit-speech" / "speak.py")
    done = run_here("exec", "--intercept", "--", python, program, "Hello there.", str(path))
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("redirected from the service: aiohttp 1\n")
    with wave.open(str(path)) as sound:
        assert sound.getnframes() / sound.getframerate() > 0.5
