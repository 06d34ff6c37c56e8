"""The assistant's turns: the steps of one, and how far it has come."""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from emulator.apis.evi.chat.messages import ToolCall
from emulator.apis.evi.chat.prosody import Scores
from emulator.apis.evi.chat.script import Say, Step, UseBuiltin
from emulator.apis.evi.model.question import Question
from emulator.jsontext import Fragment

# Where a turn comes from: an answer, an assistant_input, or an event message of the config.
Source: TypeAlias = Literal["answer", "input", "event"]


@dataclass(frozen=True, slots=True)
class End:
    """A step that ends the chat; `slug` names the error frame that says so.

    `message` replaces the frame's own text; `cause` is noted by the contract alone.
    """

    status: str
    slug: str | None = None
    seconds: int = 0
    message: str | None = None
    cause: str | None = None


# Every sentence makes these two steps, and a frozen class takes four times as long to make.
class Sentence(NamedTuple):
    """A sentence to speak, of what is said."""

    text: str
    say: Say


class Prosody(NamedTuple):
    """The scores of a sentence that was just said."""

    message_id: str
    event_id: str
    scores: Scores
    features: Fragment  # the scores as events show them


@dataclass(frozen=True, slots=True)
class Sound:
    """A chunk of a sentence's sound, which comes late."""

    message_id: str
    index: int
    data: str


@dataclass(frozen=True, slots=True)
class BuiltinAnswer:
    """The answer of a built-in tool, which comes after a while."""

    call: ToolCall
    step: UseBuiltin


@dataclass(frozen=True, slots=True)
class AskModel:
    """The language model finds the words; `instruction` takes the place of a user's words."""

    number: int  # of the user's turn
    instruction: str | None = None
    again: Question | None = None  # that was answered with silence


TurnStep: TypeAlias = Step | End | AskModel | Sentence | Sound | Prosody | BuiltinAnswer


@dataclass(slots=True)
class Turn:
    """The rest of a turn. Its next step is due at `due_ms`, unless a tool must answer first."""

    steps: deque[TurnStep]
    source: Source
    due_ms: int
    values: dict[str, str] = field(default_factory=dict)  # values of placeholders
    waits_for: ToolCall | None = None
    question: Question | None = None  # that the language model is answering
    sound_id: str | None = None  # of the next sentence, while the voice's server makes it
    is_prepared: bool = False  # True if that was tried
    unspoken: str = ""  # the beginning of the model's next sentence
    found: int = 0  # sentences of the model so far
    models_call_id: str = ""  # of the tool call that comes next
    was_asked_again: bool = False
    is_models: bool = False  # the model finds its words, in which no placeholder is filled
    spoke: bool = False

    @property
    def is_idle(self) -> bool:
        """True if nothing of it can be done before somebody answers."""
        if self.waits_for is not None or self.sound_id is not None:
            return True
        return self.question is not None and not self.steps
