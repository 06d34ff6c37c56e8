"""Measures files: a recording, or the images of one request."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.apis.expression.configuration import AudioSettings, FaceSettings
from emulator.apis.expression.faces import FaceMeasurer, FaceMemory, Size
from emulator.apis.expression.script import MeasurementScript
from emulator.apis.expression.utterances import (
    Failure,
    Measurement,
    UtteranceEnd,
    UtteranceMeasurer,
)
from emulator.jsontext import JsonObject


class MeasurementFailed(Exception):
    """The measurement fails, as the script says (`internal_error`)."""


@dataclass(frozen=True, slots=True)
class AudioMeasured:
    """The utterances and measurements of a recording; its duration is in ms."""

    duration_ms: int
    utterances: Sequence[UtteranceEnd]
    measurements: Sequence[Measurement]

    def to_json(self) -> JsonObject:
        """Return what the answer says of it."""
        return {
            "received": {"audio_duration_ms": self.duration_ms},
            "utterances": [each.to_json() for each in self.utterances],
            "measurements": [each.to_json() for each in self.measurements],
        }


@dataclass(frozen=True, slots=True)
class ImagesMeasured:
    """The faces in images, in their order, and the memory of them."""

    faces: Sequence[Sequence[JsonObject]]
    memory: FaceMemory

    def to_json(self) -> JsonObject:
        """Return what the answer says of them."""
        return {
            "received": {"frames": len(self.faces)},
            "measurements": [
                {"frame_id": number, "faces": list(faces)}
                for number, faces in enumerate(self.faces)
            ],
        }


def measure_audio_file(
    pcm: bytes, settings: AudioSettings, script: MeasurementScript, seed: str
) -> AudioMeasured:
    """Measure a recording: 16-bit mono PCM at 16 kHz. Raises MeasurementFailed."""
    measurer = UtteranceMeasurer(settings, script, seed)
    heard = [*measurer.take(pcm), *measurer.finish()]
    if any(isinstance(each, Failure) for each in heard):
        raise MeasurementFailed
    return AudioMeasured(
        measurer.heard_ms,
        [each for each in heard if isinstance(each, UtteranceEnd)],
        [each for each in heard if isinstance(each, Measurement)],
    )


def measure_images(
    sizes: Sequence[Size],
    settings: FaceSettings,
    script: MeasurementScript,
    seed: str,
    memory: FaceMemory | None = None,
) -> ImagesMeasured:
    """Measure images, of which the sizes are enough. Raises MeasurementFailed.

    The memory of an earlier request's faces continues their ids.
    """
    measurer = FaceMeasurer(settings, script, seed, memory)
    if any(script.fails_in(number) for number in range(len(sizes))):
        raise MeasurementFailed
    faces = [measurer.measure(number, size) for number, size in enumerate(sizes)]
    return ImagesMeasured(faces, measurer.memory)
