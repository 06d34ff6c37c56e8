"""The output of a session: messages to the client, and chat events for everybody else."""

from dataclasses import dataclass, field
from typing import TypeAlias

from emulator.apis.evi.chat import frames
from emulator.apis.evi.chat.messages import ToolCall
from emulator.apis.evi.chat.settings import EffectiveSettings
from emulator.apis.evi.ears.utterance import Utterance
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.apis.evi.model.question import Question
from emulator.audio.sound import Sound
from emulator.ids import IdSource
from emulator.journal.entries import ScriptEntry
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject

_LONGEST_NOTE = 4_000  # characters; a note may quote what the user said


@dataclass(frozen=True, slots=True)
class ChatStarted:
    """The chat began, in a new group or in one that it resumed."""

    start_ms: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The assistant called a function tool."""

    at_ms: int
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ChatEnded:
    """The chat ended with a status such as USER_ENDED."""

    start_ms: int
    end_ms: int
    status: str


ChatEvent: TypeAlias = ChatStarted | ToolCalled | ChatEnded


@dataclass(frozen=True, slots=True)
class SoundWanted:
    """A sentence's sound, which the voice's server must make before the sentence is said."""

    id: str
    sound: Sound


@dataclass(frozen=True, slots=True)
class Dropped:
    """An answer, the words of an utterance, or a sound are not wanted any more."""

    question_id: str


# What a chat asks of a language model, of ears or of a voice; its driver talks to them.
Ask: TypeAlias = Question | Utterance | SoundWanted | Dropped


@dataclass(slots=True)
class Output:
    """The messages, events and questions that one input caused, each in order."""

    messages: list[JsonObject] = field(default_factory=list)
    events: list[ChatEvent] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True if the input caused nothing, as most of a user's sound does."""
        return not (self.messages or self.events or self.asks)


class Channel:
    """Collects the output of a session until its driver takes it."""

    def __init__(
        self, chat_id: str, settings: EffectiveSettings, ids: IdSource, journal: Journal
    ) -> None:
        self._chat_id = chat_id
        self._settings = settings
        self._ids = ids
        self._journal = journal
        self._out = Output()

    def send(self, message: JsonObject) -> None:
        """Send a message to the client, with the session id that the client chose."""
        message["custom_session_id"] = self._settings.custom_session_id
        self._out.messages.append(message)

    def error(
        self, slug: str, message: str | None = None, cause: str | None = None, **values: object
    ) -> None:
        """Send an error frame of CHAT_ERRORS."""
        self.send(self.new_error(slug, message, cause, **values))

    def new_error(
        self, slug: str, message: str | None = None, cause: str | None = None, **values: object
    ) -> JsonObject:
        """Make an error frame; note in the journal the errors that only an emulator has.

        Only scripts and faults give a `message`, and such a frame has no cause. The cause of any
        other frame is its text, unless `cause` says more.
        """
        kind = CHAT_ERRORS[slug]
        text = message or kind.message.format(**values)
        if kind.code.startswith("EMU"):
            self.note(text, slug)
        chosen = self._settings.custom_session_id
        cause = None if message is not None else cause or text
        return frames.error(kind.code, slug, text, self.request_id(), chosen, cause)

    def note(self, message: str, finding: str) -> None:
        """Note something in the journal alone."""
        shown = message[:_LONGEST_NOTE]
        self._journal.add(ScriptEntry(chat_id=self._chat_id, finding=finding, message=shown))

    def tell(self, event: ChatEvent) -> None:
        self._out.events.append(event)

    def ask(self, ask: Ask) -> None:
        """Ask a language model, the ears or the voice, or drop what was asked."""
        self._out.asks.append(ask)

    def request_id(self) -> str:
        return new_request_id(self._ids)

    def take(self) -> Output:
        """Return the output since the last call."""
        out, self._out = self._out, Output()
        return out


def new_request_id(ids: IdSource) -> str:
    """Return a UUID with seven digits after it (docs/protocol.md#messages)."""
    return f"{ids.uuid()}{int(ids.secret()[:6], 16) % 10_000_000:07d}"
