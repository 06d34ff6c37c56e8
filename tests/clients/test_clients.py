"""Older and newer versions of the vendor's packages for Python and Node: calls, and a chat."""

from contextlib import closing

import httpx
import pytest

from emulator.testing.world import Evi
from tests.clients.clients import CLIENTS, Client

pytestmark = pytest.mark.process

PACKAGES = [each for each in CLIENTS if each.is_package]
BODIES = {
    "prompt": {"name": "A prompt", "text": "Be kind."},
    "tool": {"name": "a_tool", "parameters": '{"type": "object", "properties": {}}'},
    "config": {"name": "A config", "evi_version": "3"},
}
SENTENCE = ["assistant_message", "audio_output", "assistant_prosody"]


def each(*clients: Client) -> pytest.MarkDecorator:
    """The test is run for each of these versions."""
    names = [client.name for client in clients]
    return pytest.mark.parametrize("client", clients, ids=names, indirect=True)


def codes(evi: Evi) -> list[str]:
    """What the contract finds about the client."""
    return [finding["code"] for finding in evi.contract.findings]


@each(*PACKAGES)
def test_calls(client: Client, evi: Evi) -> None:
    """It creates, lists and gets configs, prompts and tools, and does nothing wrong."""
    found = client.run(evi, "calls", bodies=BODIES)
    for kind, resources in {
        "prompt": evi.prompts, "tool": evi.tools, "config": evi.configs
    }.items():  # fmt: skip
        name = BODIES[kind]["name"]
        assert found[kind] == {"id": resources[name]["id"], "listed": [name], "got": name}
    assert codes(evi) == []


@each(*PACKAGES)
def test_a_chat(client: Client, evi: Evi) -> None:
    """A text turn: each sentence is shown and heard, and the chat is closed in peace."""
    evi.script.on_user("weather").say("It snows. Take a coat.")
    messages = client.run(evi, "chat", text="What's the weather?")

    sentence = SENTENCE[:2] if client.needs_inline_prosody else SENTENCE
    assert [message["type"] for message in messages] == [
        "chat_metadata", "user_message", *sentence, *sentence, "assistant_end"
    ]  # fmt: skip
    shown = [message for message in messages if message["type"] == "assistant_message"]
    assert [message["text"] for message in shown] == ["It snows.", "Take a coat."]
    scored = SENTENCE[0] if client.needs_inline_prosody else SENTENCE[2]
    assert [m["scores"] for m in messages if m["type"] == scored] == [48, 48]
    assert [m["sound"] for m in messages if m["type"] == "audio_output"] == ["RIFF", "RIFF"]

    chat = evi.next_chat()
    chat.closed(code=1000)
    assert codes(evi) == (["credential_spelling"] if client.has_older_credentials else [])
    history = client.run(evi, "history", chat_id=chat.id)
    assert history["chats"] == [chat.id]
    assert history["events"] == [event["type"] for event in chat.events]
    assert history["events"].count("ASSISTANT_PROSODY") == 2


@each(*PACKAGES)
def test_tools_and_errors(client: Client, evi: Evi) -> None:
    """It reads a call and answers it, and reads what a built-in tool found, and an error."""
    rule = evi.script.on_user("weather")
    rule.use_builtin("web_search", {"query": "weather"}).error("custom_language_model_disconnected")
    rule.call_tool("get_weather", {"city": "Oslo"}).say("There is {tool_result}.")
    messages = client.run(evi, "chat", text="What's the weather?")

    sentence = SENTENCE[:2] if client.needs_inline_prosody else SENTENCE
    assert [message["type"] for message in messages] == [
        "chat_metadata", "user_message", "tool_response", "error", "tool_call", *sentence,
        "assistant_end",
    ]  # fmt: skip
    assert evi.next_chat().messages[-1] == ("assistant", "There is snow.")


@each(*(client for client in PACKAGES if client.has_older_credentials))
def test_a_chat_by_token(client: Client, evi: Evi) -> None:
    """Its handshake says accessToken."""
    form = {"grant_type": "client_credentials"}
    url, auth = f"{evi.url}/oauth2-cc/token", (evi.api_key, "any")
    answer = httpx.post(url, data=form, auth=auth, verify=False, trust_env=False)
    messages = client.run(evi, "chat", text="Hello", token=answer.json()["access_token"])
    assert messages[-1]["type"] == "assistant_end"
    [found] = evi.contract.findings
    assert (found["code"], found["place"]) == ("credential_spelling", "/query/accessToken")


@each(*(client for client in PACKAGES if client.needs_inline_prosody))
def test_a_frame_that_it_does_not_know(
    client: Client, evi: Evi, request: pytest.FixtureRequest
) -> None:
    """Without the setting each assistant_prosody is an error to it."""
    server = request.getfixturevalue("secure" if client.needs_tls else "plain")
    with closing(server.world()) as framed:
        messages = client.run(framed, "chat", text="Hello")
    errors = [message["text"] for message in messages if message["type"] == "unreadable"]
    assert len(errors) == [m["type"] for m in messages].count("assistant_message") > 0
    assert all("assistant_prosody" in text or "unknown message" in text for text in errors)
