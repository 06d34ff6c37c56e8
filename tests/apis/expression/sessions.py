"""Sessions without a socket, on a time that tests move."""

from collections.abc import Iterable

from emulator.apis.expression.audio_session import AudioSession
from emulator.apis.expression.configuration import AudioSettings, FaceSettings
from emulator.apis.expression.run import AUDIO, REALTIME, VIDEO, Run
from emulator.apis.expression.script import read_script
from emulator.apis.expression.session import Session
from emulator.apis.expression.video_session import VideoSession
from emulator.jsontext import JsonObject, render

BEGIN_MS = 1_000_000
IDLE_MS = 60_000


class Talk:
    """A session, its run, and the time."""

    def __init__(self, session: Session, run: Run) -> None:
        self.session = session
        self.run = run
        self.now_ms = BEGIN_MS
        self.all = session.created()

    def send(self, *frames: bytes) -> list[JsonObject]:
        """Send frames of media at once; return what is answered."""
        answers = [
            each for data in frames for each in self.session.receive_bytes(data, self.now_ms)
        ]
        return self._keep(answers)

    def say(self, type: str, **fields: object) -> list[JsonObject]:
        """Send a message."""
        return self.say_text(render({"type": type, **fields}))

    def say_text(self, text: bytes) -> list[JsonObject]:
        """Send a text."""
        return self._keep(self.session.receive_text(text, self.now_ms))

    def stream(self, pcm: bytes, frame_ms: int = 100) -> list[JsonObject]:
        """Send audio as fast as it plays."""
        size, answers = frame_ms * 32, list[JsonObject]()
        for at in range(0, len(pcm), size):
            self.now_ms += frame_ms
            answers += self.send(pcm[at : at + size])
        return answers

    def wait(self, ms: int) -> list[JsonObject]:
        """Let time pass."""
        self.now_ms += ms
        return self._keep(self.session.tick(self.now_ms))

    def fault(self, code: str) -> list[JsonObject]:
        """Have a fault ask for an error."""
        return self._keep(self.session.fault(code, "Asked for.", self.now_ms))

    def end(self, reason: str) -> list[JsonObject]:
        return self._keep(self.session.end(reason, self.now_ms))

    def _keep(self, answers: list[JsonObject]) -> list[JsonObject]:
        self.all += answers
        return answers

    def events(self) -> list[tuple[str, object]]:
        """Return the kind and the detail of each event of the run."""
        return [(event.kind, event.detail) for event in self.run.events]


def audio(script: str = "") -> Talk:
    """Begin a session of audio."""
    run = Run("run-1", "user", AUDIO, REALTIME, BEGIN_MS, AudioSettings().to_json(), BEGIN_MS)
    return Talk(AudioSession(run, read_script(script), "1", IDLE_MS, BEGIN_MS), run)


def video(script: str = "") -> Talk:
    """Begin a session of video."""
    run = Run("run-1", "user", VIDEO, REALTIME, BEGIN_MS, FaceSettings().to_json(), BEGIN_MS)
    return Talk(VideoSession(run, read_script(script), "1", IDLE_MS, BEGIN_MS), run)


def types(messages: Iterable[JsonObject]) -> list[str]:
    """Return the types of messages; of errors, their codes."""
    return [each["code"] if each["type"] == "error" else each["type"] for each in messages]
