"""Clients with one mistake each: the report names it, and nothing else. And clients with none."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.world import Evi

WEATHER_TOOL = {
    "name": "get_weather",
    "parameters": '{"type": "object", "properties": {"city": {"type": "string"}}}',
}


class SmallClient:
    """A client as somebody may write it: configs over HTTP, and a chat that answers tool calls."""

    version_field = "evi_version"
    description_field = "version_description"
    first_page = 0

    def __init__(self, url: str, api_key: str) -> None:
        self._socket_url = f"{url.replace('http', 'ws', 1)}/v0/evi/chat?api_key={api_key}"
        headers = {"X-Hume-Api-Key": api_key, "Accept": "application/json"}
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False)

    def create_config(self, name: str, description: str) -> httpx.Response:
        body = {self.version_field: "3", "name": name, self.description_field: description}
        return self._http.post("/v0/evi/configs", json=body)

    def configs(self) -> Iterator[dict[str, Any]]:
        """All configs, page after page."""
        number = self.first_page
        while True:
            query = {"page_number": number, "page_size": 2}
            page = self._http.get("/v0/evi/configs", params=query).json()["configs_page"]
            if not page:
                return
            yield from page
            number += 1

    def talk(self, *texts: str) -> list[str]:
        """What the assistant says to each."""
        with connect(self._socket_url, proxy=None, max_queue=None) as socket:
            return [self._say(socket, text) for text in texts]

    def _say(self, socket: ClientConnection, text: str) -> str:
        socket.send(json.dumps({"type": "user_input", "text": text}))
        said: list[str] = []
        while True:
            message = json.loads(socket.recv(timeout=3))
            if message["type"] == "tool_call":
                socket.send(json.dumps(self.tool_response(message)))
            elif message["type"] == "assistant_message":
                said.append(message["message"]["content"])
            elif message["type"] in ("assistant_end", "error"):
                return " ".join(said)

    def tool_response(self, call: dict[str, Any]) -> dict[str, Any]:
        """The answer to a tool call."""
        id = call["tool_call_id"]
        return {"type": "tool_response", "tool_call_id": id, "content": "sunny"}

    def close(self) -> None:
        self._http.close()


class MisspellsAField(SmallClient):
    description_field = "verison_description"


class MisspellsARequiredField(SmallClient):
    version_field = "evi_versoin"


class CountsPagesFromOne(SmallClient):
    first_page = 1


class IgnoresTheToolCallId(SmallClient):
    def tool_response(self, call: dict[str, Any]) -> dict[str, Any]:
        return {**super().tool_response(call), "tool_call_id": "call-1"}


def use(evi: Evi, kind: type[SmallClient]) -> None:
    """All that a client can do, once."""
    evi.script.on_user("weather").call_tool("get_weather", {"city": "Oslo"}).say("{tool_result}")
    client = kind(evi.url, evi.api_key)
    client.create_config("Weather", "the first")
    list(client.configs())
    client.talk("Hello", "How is the weather?")
    client.close()
    evi.journal.wait_for(kind="frame", close=1000)


def faults(evi: Evi) -> list[tuple[str, str, str, Any]]:
    """What the report says: code, subject, place, got."""
    return [
        (found["code"], found["subject"], found["place"], found["got"])
        for found in evi.contract.findings
    ]


def test_a_misspelt_field(evi: Evi) -> None:
    """It is accepted and does nothing; the report knows what was meant."""
    use(evi, MisspellsAField)
    assert faults(evi) == [
        ("field_unknown", "create-config", "/body/verison_description", "verison_description")
    ]
    [found] = evi.contract.findings
    assert found["hint"] == "did you mean 'version_description'?"
    assert evi.configs["Weather"]["version_description"] == ""


def test_a_misspelt_required_field(evi: Evi) -> None:
    """The request is refused for what is missing, and the report says why it is."""
    use(evi, MisspellsARequiredField)
    assert sorted(faults(evi)) == [
        ("field_unknown", "create-config", "/body/evi_versoin", "evi_versoin"),
        ("request_invalid", "create-config", "/body/evi_version", None),
    ]


def test_a_wrong_page_base(evi: Evi) -> None:
    """The first page is never seen; the report says so."""
    use(evi, CountsPagesFromOne)
    assert faults(evi) == [("page_base", "list-configs", "/query/page_number", 1)]


def test_an_ignored_tool_call_id(evi: Evi) -> None:
    """The answer reaches no call; the report names the one that waited, and waits still."""
    use(evi, IgnoresTheToolCallId)
    [call] = [
        entry["content"]["tool_call_id"]
        for entry in evi.journal.entries(kind="frame", direction="out")
        if entry.get("content", {}).get("type") == "tool_call"
    ]
    assert faults(evi) == [
        ("tool_call_unknown", "chat socket", "/frame/tool_call_id", "call-1"),
        ("tool_call_unanswered", "chat socket", "/socket/tool_call_id", call),
    ]
    assert evi.contract.findings[0]["expected"] == f"one of {call}"
    with pytest.raises(ExpectationFailed, match=f'expected one of {call}; got "call-1"'):
        evi.contract.assert_clean()


def test_a_client_without_mistakes(evi: Evi) -> None:
    """There is nothing to say of it."""
    use(evi, SmallClient)
    evi.contract.assert_clean()


@pytest.mark.filterwarnings(
    "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
)
def test_the_vendors_client(evi: Evi) -> None:
    """Neither is there of Hume's, and the coverage has what it did."""
    from hume.empathic_voice.types.user_input import UserInput

    client = evi.client()
    tool = client.empathic_voice.tools.create_tool(
        name=WEATHER_TOOL["name"], parameters=WEATHER_TOOL["parameters"]
    )
    config = client.empathic_voice.configs.create_config(
        evi_version="3", name="Weather", tools=[{"id": tool.id}], prompt={"text": "Be kind."}
    )
    for _ in client.empathic_voice.configs.list_configs(page_size=2):
        pass
    with client.empathic_voice.chat.connect(config_id=config.id) as socket:
        chat = evi.next_chat()
        socket.send_publish(UserInput(text="Hello"))
        chat.expect("user_input", text="Hello")
    chat.closed()

    evi.contract.assert_clean()
    parts = {part.name: part for part in evi.contract.coverage.parts}
    assert {item.name for item in parts["operations"].items if item.count} == {
        "create-tool",
        "create-config",
        "list-configs",
    }
    fields = {item.name for item in parts["body_fields"].items if item.count}
    assert fields >= {"create-config /prompt/text", "create-config /tools", "create-tool /name"}
    assert [item.name for item in parts["messages_sent"].items if item.count] == ["user_input"]
    assert "chat_metadata" not in parts["messages_received"].missing
    assert [item.name for item in parts["chat_ends"].items if item.count] == ["USER_ENDED"]
