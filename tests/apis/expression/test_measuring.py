"""Tests of what is measured in files."""

from array import array
from itertools import pairwise

import pytest

from emulator.apis.expression.configuration import AudioSettings, FaceSettings
from emulator.apis.expression.faces import FaceMemory
from emulator.apis.expression.measuring import (
    AudioMeasured,
    MeasurementFailed,
    measure_audio_file,
    measure_images,
)
from emulator.apis.expression.script import NO_SCRIPT, read_script
from emulator.jsontext import JsonObject
from tests.apis.expression.media import loud, silence


def measured(pcm: bytes, script: str = "", timer_ms: int = 3_000, seed: str = "1") -> AudioMeasured:
    """Measure a recording."""
    return measure_audio_file(pcm, AudioSettings(timer_ms), read_script(script), seed)


def spans(found: AudioMeasured) -> list[tuple[int, int, str]]:
    return [(each.start_ms, each.end_ms, each.trigger) for each in found.measurements]


def faces(
    script: str, *sizes: tuple[int, int], settings: FaceSettings | None = None
) -> list[list[JsonObject]]:
    """Return the faces of images with these sizes."""
    settings = settings or FaceSettings()
    content = measure_images(sizes, settings, read_script(script), "1").to_json()
    return [each["faces"] for each in content["measurements"]]


def test_the_worked_example() -> None:
    """Speech from 98 ms, and an end at 26 s: nine measurements, at these milliseconds."""
    found = measured(silence(26_000), "speech from 98 ms: joy 0.8, interest 0.4")
    ends = [3_098, 6_098, 9_098, 12_098, 15_098, 18_098, 21_098, 24_098]
    assert spans(found) == [
        *((max(98, end - 10_000), end, "interval") for end in ends),
        (16_000, 26_000, "speech_ended"),
    ]
    assert found.to_json()["utterances"] == [
        {"utterance_id": 0, "audio_start_ms": 98, "audio_end_ms": 26_000}
    ]
    assert found.to_json()["received"] == {"audio_duration_ms": 26_000}
    assert [each.to_json()["expressions"] for each in found.measurements] == 9 * [
        [{"name": "joy", "probability": 0.8}, {"name": "interest", "probability": 0.4}]
    ]
    assert [each.id for each in found.measurements] == list(range(9))


@pytest.mark.parametrize(
    ("end_ms", "expected"),
    [
        (1, [(0, 1, "speech_ended")]),
        (2_999, [(0, 2_999, "speech_ended")]),
        (3_000, [(0, 3_000, "interval")]),
        (3_999, [(0, 3_000, "interval")]),
        (4_000, [(0, 3_000, "interval"), (0, 4_000, "speech_ended")]),
    ],
)
def test_the_last_measurement(end_ms: int, expected: list[tuple[int, int, str]]) -> None:
    """There is one at the end, unless the one before ended less than a second earlier."""
    assert spans(measured(silence(9_000), f"speech from 0 ms to {end_ms} ms")) == expected


def test_the_timer_counts_speech_of_each_utterance() -> None:
    """Two utterances that touch are two, each with its own timer."""
    found = measured(silence(15_000), "speech from 0 s to 5 s\nspeech from 5 s to 12 s", 5_000)
    assert spans(found) == [
        (0, 5_000, "interval"),
        (5_000, 10_000, "interval"),
        (5_000, 12_000, "speech_ended"),
    ]
    assert [each.utterance_id for each in found.measurements] == [0, 1, 1]


def test_speech_is_found_by_loudness() -> None:
    """Half a second of silence ends an utterance; a click is none."""
    pcm = (
        silence(200) + loud(1_000) + silence(400) + loud(600)  # one utterance: the pause is short
        + silence(700) + loud(40)  # a click
        + silence(700) + loud(3_500)
    )  # fmt: skip
    found = measured(pcm + silence(505))
    assert [(each.start_ms, each.end_ms) for each in found.utterances] == [
        (200, 2_200),
        (3_640, 7_140),
    ]
    assert spans(found) == [(200, 2_200, "speech_ended"), (3_640, 6_640, "interval")]
    assert measured(silence(5_000)).utterances == []


def test_no_measurement_covers_silence_after_speech() -> None:
    """The timer's time comes in the silence that ends an utterance: nothing is measured then."""
    found = measured(loud(2_900) + silence(600))
    assert spans(found) == [(0, 2_900, "speech_ended")]


def test_quiet_sound_is_silence() -> None:
    """Noise under the threshold is no speech."""
    assert measured(bytes.fromhex("ff0300fc") * 16_000).utterances == []
    assert len(measured(bytes.fromhex("0004fffb") * 16_000).utterances) == 1


def test_the_same_seed_gives_the_same_scores() -> None:
    """Another seed gives others; so does another utterance."""
    pcm = loud(4_000) + silence(600) + loud(4_000)
    found = measured(pcm)
    assert found == measured(pcm)
    assert found != measured(pcm, seed="2")
    first, *_, last = (each.expressions for each in found.measurements)
    assert first != last


