"""A session of video: answers each frame with its faces (docs/protocol.md#video-in-real-time)."""

from collections import deque

from emulator.apis.expression.allowance import Allowance
from emulator.apis.expression.configuration import FaceSettings, read_video_update
from emulator.apis.expression.faces import FaceMeasurer, Size
from emulator.apis.expression.media import MAX_IMAGE_BYTES, MediaProblem, check_image
from emulator.apis.expression.run import FRAME_S, Run
from emulator.apis.expression.script import MeasurementScript
from emulator.apis.expression.session import Messages, Session
from emulator.jsontext import JsonObject

FRAMES_PER_S = 3
MOST_FAILURES = 5  # in a row: the last one ends the session
_MOST_FAULTS = 100  # that wait for frames; further ones replace the oldest
_FRAME = 1_000  # what a frame takes of the allowance, which grows by 3 in a ms
_OF_FRAMES = ("invalid_image_frame", "rate_limited", "internal_error")  # errors that answer one


class VideoSession(Session):
    """One session of video. Every frame gets one reply, in order."""

    ends_with = ("config_invalid", "message_too_large")
    max_message_bytes = MAX_IMAGE_BYTES

    def __init__(
        self, run: Run, script: MeasurementScript, seed: str, idle_ms: int, now_ms: int
    ) -> None:
        settings = FaceSettings()
        super().__init__(run, settings, idle_ms, now_ms)
        self._script = script
        self._seed = seed
        self._allowance = Allowance(FRAMES_PER_S, FRAMES_PER_S * _FRAME, now_ms)
        self._measurer = FaceMeasurer(settings, script, seed)
        self._accepted = 0  # frames
        self._results = 0
        self._failures = 0  # in a row
        # Codes and messages of errors, for the next frames.
        self._faults = deque[tuple[str, str]](maxlen=_MOST_FAULTS)

    def _read_update(self, message: JsonObject) -> FaceSettings:
        settings = read_video_update(message)
        self._measurer = FaceMeasurer(settings, self._script, self._seed)
        return settings

    def fault(self, code: str, message: str, now_ms: int) -> Messages:
        """Return an error that a fault asks for; one that answers a frame waits for the next."""
        if code not in _OF_FRAMES:
            return super().fault(code, message, now_ms)
        if not self.is_over:
            self._faults.append((code, message))
        return []

    def _take(self, data: bytes, now_ms: int) -> Messages:
        limited = self._struck("rate_limited")
        if limited is not None or not self._allowance.take(_FRAME, now_ms):
            most = f"at most {FRAMES_PER_S} in a second are accepted"
            return self._refuse(
                "rate_limited",
                limited
                or f"The frame is not measured: {most}. Wait and send it again, or drop it.",
                now_ms,
            )
        self.run.take(len(data), FRAME_S, now_ms)
        try:
            size = check_image(data)
        except MediaProblem as problem:
            return self._refuse_image(str(problem), now_ms)
        refusal = self._struck("invalid_image_frame")
        if refusal is not None:
            return self._refuse_image(refusal, now_ms)
        self._is_locked = True
        return self._measure(size, now_ms)

    def _struck(self, code: str) -> str | None:
        """Return the message of the fault that comes next, if it has this code: it is used up."""
        if not self._faults or self._faults[0][0] != code:
            return None
        self.is_faulty = True
        return self._faults.popleft()[1]

    def _refuse_image(self, problem: str, now_ms: int) -> Messages:
        return self._refuse("invalid_image_frame", problem, now_ms, {"detail": problem})

    def _measure(self, size: Size, now_ms: int) -> Messages:
        number, self._accepted = self._accepted, self._accepted + 1
        failure = self._struck("internal_error")
        if failure is None and self._script.fails_in(number):
            failure = "The measurement failed, as the script says."
        return self._result(number, size) if failure is None else self._fail_frame(failure, now_ms)

    def _result(self, number: int, size: Size) -> Messages:
        faces = self._measurer.measure(number, size)
        frame_id, self._results = self._results, self._results + 1
        self._failures = 0
        return [{"type": "measurement.result", "frame_id": frame_id, "faces": faces}]

    def _fail_frame(self, message: str, now_ms: int) -> Messages:
        """Return the error for a frame whose measurement fails; the fifth in a row ends all."""
        self._failures += 1
        is_last = self._failures >= MOST_FAILURES
        detail = {"retryable": not is_last, "consecutive": self._failures}
        answer = self._fail if is_last else self._refuse
        return answer("internal_error", message, now_ms, detail)

    def _finish(self) -> Messages:
        return []

    def _totals(self) -> JsonObject:
        return {
            "received": {"frames": self._accepted},
            "produced": {"measurements": self._measurer.measured},
        }
