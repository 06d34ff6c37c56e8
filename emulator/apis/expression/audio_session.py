"""A session of audio: measures speech while it comes (docs/protocol.md#audio-in-real-time)."""

from emulator.apis.expression.allowance import Allowance
from emulator.apis.expression.configuration import AudioSettings, read_audio_update
from emulator.apis.expression.media import (
    BYTES_IN_MS,
    MAX_AUDIO_MESSAGE_BYTES,
    MAX_FRAME_MS,
    pcm_problem,
)
from emulator.apis.expression.run import Run
from emulator.apis.expression.script import MeasurementScript
from emulator.apis.expression.session import FAILURE, Messages, Session
from emulator.apis.expression.utterances import (
    Failure,
    Found,
    Heard,
    Measurement,
    UtteranceEnd,
    UtteranceMeasurer,
    UtteranceStart,
)
from emulator.jsontext import JsonObject

AHEAD_MS = (
    2_000  # by which audio may come earlier than it plays; a longer frame, once all of it is left
)
_MAX_FRAME_BYTES = MAX_FRAME_MS * BYTES_IN_MS


class AudioSession(Session):
    """One session of audio."""

    ends_with = ("config_invalid", "message_too_large", "internal_error")
    max_message_bytes = MAX_AUDIO_MESSAGE_BYTES

    def __init__(
        self, run: Run, script: MeasurementScript, seed: str, idle_ms: int, now_ms: int
    ) -> None:
        settings = AudioSettings()
        super().__init__(run, settings, idle_ms, now_ms)
        self._script = script
        self._seed = seed
        self._allowance = Allowance(BYTES_IN_MS, AHEAD_MS * BYTES_IN_MS, now_ms)
        self._measurer = UtteranceMeasurer(settings, script, seed)
        self._frames = 0

    def _read_update(self, message: JsonObject) -> AudioSettings:
        settings = read_audio_update(message)
        self._measurer = UtteranceMeasurer(settings, self._script, self._seed)
        return settings

    def _take(self, data: bytes, now_ms: int) -> Messages:
        problem = pcm_problem(data)
        if problem is None and len(data) > _MAX_FRAME_BYTES:
            problem = f"has {len(data)} bytes: at most {_MAX_FRAME_BYTES}, or 10 s, are accepted"
        if problem is not None:
            message = f"The audio frame {problem}."
            return self._refuse("invalid_audio_frame", message, now_ms, {"detail": message})
        if not self._allowance.take(len(data), now_ms):
            return self._refuse(
                "rate_limited",
                "The audio frame came earlier than it plays, and is not measured: wait for its "
                "length, send it again, and send no more than a second of audio in a second.",
                now_ms,
            )
        self._is_locked = True
        self._frames += 1
        self.run.take(len(data), len(data) / BYTES_IN_MS / 1000, now_ms)
        messages: Messages = []
        for heard in self._measurer.take(data):
            messages += self._tell(heard, now_ms)
        return messages

    def _tell(self, heard: Heard, now_ms: int) -> Messages:
        if not isinstance(heard, Failure):
            return [_message(heard)]
        problem = "The measurement failed, as the script says: open a new connection."
        return self._fail("internal_error", problem, now_ms, FAILURE)

    def _finish(self) -> Messages:
        return [_message(heard) for heard in self._measurer.finish()]

    def _totals(self) -> JsonObject:
        measurer = self._measurer
        return {
            "received": {"audio_duration_ms": measurer.heard_ms, "frames": self._frames},
            "produced": {
                "utterances": measurer.utterances,
                "measurements": measurer.measurements,
            },
        }


def _message(found: Found) -> JsonObject:
    match found:
        case UtteranceStart():
            kind = "utterance.start"
        case Measurement():
            kind = "measurement.result"
        case UtteranceEnd():
            kind = "utterance.end"
    return {"type": kind, **found.to_json()}
