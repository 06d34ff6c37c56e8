"""What a language model says, piece by piece, as a chat is told."""

from dataclasses import dataclass
from typing import TypeAlias

from emulator.jsontext import JsonObject


@dataclass(frozen=True, slots=True)
class Words:
    """Words to speak, which go on where the last ones ended."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolWanted:
    """A tool to call, whose result the model is asked about next."""

    name: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class SessionId:
    """The model has set the custom session id."""

    id: str


@dataclass(frozen=True, slots=True)
class Over:
    """The answer is complete."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The model gave no answer, or broke off; `slug` is that of an error frame."""

    slug: str
    message: str
    ends_chat: bool = False


Reply: TypeAlias = Words | ToolWanted | SessionId | Over | Failed
