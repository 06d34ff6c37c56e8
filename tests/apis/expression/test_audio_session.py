"""Tests of the session of audio, without a socket."""

import pytest

from emulator.apis.expression.configuration import AudioSettings
from emulator.apis.expression.measuring import measure_audio_file
from emulator.apis.expression.script import NO_SCRIPT, read_script
from tests.apis.expression.media import loud, silence
from tests.apis.expression.sessions import IDLE_MS, audio, types

AUDIO = {"type": "audio/pcm", "encoding": "s16le", "sample_rate": 16_000, "channels": 1}
UPDATED = {"type": "session.updated", "audio": AUDIO}


def test_the_worked_example() -> None:
    """Speech from 98 ms, and a close at 26 s: each message at its time of the audio."""
    talk = audio("speech from 98 ms: joy 0.8")
    heard = []
    for at_ms in range(2, 26_001, 2):
        heard += [(at_ms, each) for each in talk.stream(silence(2), 2)]
    last = talk.say("session.close")
    ends = [3_098, 6_098, 9_098, 12_098, 15_098, 18_098, 21_098, 24_098]
    assert [(at_ms, each["type"]) for at_ms, each in heard] == [
        (100, "utterance.start"),
        *((end, "measurement.result") for end in ends),
    ]
    assert heard[0][1] == {"type": "utterance.start", "utterance_id": 0, "audio_start_ms": 98}
    for end, (_, each) in zip(ends, heard[1:], strict=True):
        assert (each["audio_start_ms"], each["audio_end_ms"]) == (max(98, end - 10_000), end)
        assert each["trigger"] == "interval"
    assert types(last) == ["measurement.result", "utterance.end", "session.closed"]
    assert last[0]["trigger"] == "speech_ended"
    assert (last[0]["audio_start_ms"], last[0]["audio_end_ms"]) == (16_000, 26_000)
    assert last[1] == {
        "type": "utterance.end",
        "utterance_id": 0,
        "audio_start_ms": 98,
        "audio_end_ms": 26_000,
    }
    assert last[2] == {
        "type": "session.closed",
        "session_id": "run-1",
        "reason": "client_request",
        "received": {"audio_duration_ms": 26_000, "frames": 13_000},
        "produced": {"utterances": 1, "measurements": 9},
    }
    assert talk.run.metered_seconds == pytest.approx(26)
    assert talk.run.bytes_received == 26_000 * 32


def test_a_stream_has_the_results_of_a_file() -> None:
    """Wherever it is cut into frames, also between milliseconds."""
    pcm = silence(150) + loud(4_200) + silence(700) + loud(900) + silence(50)
    file = measure_audio_file(pcm, AudioSettings(), NO_SCRIPT, "1").to_json()
    talk = audio()
    for at in range(0, len(pcm), 3_210):
        talk.now_ms += 200
        talk.send(pcm[at : at + 3_210])
    talk.say("session.close")
    of_type = {
        kind: [
            {key: value for key, value in each.items() if key != "type"}
            for each in talk.all
            if each["type"] == kind
        ]
        for kind in ("measurement.result", "utterance.end")
    }
    assert of_type["measurement.result"] == file["measurements"]
    assert of_type["utterance.end"] == file["utterances"]
    assert len(file["measurements"]) == 3


def test_the_first_message_and_updates() -> None:
    """An update resets what it leaves out, and the run has what is in force."""
    talk = audio()
    assert talk.all == [
        {
            "type": "session.created",
            "session_id": "run-1",
            "audio": AUDIO,
            "measurement_timer_ms": 3_000,
        }
    ]
    assert talk.say("session.update", measurement_timer_ms=5_000) == [
        {**UPDATED, "measurement_timer_ms": 5_000}
    ]
    assert talk.run.config == {"audio": AUDIO, "measurement_timer_ms": 5_000}
    assert talk.say("session.update", audio=AUDIO) == [{**UPDATED, "measurement_timer_ms": 3_000}]
    talk.say("session.update", measurement_timer_ms=10_000)
    talk.stream(loud(10_100))
    assert types(talk.all[4:]) == ["utterance.start", "measurement.result"]


def test_an_update_after_the_first_frame_ends_the_session() -> None:
    """So does one that is wrong; a refused frame locks nothing."""
    talk = audio("speech from 0 s")
    talk.send(b"")
    assert types(talk.say("session.update")) == ["session.updated"]
    talk.stream(silence(100))
    error, closed = talk.say("session.update")
    assert (error["code"], error["retryable"]) == ("config_invalid", False)
    assert (closed["reason"], closed["produced"]) == ("error", {"utterances": 1, "measurements": 0})
    assert talk.say("session.close") == talk.send(silence(9)) == talk.wait(IDLE_MS) == []
    assert talk.events() == [("invalid_audio_frame", {"detail": "The audio frame is empty."})]
    wrong = audio().say("session.update", measurement_timer_ms=1)
    assert types(wrong) == ["config_invalid", "session.closed"]
    assert wrong[0]["message"] == (
        "The configuration is invalid: measurement_timer_ms must be an integer from 3000 to 10000, "
        "got 1."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "The message is not JSON: "),
        (b"[]", "The message must be an object whose type is session.update or session.close."),
        (b'{"type": 1}', "must be an object whose type is"),
        (b'{"type": "session.updat"}', "got 'session.updat' (did you mean 'session.update'?)."),
    ],
)
def test_messages_that_cannot_be_read(text: bytes, message: str) -> None:
    """The session goes on; the run has no kind of event for it."""
    talk = audio()
    (error,) = talk.say_text(text)
    assert (error["code"], error["retryable"]) == ("message_invalid", True)
    assert message in error["message"]
    assert talk.run.events == []
    assert not talk.session.is_over


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (b"", "is empty"),
        (b"abc", "has an odd number of bytes, 3: a sample has 2"),
        (silence(10_000) + b"ab", "has 320002 bytes: at most 320000, or 10 s, are accepted"),
    ],
)
def test_frames_that_are_refused(frame: bytes, why: str) -> None:
    """The session goes on, and does not count them."""
    talk = audio()
    (error,) = talk.send(frame)
    assert error == {
        "type": "error",
        "code": "invalid_audio_frame",
        "message": f"The audio frame {why}.",
        "retryable": True,
    }
    assert talk.send(silence(10_000)) == []
    assert talk.end("client_request")[0]["received"] == {"audio_duration_ms": 10_000, "frames": 1}
    assert talk.events() == [("invalid_audio_frame", {"detail": error["message"]})]


