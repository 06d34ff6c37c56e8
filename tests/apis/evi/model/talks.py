"""Chats whose config names a custom language model."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from emulator.testing.world import Evi
from tests.testing.talking import Talk, http, talking

_numbers = count()
GREETS = {
    "on_new_chat": {"enabled": True, "text": ""},
    "on_inactivity_timeout": {"enabled": False, "text": ""},
    "on_max_duration_timeout": {"enabled": False, "text": ""},
}


def create(evi: Evi, kind: str, **body: Any) -> dict[str, Any]:
    """Create a config or a tool, and return it."""
    with http(evi) as client:
        answer = client.post(f"/v0/evi/{kind}", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def new_config(evi: Evi, url: str | None, model_name: str | None = None, **more: Any) -> str:
    """Create a config that names a custom language model, and return its id."""
    model = {"model_provider": "CUSTOM_LANGUAGE_MODEL", "model_resource": url}
    if model_name is not None:
        model["custom_language_model_model"] = model_name
    body = {"evi_version": "3", "name": f"model {next(_numbers)}", "language_model": model, **more}
    id: str = create(evi, "configs", **body)["id"]
    return id


def new_tool(evi: Evi, name: str = "get_weather") -> str:
    """Create a tool, and return its id."""
    parameters = '{"type": "object", "properties": {"location": {"type": "string"}}}'
    id: str = create(evi, "tools", name=name, parameters=parameters, description="The weather.")[
        "id"
    ]
    return id


@contextmanager
def chatting(
    evi: Evi, url: str, query: dict[str, str] | None = None, **more: Any
) -> Iterator[Talk]:
    """A client's chat with a config that names this model."""
    with talking(evi, config_id=new_config(evi, url, **more), **(query or {})) as talk:
        talk.read_until("chat_metadata")
        yield talk


def answers(talk: Talk, *until: str) -> list[dict[str, Any]]:
    """Read up to the end of the answer, or to an error; return the messages but for sound."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["type"] not in (until or ("assistant_end", "error")):
        message = json.loads(talk.socket.recv(timeout=10))
        if message["type"] not in ("audio_output", "assistant_prosody"):
            found.append(message)
    return found


def said(messages: list[dict[str, Any]]) -> list[str]:
    """Return the sentences of the assistant in them."""
    return [each["message"]["content"] for each in messages if each["type"] == "assistant_message"]


def exchange(talk: Talk, text: str) -> list[str]:
    """Say something, and return the sentences of the answer."""
    talk.say(text)
    messages = answers(talk)
    assert messages[-1]["type"] == "assistant_end", messages
    return said(messages)


def error_of(talk: Talk, text: str) -> dict[str, Any]:
    """Say something, and return the error frame that comes."""
    talk.say(text)
    last = answers(talk)[-1]
    assert last["type"] == "error"
    return last
