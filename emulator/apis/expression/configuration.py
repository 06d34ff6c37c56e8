"""The configuration of a client: the timer of measurements, and which faces count.

Facts: docs/protocol.md#configuration-of-expression-measurement.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from emulator.errors import closest
from emulator.jsontext import Json, JsonObject

TIMER_MS = (3_000, 10_000)  # the least, which is also the default, and the most
AUDIO: JsonObject = {"type": "audio/pcm", "encoding": "s16le", "sample_rate": 16_000, "channels": 1}
IMAGE: JsonObject = {"type": "image/jpeg"}
_LONGEST_SHOWN = 80  # characters of a value in an error


class ConfigProblem(ValueError):
    """A configuration that is refused (`config_invalid`)."""


class AudioSettings(NamedTuple):
    """How audio is measured: every so many ms of speech."""

    measurement_timer_ms: int = TIMER_MS[0]

    def to_json(self) -> JsonObject:
        """Return the configuration as messages and runs show it."""
        return {"audio": AUDIO, "measurement_timer_ms": self.measurement_timer_ms}


class FaceSettings(NamedTuple):
    """Which faces are found: by the detector's confidence, and by their shorter side in pixels."""

    threshold: float = 0.9
    min_size: int = 60

    def to_json(self) -> JsonObject:
        """Return the configuration as messages and runs show it."""
        face = {"threshold": self.threshold, "min_size": self.min_size}
        return {"image": IMAGE, "face": face}


Settings: TypeAlias = AudioSettings | FaceSettings


def read_audio_update(message: JsonObject) -> AudioSettings:
    """Read a `session.update` of audio; what it leaves out has its default.

    Raises ConfigProblem.
    """
    _check_names(message, ("type", "audio", "measurement_timer_ms"), "session.update")
    _check_constants(message, "audio", AUDIO)
    timer_ms = message.get("measurement_timer_ms")
    return AudioSettings(TIMER_MS[0] if timer_ms is None else _timer(timer_ms))


def read_video_update(message: JsonObject) -> FaceSettings:
    """Read a `session.update` of video; what it leaves out has its default.

    Raises ConfigProblem.
    """
    _check_names(message, ("type", "image", "face"), "session.update")
    _check_constants(message, "image", IMAGE)
    return read_face(message.get("face"), ("threshold", "min_size"))


def read_audio_config(content: Json) -> AudioSettings:
    """Read the `config` of an audio file. Raises ConfigProblem."""
    given = _object(content, "config")
    _check_names(given, ("measurement_timer_ms",), "config")
    timer_ms = given.get("measurement_timer_ms")
    return AudioSettings(TIMER_MS[0] if timer_ms is None else _timer(timer_ms))


def read_face(content: Json, names: Sequence[str]) -> FaceSettings:
    """Read the settings of faces, an object with some of these names. Raises ConfigProblem."""
    given = _object(content, "face")
    _check_names(given, names, "face")
    threshold, min_size = given.get("threshold"), given.get("min_size")
    default = FaceSettings()
    return FaceSettings(
        default.threshold if threshold is None else _threshold(threshold),
        default.min_size if min_size is None else _min_size(min_size),
    )


def _object(content: Json, name: str) -> Mapping[str, Any]:
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigProblem(f"{name} must be an object, got {_shown(content)}")
    return content


def _check_names(given: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in given:
        if name not in names:
            raise _unknown(name, names, where)


def _check_constants(message: JsonObject, part: str, constants: JsonObject) -> None:
    """Raise ConfigProblem unless what is given of the media's format is what there is."""
    given = _object(message.get(part), part)
    for name, value in given.items():
        if name not in constants:
            raise _unknown(name, list(constants), part)
        expected = constants[name]
        if value is not None and (value != expected or isinstance(value, bool)):
            raise ConfigProblem(f"{part}.{name} must be {expected!r}, got {_shown(value)}")


def _unknown(name: str, known: Sequence[str], where: str) -> ConfigProblem:
    hint = closest(name, known)
    return ConfigProblem(f"{where} has no field {_shown(name)}{hint}; it takes {', '.join(known)}")


def _timer(value: Json) -> int:
    least, most = TIMER_MS
    if not _is_integer(value) or not least <= value <= most:
        raise ConfigProblem(
            f"measurement_timer_ms must be an integer from {least} to {most}, got {_shown(value)}"
        )
    return int(value)


def _threshold(value: Json) -> float:
    is_number = isinstance(value, float | int) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:
        raise ConfigProblem(f"face.threshold must be a number from 0 to 1, got {_shown(value)}")
    return float(value)


def _min_size(value: Json) -> int:
    if not _is_integer(value) or value < 1:
        raise ConfigProblem(f"face.min_size must be an integer of 1 or more, got {_shown(value)}")
    return int(value)


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
