"""Reads what clients send on the socket: the query of the handshake, and messages.

Facts: docs/protocol.md#the-text-to-speech-socket.
"""

from functools import cache
from typing import Any, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError, model_validator

from emulator.errors import Loc, Problem, ValidationFailed
from emulator.jsontext import Json, JsonObject
from emulator.openapi import fields

FRAME: Loc = ("frame",)
_REPEATED = ("include_timestamp_types",)


class StreamQuery(BaseModel):
    """The parameters with which a client opens the socket. Unknown keys are ignored."""

    context_generation_id: str | None = None
    format_type: Literal["mp3", "pcm", "wav"] = "mp3"
    include_timestamp_types: list[Literal["word", "phoneme"]] = []
    instant_mode: bool = True
    no_binary: bool = False
    strip_headers: bool = False
    temperature: float | None = Field(default=None, ge=0, le=1)
    version: Literal["1", "2"] | None = None


class _WithoutNulls(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _leave_nulls_out(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        return {name: value for name, value in content.items() if value is not None}


class NamedVoice(_WithoutNulls):
    """A voice by its id or its name."""

    id: str | None = None
    name: str | None = None
    provider: Literal["HUME_AI", "CUSTOM_VOICE"] | None = None

    @model_validator(mode="after")
    def _check_named(self) -> "NamedVoice":
        if self.id is None and self.name is None:
            raise ValueError("expected 'id' or 'name', got neither")
        return self


class PublishTts(_WithoutNulls):
    """A message: text for the buffer, how it is to be said, and what to do with the buffer."""

    text: str = Field(default="", max_length=5000)
    voice: NamedVoice | None = None
    description: str | None = Field(default=None, max_length=1000)
    speed: float = Field(default=1, ge=0.25, le=3)
    trailing_silence: float = Field(default=0, ge=0, le=5)
    flush: bool = False
    close: bool = False


def given_query(query_string: bytes) -> JsonObject:
    """Return names and values as given: a list where a name may be repeated, else the last."""
    given: JsonObject = {}
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        if name in _REPEATED:
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    return given


def read_query(query_string: bytes) -> StreamQuery:
    """Read the query's values; an empty one counts as left out. Raises ValidationFailed (422)."""
    given = given_query(query_string)
    try:
        return StreamQuery.model_validate({name: v for name, v in given.items() if v != ""})
    except ValidationError as error:
        raise ValidationFailed(_problems(error, ("query",))) from None


def read_message(content: Json) -> PublishTts:
    """Read a message. Raises ValidationFailed with every problem."""
    try:
        return PublishTts.model_validate(content, strict=True)
    except ValidationError as error:
        raise ValidationFailed(_problems(error, FRAME)) from None


def _problems(error: ValidationError, at: Loc) -> list[Problem]:
    return [Problem((*at, *each["loc"]), each["msg"], each["type"]) for each in error.errors()]


@cache
def query_fields() -> fields.Field:
    """Return the parameters of the handshake."""
    return fields.compile_definitions(StreamQuery.model_json_schema())


@cache
def message_fields() -> fields.Field:
    """Return the fields of a message."""
    return fields.compile_definitions(PublishTts.model_json_schema())
