"""Replies of a language model, piece by piece, in the form in which a chat gets them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from emulator.apis.evi.model.source import ModelSource
from emulator.jsontext import JsonObject


@dataclass(frozen=True, slots=True)
class Words:
    """Words to speak, which go on where the last ones ended."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolWanted:
    """A tool to call, whose result the model is asked about next; `id` is the model's own."""

    name: str
    arguments: JsonObject
    id: str = ""


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


def failed(source: ModelSource, slug: str, what: str) -> Failed:
    """Return a failure; its message names the model by its URL, as the service's does."""
    message = f"Custom language model {source.url} {what}."
    return Failed(slug, message, source.ends_chat)


def timed_out(source: ModelSource) -> Failed:
    """Return the failure of a model that can't be reached, or says nothing in time."""
    what = "timed out during connection attempt"
    return failed(source, "custom_language_model_timed_out", what)


def disconnected(source: ModelSource) -> Failed:
    """Return the failure of a model that breaks off."""
    return failed(source, "custom_language_model_disconnected", "disconnected")


Reply: TypeAlias = Words | ToolWanted | SessionId | Over | Failed
Hear: TypeAlias = Callable[[Reply], None]


class NotHeard(Exception):
    """A bug in what hears a reply, which is its cause: no failure of the model."""


class Enough(Exception):
    """Nobody wants the rest of the answer. Who hears a reply raises it; the connection closes."""
