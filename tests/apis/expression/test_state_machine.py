"""Random legal and illegal messages to both sessions, on a time that is moved."""

from collections import Counter
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emulator.apis.expression.run import ERRORED, LIVE
from emulator.apis.expression.session import CLOSE_CODES, ERROR
from emulator.jsontext import JsonObject, render
from tests.apis.expression.media import jpeg, loud, silence
from tests.apis.expression.sessions import IDLE_MS, Talk, audio, video

SPEECH = "speech from 98 ms to 7 s\nspeech from 8 s"
FACE = "face at 0,0 to 99,99"
PNG = b"\x89PNG\r\n\x1a\n"
ENDING = {"config_invalid", "message_too_large"}
EVENTS = {
    "invalid_audio_frame": "invalid_audio_frame",
    "invalid_image_frame": "invalid_image_frame",
    "rate_limited": "rate_limited",
    "internal_error": "inference_failed",
    "message_too_large": "message_too_large",
}
TEXTS = st.one_of(
    st.sampled_from([b"", b"{", b"[]", b"null", b'{"type": "session.clos"}', b'{"type": 5}']),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "face", "audio", "x"]), inner, max_size=3)
        ),
        max_leaves=6,
    ).map(render),
)
TIMES = st.integers(0, 5_000) | st.sampled_from([IDLE_MS - 1, IDLE_MS, IDLE_MS + 1])


class Sessions(RuleBasedStateMachine):
    """What both kinds of session have in common."""

    talk: Talk
    limit: ClassVar[int]

    def heard(self, answers: list[JsonObject]) -> list[JsonObject]:
        """Check what was answered: if the session was over before, that is nothing."""
        if self.was_over:
            assert answers == []
        self.was_over = self.talk.session.is_over
        return answers

    was_over = False

    @rule(text=TEXTS)
    def say_anything(self, text: bytes) -> None:
        self.heard(self.talk.say_text(text))

    @rule(more=st.integers(0, 1))
    def send_too_much(self, more: int) -> None:
        """Of text, which can't be read if it is not too much."""
        self.heard(self.talk.say_text(b" " * (self.limit + more)))

    @precondition(lambda self: len(self.talk.all) > 12)
    @rule()
    def close(self) -> None:
        self.heard(self.talk.say("session.close"))

    @rule(ms=TIMES)
    def wait(self, ms: int) -> None:
        self.heard(self.talk.wait(ms))

    @rule(reason=st.sampled_from(["server_shutdown"]))
    @precondition(lambda self: len(self.talk.all) > 20)
    def shut_down(self, reason: str) -> None:
        self.heard(self.talk.end(reason))

    @invariant()
    def events_are_the_errors_that_were_sent(self) -> None:
        """One of the run's for each error that has such a kind."""
        errors = [each["code"] for each in self.talk.all if each["type"] == "error"]
        assert [kind for kind, _ in self.talk.events()] == [
            EVENTS[code] for code in errors if code in EVENTS
        ]

    @invariant()
    def an_end_is_the_last_message(self) -> None:
        """It is there once it is over, once, and after the error that is the reason."""
        kinds = [each["type"] for each in self.talk.all]
        is_over = self.talk.session.is_over
        assert kinds.count("session.closed") == is_over
        assert kinds[0] == "session.created"
        final = [n for n, each in enumerate(self.talk.all) if each.get("retryable") is False]
        if is_over:
            assert kinds[-1] == "session.closed"
            reason = self.talk.all[-1]["reason"]
            assert reason in CLOSE_CODES
            assert final == ([len(kinds) - 2] if reason == ERROR else [])
        else:
            assert final == []

    @invariant()
    def the_run_is_live(self) -> None:
        """Its connection ends it; until then a session changes only what it counts."""
        assert self.talk.run.status == LIVE
        assert ERRORED != LIVE

    @invariant()
    def scores_are_in_order(self) -> None:
        for each in self.talk.all[-1:]:
            lists = [each.get("expressions", ())]
            lists += [face["expressions"] or () for face in each.get("faces", ())]
            for scores in lists:
                values = [score["probability"] for score in scores]
                assert values == sorted(values, reverse=True)


