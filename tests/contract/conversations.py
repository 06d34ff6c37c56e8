"""The table's conversations, as the tests of the vendor's clients set them up."""

from typing import Any

import httpx
import pytest
from _pytest.mark.structures import ParameterSet

from conformance.table import NOBODY, Case, Connection, Conversation, load_tables

__all__ = [
    "CASES",
    "CONNECTIONS",
    "NOBODY",
    "TABLE",
    "TABLES",
    "WEATHER_TOOL",
    "Conversation",
    "Json",
    "params",
    "prepare",
    "say",
    "send",
    "until",
]

Json = dict[str, Any]

TABLES = load_tables()
TABLE = TABLES[0]  # EVI's, which alone has conversations
CASES: list[Case] = [case for table in TABLES for case in table.cases]
CONNECTIONS: list[Connection] = [each for table in TABLES for each in table.connections]

WEATHER_TOOL: Json = {
    "name": "get_weather",
    "description": "Tells the weather.",
    "parameters": '{"type": "object", "properties": {"city": {"type": "string"}}}',
    "fallback_content": "Nobody knows the weather.",
}


def send(type: str, **fields: Any) -> Json:
    return {"send": {"type": type, **fields}}


def say(text: str) -> Json:
    return send("user_input", text=text)


def until(type: str) -> Json:
    return {"await": type}


def prepare(remote: httpx.Client, conversation: Conversation) -> Json:
    """Set the world up. Returns the options with which the client is to connect."""
    options = dict(conversation.connect or {})
    if conversation.before is not None:
        earlier = _done(remote.post("/_emulator/simulate", json=conversation.before))
        options["resumed_chat_group_id"] = earlier["chat_group_id"]
    if conversation.config is not None:
        tools = [_done(remote.post("/v0/evi/tools", json=each)) for each in conversation.tools]
        named = [{"id": tool["id"]} for tool in tools]
        body = {"name": conversation.title, **conversation.config, "tools": named}
        options["config_id"] = _done(remote.post("/v0/evi/configs", json=body))["id"]
    if conversation.script is not None:
        _done(remote.put("/_emulator/script", json={"script": conversation.script}))
    for text in conversation.heard:
        _done(remote.post("/_emulator/heard", json={"text": text}))
    return options


def _done(response: httpx.Response) -> Json:
    assert response.is_success, response.text
    answer: Json = response.json()
    return answer


def params() -> list[ParameterSet]:
    """The conversations for `pytest.mark.parametrize`."""
    return [pytest.param(each, id=each.id) for each in TABLE.conversations]