def test_audio_must_not_come_faster_than_it_plays() -> None:
    """Two seconds may come early; a frame that is refused can be sent again, and is no gap."""
    talk = audio()
    assert talk.send(silence(2_000)) == []
    (error,) = talk.send(silence(100))
    assert (error["code"], error["retryable"]) == ("rate_limited", True)
    talk.wait(99)
    assert types(talk.send(silence(100))) == ["rate_limited"]
    talk.wait(1)
    assert talk.send(silence(100)) == []
    assert talk.stream(silence(60_000), 10_000) == []
    assert talk.events() == [("rate_limited", None)] * 2
    assert talk.end("client_request")[0]["received"]["audio_duration_ms"] == 62_100


def test_a_long_frame_is_paid_for_later() -> None:
    """Ten seconds may come at once; what follows must wait for them."""
    talk = audio()
    assert talk.send(silence(10_000)) == []
    talk.wait(8_000)
    assert types(talk.send(silence(1))) == ["rate_limited"]
    talk.wait(1)
    assert talk.send(silence(1)) == []


def test_the_limit_of_a_message_is_exact() -> None:
    """A message of 1 MiB is too long for a frame, one more byte for a message; text, too."""
    talk = audio()
    assert types(talk.send(bytes(1_048_576))) == ["invalid_audio_frame"]
    assert types(talk.say_text(b" " * 1_048_576)) == ["message_invalid"]
    error, closed = talk.send(bytes(1_048_577))
    assert error["message"] == "The message has 1048577 bytes; at most 1048576 are accepted."
    assert (error["code"], error["retryable"]) == ("message_too_large", False)
    assert closed["reason"] == "error"
    assert talk.events()[-1] == ("message_too_large", {"limit_bytes": 1_048_576})
    assert types(audio().say_text(b" " * 1_048_577)) == ["message_too_large", "session.closed"]


def test_failures() -> None:
    """A script or a fault makes one; it ends the session, without the utterance's end."""
    talk = audio("speech from 0 s\nfail at 1 s")
    assert types(talk.stream(silence(999), 333)) == ["utterance.start"]
    assert types(talk.stream(silence(9))) == ["internal_error", "session.closed"]
    event = ("inference_failed", {"retryable": False, "consecutive": 1})
    assert talk.events() == [event]
    talk = audio()
    assert types(talk.fault("internal_error")) == ["internal_error", "session.closed"]
    assert talk.events() == [event]
    assert talk.fault("internal_error") == []


def test_faults_that_do_not_end_it() -> None:
    """They are sent at once, and the run has their events."""
    talk = audio()
    codes = ["rate_limited", "invalid_audio_frame", "message_invalid"]
    assert types(each for code in codes for each in talk.fault(code)) == codes
    assert talk.events() == [
        ("rate_limited", None),
        ("invalid_audio_frame", {"detail": "Asked for."}),
    ]
    assert types(talk.fault("message_too_large")) == ["message_too_large", "session.closed"]
    assert talk.events()[-1] == ("message_too_large", {"limit_bytes": 1_048_576})


@pytest.mark.parametrize("reason", ["server_shutdown", "idle_timeout", "client_request"])
def test_ends_finish_the_utterance(reason: str) -> None:
    """The session measures what was heard, by whichever side it ends."""
    talk = audio("speech from 0 s")
    talk.stream(silence(500))
    last = talk.end(reason)
    assert types(last) == ["measurement.result", "utterance.end", "session.closed"]
    assert last[-1]["reason"] == reason


def test_an_idle_session_ends() -> None:
    """Any message keeps it awake, also a bad one."""
    talk = audio()
    assert talk.wait(IDLE_MS - 1) == []
    talk.say_text(b"?")
    assert talk.wait(IDLE_MS - 1) == []
    assert types(talk.wait(1)) == ["session.closed"]
    assert talk.session.reason == "idle_timeout"


def test_it_speaks_of_scripted_speech_alone() -> None:
    """A script without speech hears none, however loud it is."""
    talk = audio("no speech")
    talk.stream(loud(5_000))
    assert types(talk.all) == ["session.created"]
    assert read_script("no speech").speech == ()