class Audio(Sessions):
    """Speech that is scripted or loud; frames of all lengths, whole and broken."""

    limit = 1_048_576

    @initialize(
        script=st.sampled_from(["", "", "speech from 98 ms to 7 s\nspeech from 8 s", "fail at 9 s"])
    )
    def begin(self, script: str) -> None:
        self.talk = audio(script)
        self.frames = 0
        self.accepted_bytes = 0
        self.timer_ms = 3_000

    @rule(timer_ms=st.none() | st.integers(3_000, 10_000), wrong=st.sampled_from([0, 0, 0, 1]))
    def update(self, timer_ms: int | None, wrong: int) -> None:
        given = {} if timer_ms is None else {"measurement_timer_ms": timer_ms}
        answers = self.heard(
            self.talk.say("session.update", **given, **({"x": 1} if wrong else {}))
        )
        if not answers:
            return
        if self.frames or wrong:
            assert [each.get("code") for each in answers] == ["config_invalid", None]
        else:
            self.timer_ms = timer_ms or 3_000
            assert answers[0]["measurement_timer_ms"] == self.timer_ms

    @rule(
        ms=st.integers(1, 1_500) | st.sampled_from([10_000, 10_001]),
        is_loud=st.booleans(),
        pause_ms=st.integers(0, 2_000),
        extra=st.sampled_from([0, 0, 0, 1, 2]),
    )
    def send(self, ms: int, is_loud: bool, pause_ms: int, extra: int) -> None:
        """Send a frame, after a pause; a byte more makes it no audio."""
        self.heard(self.talk.wait(pause_ms))
        data = (loud(ms) if is_loud else silence(ms)) + bytes(extra)
        before = self.talk.run.bytes_received
        answers = self.heard(self.talk.send(data))
        codes = [each["code"] for each in answers if each["type"] == "error"]
        is_good = extra != 1 and len(data) <= 320_000
        if answers and not is_good:
            assert codes == ["invalid_audio_frame"]
        took = self.talk.run.bytes_received - before
        assert took in (0, len(data))
        assert not took or is_good
        self.frames += took > 0
        self.accepted_bytes += took

    @rule(ms=st.integers(500, 4_000))
    def speak(self, ms: int) -> None:
        """Speak as long as it takes."""
        for _ in range(0, ms, 250):
            self.send(250, True, 250, 0)

    @rule(code=st.sampled_from(["rate_limited", "message_invalid"]))
    def fault(self, code: str) -> None:
        self.heard(self.talk.fault(code))

    @invariant()
    def it_counts_what_it_takes(self) -> None:
        run = self.talk.run
        assert abs(run.metered_seconds - self.accepted_bytes / 32_000) < 1e-6
        if self.talk.session.is_over:
            closed = self.talk.all[-1]
            kinds = Counter(each["type"] for each in self.talk.all)
            assert closed["received"] == {
                "audio_duration_ms": self.accepted_bytes // 32,
                "frames": self.frames,
            }
            assert closed["produced"] == {
                "utterances": kinds["utterance.start"],
                "measurements": kinds["measurement.result"],
            }

    @invariant()
    def utterances_are_measured(self) -> None:
        """Each is measured within its bounds, by the timer, and at least once before its end."""
        utterance: JsonObject | None = None
        ends = list[int]()
        utterances = measurements = last_end = 0
        for each in self.talk.all:
            match each["type"]:
                case "utterance.start":
                    assert utterance is None
                    assert (each["utterance_id"], utterances) == (utterances, utterances)
                    assert each["audio_start_ms"] >= last_end
                    utterance, ends, utterances = each, [], utterances + 1
                case "measurement.result":
                    assert utterance is not None
                    assert each["measurement_id"] == measurements
                    assert each["utterance_id"] == utterance["utterance_id"]
                    self.check_span(each, utterance["audio_start_ms"], ends)
                    ends.append(each["audio_end_ms"])
                    measurements += 1
                case "utterance.end":
                    assert utterance is not None
                    assert each["audio_start_ms"] == utterance["audio_start_ms"]
                    assert ends
                    last_end = each["audio_end_ms"]
                    assert last_end - 1_000 < ends[-1] <= last_end
                    utterance = None
        if self.talk.session.reason not in (None, ERROR):
            assert utterance is None

    def check_span(self, result: JsonObject, start_ms: int, ends: list[int]) -> None:
        """Check one measurement, after others that ended at these times of the utterance."""
        end_ms = result["audio_end_ms"]
        assert result["audio_start_ms"] == max(start_ms, end_ms - 10_000)
        if result["trigger"] == "interval":
            assert end_ms == start_ms + (len(ends) + 1) * self.timer_ms
        else:
            assert end_ms > start_ms
            assert not ends or end_ms - ends[-1] >= 1_000
            assert end_ms < start_ms + (len(ends) + 1) * self.timer_ms
        assert end_ms <= self.accepted_bytes // 32