def test_other_sound_has_other_scores() -> None:
    """Even if it has the same times; a louder copy is other sound."""
    pcm = loud(1_000)
    quieter = array("h", (sample // 2 for sample in array("h", pcm))).tobytes()
    one, two = measured(pcm), measured(quieter)
    assert spans(one) == spans(two)
    assert one.measurements[0].expressions != two.measurements[0].expressions


def test_lists_are_sorted_and_hold_passing_scores_alone() -> None:
    """Over many seeds: the order, the thresholds, four decimal places, and something to see."""
    lists = []
    for seed in range(40):
        for each in measured(loud(1_000), seed=str(seed)).to_json()["measurements"]:
            lists += [(0, each["expressions"]), (0.725, each["voice_attributes"])]
        content = measure_images([(640, 480)], FaceSettings(), NO_SCRIPT, str(seed)).to_json()
        for face in content["measurements"][0]["faces"]:
            lists += [(0.1, face["expressions"]), (0.1, face["descriptions"])]
    for least, scores in lists:
        values = [score["probability"] for score in scores]
        assert all(least <= value <= 1 and round(value, 4) == value for value in values)
        assert all(
            (-one["probability"], one["name"]) <= (-two["probability"], two["name"])
            for one, two in pairwise(scores)
        )
    assert sum(map(bool, (scores for _, scores in lists))) > 0.8 * len(lists)


def test_a_scripted_failure() -> None:
    """The request fails, if its audio or images reach so far."""
    measured(silence(900), "fail at 1 s")
    with pytest.raises(MeasurementFailed):
        measured(silence(1_000), "fail at 1 s")
    with pytest.raises(MeasurementFailed):
        faces("fail in frame 1", (99, 99), (99, 99))
    assert len(faces("fail in frame 1", (99, 99))) == 1


def test_a_made_up_face() -> None:
    """It is in the middle of each image, and keeps its id."""
    one, two = faces("", (640, 480), (640, 480))
    assert one[0]["bbox"] == [224, 144, 416, 336]
    assert [one[0]["face_id"], two[0]["face_id"]] == [0, 0]
    assert one[0]["confidence"] >= 0.95
    assert faces("", (149, 149)) == [[]]  # 59.6 pixels are too few


def test_the_largest_two_faces_are_measured() -> None:
    """They come first, the largest first; the others follow by confidence."""
    script = """
    face at 0,0 to 100,100 with confidence 0.92: joy 0.5
    face at 200,0 to 320,120 with confidence 0.91
    face at 0,200 to 110,310: joy 0.8, calmness 0.9; shows smile 0.3
    face at 300,300 to 390,390 with confidence 0.99
    face at 400,300 to 490,390 with confidence 0.89
    face at 500,300 to 559,390
    face at 700,300 to 900,390
    """
    found = faces(script, (640, 480))[0]
    assert [face["bbox"][:2] for face in found] == [[200, 0], [0, 200], [300, 300], [0, 0]]
    assert [face["face_id"] for face in found] == [0, 1, None, None]
    assert found[1]["expressions"] == [
        {"name": "calmness", "probability": 0.9},
        {"name": "joy", "probability": 0.8},
    ]
    assert found[1]["descriptions"] == [{"name": "smile", "probability": 0.3}]
    assert found[2] == {
        "face_id": None,
        "bbox": [300, 300, 390, 390],
        "confidence": 0.99,
        "expressions": None,
        "descriptions": None,
    }


def test_settings_of_faces() -> None:
    """A lower threshold and a smaller size list more faces."""
    script = "face at 0,0 to 50,50 with confidence 0.5"
    assert faces(script, (640, 480)) == [[]]
    assert len(faces(script, (640, 480), settings=FaceSettings(0.5, 50))[0]) == 1


def test_at_most_32_faces_are_listed() -> None:
    """A crowd is cut off, with those that are measured in it."""
    crowd = "\n".join(f"face at {n * 70},0 to {n * 70 + 60},60" for n in range(40))
    found = faces(crowd, (4_000, 400))[0]
    assert len(found) == 32
    assert [face["face_id"] for face in found[:3]] == [0, 1, None]


def test_faces_keep_their_ids() -> None:
    """A face that moves a little keeps its id, also after it was away; another gets the next."""
    script = """
    face at 0,0 to 100,100 in frame 0
    face at 20,0 to 120,100 in frame 1
    face at 300,0 to 400,100 in frames 1 to 2
    face at 30,0 to 130,100 in frame 3
    """
    found = faces(script, *4 * [(640, 480)])
    ids = [[face["face_id"] for face in each] for each in found]
    assert ids == [[0], [0, 1], [1], [0]]


def test_the_memory_of_faces() -> None:
    """It goes through JSON to the next request; 32 faces are remembered."""
    script = read_script("face at 0,0 to 100,100: joy 0.5")
    first = measure_images([(640, 480)], FaceSettings(), NO_SCRIPT, "1")
    memory = FaceMemory.from_json(first.memory.to_json())
    second = measure_images([(640, 480)], FaceSettings(), script, "1", memory)
    assert second.faces[0][0]["face_id"] == 1
    memory = FaceMemory()
    boxes = [(n * 10.0, 0.0, n * 10.0 + 9, 9.0) for n in range(40)]
    assert [id for box in boxes for id in memory.identify([box])] == list(range(40))
    assert list(memory.identify([boxes[0]])) == [40]
    assert list(memory.identify([boxes[39]])) == [39]
    assert len(memory.to_json()["boxes"]) == 32
