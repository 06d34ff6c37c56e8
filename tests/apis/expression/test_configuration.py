"""Tests of what a client may configure."""

import pytest

from emulator.apis.expression.configuration import (
    AudioSettings,
    ConfigProblem,
    FaceSettings,
    read_audio_config,
    read_audio_update,
    read_face,
    read_video_update,
)
from emulator.jsontext import JsonObject

UPDATE = {"type": "session.update"}


def test_what_is_left_out_has_its_default() -> None:
    """So does what is null."""
    assert read_audio_update(UPDATE) == AudioSettings(3_000)
    assert read_audio_update({**UPDATE, "audio": None, "measurement_timer_ms": None}) == (
        AudioSettings()
    )
    audio = {"type": "audio/pcm", "encoding": "s16le", "sample_rate": 16_000, "channels": 1}
    assert read_audio_update({**UPDATE, "audio": audio, "measurement_timer_ms": 10_000}) == (
        AudioSettings(10_000)
    )
    assert read_video_update(UPDATE) == FaceSettings(0.9, 60)
    update = {**UPDATE, "image": {"type": "image/jpeg"}, "face": {"threshold": 0, "min_size": 1}}
    assert read_video_update(update) == FaceSettings(0, 1)
    assert read_video_update({**UPDATE, "face": {"threshold": 1}}) == FaceSettings(1, 60)
    assert read_audio_config({}) == read_audio_config(None) == AudioSettings()


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({"measurement_timer_ms": 2_999}, "must be an integer from 3000 to 10000, got 2999"),
        ({"measurement_timer_ms": 10_001}, "got 10001"),
        ({"measurement_timer_ms": 3_000.0}, "got 3000.0"),
        ({"measurement_timer_ms": True}, "got True"),
        ({"measurement_timer": 3_000}, "no field 'measurement_timer' (did you mean 'measurement_"),
        ({"audio": []}, "audio must be an object, got []"),
        ({"audio": {"sample_rate": 44_100}}, "audio.sample_rate must be 16000, got 44100"),
        ({"audio": {"channels": True}}, "audio.channels must be 1, got True"),
        ({"audio": {"rate": 1}}, "audio has no field 'rate'"),
        ({"audio": {"encoding": "x" * 999}}, "..."),
    ],
)
def test_updates_of_audio_that_are_refused(update: JsonObject, message: str) -> None:
    """The error says what it expects, and what it got."""
    with pytest.raises(ConfigProblem) as info:
        read_audio_update({**UPDATE, **update})
    assert message in str(info.value)
    assert len(str(info.value)) < 300


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({"face": {"threshold": 1.01}}, "face.threshold must be a number from 0 to 1, got 1.01"),
        ({"face": {"threshold": "1"}}, "got '1'"),
        ({"face": {"threshold": False}}, "got False"),
        ({"face": {"min_size": 0}}, "face.min_size must be an integer of 1 or more, got 0"),
        ({"face": {"min_size": 1.5}}, "got 1.5"),
        ({"face": {"return_face_state": True}}, "face has no field 'return_face_state'"),
        ({"image": {"type": "image/png"}}, "image.type must be 'image/jpeg', got 'image/png'"),
        ({"audio": {}}, "session.update has no field 'audio'; it takes type, image, face"),
    ],
)
def test_updates_of_video_that_are_refused(update: JsonObject, message: str) -> None:
    """The same of video."""
    with pytest.raises(ConfigProblem) as info:
        read_video_update({**UPDATE, **update})
    assert message in str(info.value)


def test_a_config_has_no_type() -> None:
    """That is a message's."""
    with pytest.raises(ConfigProblem):
        read_audio_config({"type": "session.update"})
    with pytest.raises(ConfigProblem):
        read_face({"type": "face"}, ("threshold",))
