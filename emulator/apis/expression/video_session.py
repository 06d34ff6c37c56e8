"""A session of video: answers each frame with its faces (docs/protocol.md#video-in-real-time)."""

from emulator.apis.expression.allowance import Allowance
from emulator.apis.expression.configuration import FaceSettings, read_video_update
from emulator.apis.expression.faces import FaceMeasurer, Size
from emulator.apis.expression.media import MAX_IMAGE_BYTES, MediaProblem, check_image
from emulator.apis.expression.run import Run
from emulator.apis.expression.script import MeasurementScript
from emulator.apis.expression.session import Messages, Session
from emulator.jsontext import JsonObject

FRAMES_PER_S = 3
METERED_S = 1 / 3  # of each frame
MOST_FAILURES = 5  # in a row: the last one ends the session
_SCRIPTED_FAILURE = "The measurement failed, as the script says."
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
        self._faults: list[tuple[str, str]] = []  # codes and messages, for the next frames

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
        self.is_faulty = bool(self._faults)
        code, message = self._faults.pop(0) if self.is_faulty else ("", "")
        if code == "rate_limited" or not self._allowance.take(_FRAME, now_ms):
            return self._refuse(
                "rate_limited",
                message
                or f"The frame is not measured: at most {FRAMES_PER_S} in a second are accepted.",
                now_ms,
            )
        self.run.take(len(data), METERED_S, now_ms)
        try:
            size = check_image(data)
            if code == "invalid_image_frame":
                raise MediaProblem(code, message)
        except MediaProblem as problem:
            detail = {"detail": str(problem)}
            return self._refuse("invalid_image_frame", str(problem), now_ms, detail)
        self._is_locked = True
        number, self._accepted = self._accepted, self._accepted + 1
        if code == "internal_error" or self._script.fails_in(number):
            return self._fail_frame(
                message or "The measurement failed, as the script says.", now_ms
            )
        return self._result(number, size)

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
