"""The WAV header of PCM."""

import wave
from io import BytesIO

from emulator.audio.wav import wav_header


def test_a_reader_finds_the_samples() -> None:
    """The header has 44 bytes, and names the rate, the width, one channel and the size."""
    samples = bytes(range(20))
    header = wav_header(len(samples), 16_000)

    assert len(header) == 44
    with wave.open(BytesIO(header + samples)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (16_000, 2, 1)
        assert file.readframes(file.getnframes()) == samples
