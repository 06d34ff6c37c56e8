"""Tests of the session of video, without a socket."""

import pytest

from emulator.jsontext import JsonObject
from tests.apis.expression.media import jpeg
from tests.apis.expression.sessions import IDLE_MS, Talk, types, video

IMAGE = jpeg()
PNG = b"\x89PNG\r\n\x1a\n"


def frames(talk: Talk, *data: bytes) -> list[JsonObject]:
    """Send frames at the rate that is allowed."""
    answers = []
    for each in data:
        talk.now_ms += 334
        answers += talk.send(each)
    return answers


def test_the_worked_example() -> None:
    """Four frames, of which the third is a PNG: three results, four faces."""
    talk = video(
        """
        face at 0,0 to 100,100 in frames 0 to 1
        face at 200,0 to 290,90 in frames 1 to 2
        """
    )
    assert talk.all == [
        {
            "type": "session.created",
            "session_id": "run-1",
            "image": {"type": "image/jpeg"},
            "face": {"threshold": 0.9, "min_size": 60},
        }
    ]
    answers = frames(talk, IMAGE, IMAGE, PNG, IMAGE)
    assert types(answers) == [
        "measurement.result",
        "measurement.result",
        "invalid_image_frame",
        "measurement.result",
    ]
    assert [each.get("frame_id") for each in answers] == [0, 1, None, 2]
    ids = [[face["face_id"] for face in each.get("faces", ())] for each in answers]
    assert ids == [[0], [0, 1], [], [1]]
    assert talk.say("session.close") == [
        {
            "type": "session.closed",
            "session_id": "run-1",
            "reason": "client_request",
            "received": {"frames": 3},
            "produced": {"measurements": 4},
        }
    ]
    assert talk.run.metered_seconds == pytest.approx(4 / 3)  # the PNG, too
    assert talk.run.bytes_received == 3 * len(IMAGE) + len(PNG)


def test_updates() -> None:
    """What is left out has its default; after the first accepted frame there is none."""
    talk = video("face at 0,0 to 50,50 with confidence 0.5")
    image = {"type": "image/jpeg"}
    talk.say("session.update", face={"threshold": 0.5})
    assert talk.say("session.update", face={"min_size": 50}) == [
        {"type": "session.updated", "image": image, "face": {"threshold": 0.9, "min_size": 50}}
    ]
    assert frames(talk, PNG)[0]["code"] == "invalid_image_frame"
    updated = talk.say("session.update", face={"threshold": 0.5, "min_size": 50})
    assert talk.run.config == {"image": image, "face": updated[0]["face"]}
    assert len(frames(talk, IMAGE)[0]["faces"]) == 1
    assert types(talk.say("session.update")) == ["config_invalid", "session.closed"]
    wrong = video().say("session.update", face={"size": 1})
    assert types(wrong) == ["config_invalid", "session.closed"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The image is empty: send JPEG."),
        (PNG, "The image does not begin as a JPEG does: send JPEG."),
        (jpeg()[:20], "The JPEG image can't be decoded: it ends before its size."),
        (jpeg(3_841, 2_160), "The image has 3841 x 2160 = 8296560 pixels; at most 8294400 are"),
    ],
)
def test_frames_that_are_refused(data: bytes, message: str) -> None:
    """The session goes on."""
    talk = video()
    (error,) = talk.send(data)
    assert (error["code"], error["retryable"]) == ("invalid_image_frame", True)
    assert error["message"].startswith(message)
    assert talk.events() == [("invalid_image_frame", {"detail": error["message"]})]
    assert types(talk.send(jpeg(3_840, 2_160))) == ["measurement.result"]