class Video(Sessions):
    """Images and what is none."""

    limit = 2_000_000

    @initialize(
        script=st.sampled_from(["", "no faces", "fail in frames 2 to 9", "face at 0,0 to 99,99"])
    )
    def begin(self, script: str) -> None:
        self.talk = video(script)
        self.sent = self.replies = self.taken = 0

    @rule(threshold=st.sampled_from([None, 0, 0.5, 2]))
    def update(self, threshold: float | None) -> None:
        was_locked = any("frame_id" in each for each in self.talk.all)
        answers = self.heard(self.talk.say("session.update", face={"threshold": threshold}))
        if answers and (was_locked or threshold == 2):
            assert answers[0]["code"] == "config_invalid"
            assert answers[1]["type"] == "session.closed"

    @rule(
        data=st.sampled_from([jpeg(), jpeg(), jpeg(), jpeg()[:22], PNG, b"", jpeg(9_999, 9_999)]),
        count=st.integers(1, 5),
        pause_ms=st.integers(0, 500),
    )
    def send(self, data: bytes, count: int, pause_ms: int) -> None:
        """Send frames, each after a pause: one reply to each."""
        for _ in range(count):
            self.heard(self.talk.wait(pause_ms))
            was_over = self.talk.session.is_over
            answers = self.heard(self.talk.send(data))
            if was_over:
                continue
            reply, *rest = answers
            is_result = reply["type"] == "measurement.result"
            assert is_result or reply["code"] in (
                "invalid_image_frame",
                "rate_limited",
                "internal_error",
            )
            assert not is_result or data == jpeg()
            self.taken += reply.get("code") != "rate_limited"
            if rest:
                assert (reply["code"], rest[0]["type"]) == ("internal_error", "session.closed")
                assert self.failures_in_a_row() == 5

    @rule(more=st.integers(0, 1))
    def send_a_large_image(self, more: int) -> None:
        """The most that is accepted, or a byte too many."""
        was_over = self.talk.session.is_over
        answers = self.heard(self.talk.send(jpeg(size=self.limit + more)))
        if was_over:
            return
        assert (answers[0].get("code") == "message_too_large") == bool(more)
        self.taken += answers[0].get("code") not in ("message_too_large", "rate_limited")

    @rule(code=st.sampled_from(["internal_error", "rate_limited", "invalid_image_frame"]))
    def fault(self, code: str) -> None:
        """It answers the next frame, or nothing."""
        assert self.heard(self.talk.fault(code)) == []

    @rule(failing=st.lists(st.sampled_from([True, True, True, False]), max_size=8))
    def send_some_that_fail(self, failing: list[bool]) -> None:
        """Send images, some of whose measurements fail, no faster than is allowed."""
        for fails in failing:
            if fails:
                self.fault("internal_error")
            self.send(jpeg(), 1, 400)

    def failures_in_a_row(self) -> int:
        """Return how many measurements have failed since the last result."""
        count = 0
        for each in reversed(self.talk.all):
            if each["type"] == "measurement.result":
                break
            count += each.get("code") == "internal_error"
        return count

    @invariant()
    def it_counts_what_it_takes(self) -> None:
        assert abs(self.talk.run.metered_seconds - self.taken / 3) < 1e-6
        results = [each for each in self.talk.all if each["type"] == "measurement.result"]
        assert [each["frame_id"] for each in results] == list(range(len(results)))
        assert self.failures_in_a_row() <= 5
        if self.talk.session.is_over:
            closed = self.talk.all[-1]
            failed = sum(each.get("code") == "internal_error" for each in self.talk.all)
            faces = sum(len(each["faces"]) for each in results)
            assert closed["received"] == {"frames": len(results) + failed}
            assert closed["produced"] == {"measurements": faces}


OFTEN = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestAudio = Audio.TestCase
TestAudio.settings = OFTEN
TestVideo = Video.TestCase
TestVideo.settings = OFTEN
