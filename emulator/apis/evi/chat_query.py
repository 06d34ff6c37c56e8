"""The query of a chat's handshake (docs/protocol.md#handshake)."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError

from emulator.apis.evi.chat.messages import SessionSettings
from emulator.apis.evi.chat.opening import ChatOptions
from emulator.apis.evi.chat.request import HISTORY_LIMIT
from emulator.errors import Problem, ValidationFailed
from emulator.jsontext import JsonTextError, parse
from emulator.openapi import fields

_SETTINGS = "session_settings"
DEEPEST = 10
_OBJECTS = ("audio", "context", "metadata", "variables")  # parameters that may be JSON text
_KEY = re.compile(r"(\w+)((?:\[[^\[\]]*\])*)")


class ChatQuery(BaseModel):
    """The parameters with which a client opens a chat. Unknown keys are ignored."""

    config_id: str | None = None
    config_version: int | None = Field(default=None, ge=0)
    event_limit: int = Field(default=HISTORY_LIMIT, ge=0)
    resumed_chat_group_id: str | None = None
    verbose_transcription: bool = False
    allow_connection: bool = False
    session_settings: SessionSettings | None = None

    def to_options(self) -> ChatOptions:
        return ChatOptions(
            config_id=self.config_id,
            config_version=self.config_version,
            resumed_chat_group_id=self.resumed_chat_group_id,
            settings=self.session_settings,
            event_limit=self.event_limit,
            verbose_transcription=self.verbose_transcription,
            allow_connection=self.allow_connection,
        )


@cache
def chat_fields() -> fields.Field:
    """Return the parameters of a chat's handshake."""
    return fields.compile_definitions(ChatQuery.model_json_schema())


def read_chat_query(query_string: bytes) -> ChatQuery:
    """Read the query's values. Raises ValidationFailed (422) with every problem."""
    given = given_query(query_string)
    voice_id = given.pop("voice_id", "")  # the older spelling of a session setting
    if voice_id and isinstance(given.setdefault(_SETTINGS, {}), dict):
        given[_SETTINGS].setdefault("voice_id", voice_id)
    try:
        return ChatQuery.model_validate({name: v for name, v in given.items() if v != ""})
    except ValidationError as error:
        raise ValidationFailed(
            [Problem(("query", *each["loc"]), each["msg"], each["type"]) for each in error.errors()]
        ) from None


def given_query(query_string: bytes) -> dict[str, Any]:
    """Return names and values as given, in objects and lists where names have brackets.

    Raises ValidationFailed (422) for brackets that are nested too deep.
    """
    given: dict[str, Any] = {}
    for key, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        match = _KEY.fullmatch(key)
        if match is not None:
            path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
            if len(path) > DEEPEST:
                message = f"Input is nested deeper than {DEEPEST} levels"
                raise ValidationFailed([Problem(("query", path[0]), message, "too_deep")])
            _put(given, path, value)
        else:
            given[key] = value  # only the contract reads it, for a finding
    _read_json_texts(given)
    return given


def _put(given: dict[str, Any], path: list[str], value: str) -> None:
    for step in path[:-1]:
        inner = given.get(step)
        if not isinstance(inner, dict):
            inner = given[step] = {}
        given = inner
    given[path[-1]] = value


def _read_json_texts(given: dict[str, Any]) -> None:
    """Replace parameters that are JSON text by the objects in them."""
    given.update(_as_objects(given, (_SETTINGS,)))
    settings = given.get(_SETTINGS)
    if isinstance(settings, dict):
        settings.update(_as_objects(settings, _OBJECTS))
        # Both of the vendor's clients write a null as an empty value.
        given[_SETTINGS] = {name: v for name, v in settings.items() if v not in ("", "null")}


def _as_objects(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    found = {}
    for name in names:
        text = given.get(name)
        if isinstance(text, str) and text.lstrip().startswith("{"):
            try:
                found[name] = parse(text.encode())
            except JsonTextError:
                continue  # the model reports that it is not an object
    return found