def test_three_frames_a_second() -> None:
    """Three may come at once; the next after a third of a second. A refused one is not metered."""
    talk = video()
    assert types(talk.send(*4 * [IMAGE])) == 3 * ["measurement.result"] + ["rate_limited"]
    talk.wait(333)
    assert types(talk.send(IMAGE)) == ["rate_limited"]
    talk.wait(1)
    assert types(talk.send(IMAGE, IMAGE)) == ["measurement.result", "rate_limited"]
    assert talk.run.metered_seconds == pytest.approx(4 / 3)
    assert talk.events() == 3 * [("rate_limited", None)]


def test_the_limit_of_a_message_is_exact() -> None:
    """Two million bytes are accepted, one more ends the session."""
    talk = video()
    assert types(talk.send(jpeg(size=2_000_000))) == ["measurement.result"]
    assert types(talk.send(jpeg(size=2_000_001))) == ["message_too_large", "session.closed"]
    assert talk.events() == [("message_too_large", {"limit_bytes": 2_000_000})]
    assert talk.run.bytes_received == 2_000_000


def test_failures_answer_frames() -> None:
    """Five in a row end the session; a result starts the count again, other errors do not."""
    talk = video("fail in frames 1 to 4\nfail in frames 6 to 99")
    answers = frames(talk, *6 * [IMAGE])
    assert types(answers) == ["measurement.result", *4 * ["internal_error"], "measurement.result"]
    assert [each["retryable"] for each in answers[1:5]] == 4 * [True]
    assert answers[5]["frame_id"] == 1
    answers = frames(talk, IMAGE, IMAGE, PNG, IMAGE, IMAGE, IMAGE, IMAGE)
    assert types(answers) == [
        *2 * ["internal_error"],
        "invalid_image_frame",
        *3 * ["internal_error"],
        "session.closed",
    ]
    assert answers[5]["retryable"] is False
    assert answers[6]["received"] == {"frames": 11}
    details = [detail for kind, detail in talk.events() if kind == "inference_failed"]
    assert details == [
        *({"retryable": True, "consecutive": n} for n in (1, 2, 3, 4)),
        *({"retryable": True, "consecutive": n} for n in (1, 2, 3, 4)),
        {"retryable": False, "consecutive": 5},
    ]


def test_faults_answer_the_next_frames() -> None:
    """So that each frame still has one reply; those that answer no frame are sent at once."""
    talk = video()
    codes = ["internal_error", "rate_limited", "invalid_image_frame"]
    assert [talk.fault(code) for code in codes] == [[], [], []]
    assert types(frames(talk, *4 * [IMAGE])) == [*codes, "measurement.result"]
    assert types(talk.fault("message_invalid")) == ["message_invalid"]
    assert types(talk.fault("config_invalid")) == ["config_invalid", "session.closed"]
    assert talk.fault("internal_error") == []
    assert [kind for kind, _ in talk.events()] == [
        "inference_failed",
        "rate_limited",
        "invalid_image_frame",
    ]


def test_a_fault_waits_for_a_frame_that_it_can_answer() -> None:
    """One that is refused anyway says why, in its own words; the client is to blame for that."""
    talk = video()
    talk.fault("internal_error")
    (refused,) = frames(talk, PNG)
    assert (refused["code"], talk.session.is_faulty) == ("invalid_image_frame", False)
    failed, *_ = talk.send(IMAGE, IMAGE, IMAGE)
    assert (failed["code"], failed["message"]) == ("internal_error", "Asked for.")
    talk.fault("internal_error")
    limited = talk.send(IMAGE)[-1]
    assert limited["message"].startswith("The frame is not measured: at most 3 in a second")
    (failed,) = frames(talk, IMAGE)
    assert (failed["code"], talk.session.is_faulty) == ("internal_error", True)
    talk.send(bytes(2_000_001))
    assert not talk.session.is_faulty


def test_an_idle_session_ends() -> None:
    """It has nothing left to say."""
    talk = video()
    frames(talk, IMAGE)
    assert types(talk.wait(IDLE_MS)) == ["session.closed"]
    assert talk.send(IMAGE) == talk.say("session.close") == talk.end("error") == []
