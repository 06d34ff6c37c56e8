"""Models: what language models were asked, and what they answered."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from httpx import Client
from playwright.sync_api import Page, expect
from websockets.sync.client import ClientConnection, connect

from emulator.server import Server
from tests.apis.evi.model.server import DONE, Answer, ModelServer, chunk, tool, words
from tests.inspector.browsing import BOTH, Inspector
from tests.outgoing.calls import ask

TOOL = {
    "name": "get_weather",
    "description": "The weather of a place.",
    "parameters": '{"type": "object", "properties": {"location": {"type": "string"}}}',
}
_numbers = count()
KEY = "s3cret-of-the-model"


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """A server of a custom language model."""
    with ModelServer().serving() as server:
        yield server


def config(remote: Client, url: str, **more: Any) -> str:
    """Create a config that names the model, and return its id."""
    asks = {"model_provider": "CUSTOM_LANGUAGE_MODEL", "model_resource": url}
    body = {"evi_version": "3", "name": f"model {next(_numbers)}", "language_model": asks, **more}
    id: str = ask(remote, "POST", "/v0/evi/configs", body, 201)["id"]
    return id


def held(remote: Client, url: str, *user: str) -> str:
    """Have a chat simulated in which the user speaks, and return its id."""
    body = {"user": user or ["How is the weather?"], "config_id": config(remote, url)}
    id: str = ask(remote, "POST", "/_emulator/simulate", body)["chat_id"]
    return id


def until(socket: ClientConnection, *types: str) -> None:
    """Read up to a message of one of the types."""
    while json.loads(socket.recv(timeout=10))["type"] not in types:
        pass


def open_first(page: Page) -> None:
    page.get_by_role("list", name="Questions").get_by_role("button").first.click()


def test_a_question_shows_at_once(inspector: Inspector, remote: Client, model: ModelServer) -> None:
    """The newest is the first of the list; opened, it has the request and the answer."""
    page = inspector.open("models")
    expect(page.get_by_text("This world has not asked a language model")).to_be_visible()
    held(remote, model.url, "Hello?")
    first = page.get_by_role("list", name="Questions").get_by_role("button").first
    expect(first).to_contain_text("Hello?")
    model.answer(words("Sunny", " and warm."))
    chat_id = held(remote, model.url)
    for text in ("Turn 1", "How is the weather?", "200 · complete", "first token", model.url):
        expect(first).to_contain_text(text)
    expect(first).to_contain_text(chat_id)

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Turn 1")).to_be_visible()
    asked = page.get_by_role("article", name="User message")
    expect(asked).to_contain_text("How is the weather?")
    scores = asked.get_by_text("Prosody: 48 scores")
    expect(asked.get_by_text("Boredom", exact=True)).to_be_hidden()
    scores.click()
    expect(asked.get_by_text("Boredom", exact=True)).to_be_visible()
    expect(page.get_by_label("Answer", exact=True)).to_contain_text("Sunny and warm.")
    expect(page.get_by_role("group", name="Stream as received")).to_contain_text("data: [DONE]")
    expect(page.get_by_label("Timing")).to_contain_text("after")
    inspector.check(*BOTH)

    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_role("log")).to_contain_text("Sunny and warm.")
    page.go_back()
    expect(page.get_by_role("heading", name="Turn 1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Choose a question")).to_be_visible()
    inspector.check_console()


def test_the_command_has_no_key(
    inspector: Inspector, server: Server, api_key: str, remote: Client, model: ModelServer
) -> None:
    """Neither the model's nor the client's, and what the model repeats of it is hidden, too."""
    tool = ask(remote, "POST", "/v0/evi/tools", TOOL, 201)
    with_tool = config(remote, model.url, tools=[{"id": tool["id"]}])
    model.answer(Answer((chunk("Yes.", api_key=KEY), chunk(access_token=KEY), DONE)))
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}&config_id={with_tool}"
    with connect(url, proxy=None, max_queue=None) as socket:
        settings = {"type": "session_settings", "language_model_api_key": KEY}
        socket.send(json.dumps(settings))
        socket.send(json.dumps({"type": "user_input", "text": "It's me"}))
        until(socket, "assistant_end")
    assert model.asked[0].headers["Authorization"] == f"Bearer {KEY}"

    page = inspector.open("models")
    open_first(page)
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_role("status").get_by_text("curl command copied")).to_be_visible()
    command = inspector.copied()
    assert command.startswith("curl -s")
    assert f"'{model.url}'" in command
    assert "-H 'Authorization: Bearer (hidden)'" in command
    assert "It'\\''s me" in command
    assert api_key not in command
    stream = page.get_by_role("group", name="Stream as received")
    expect(stream).to_contain_text('"api_key": "(hidden)"')
    assert KEY not in command + page.content()
    tools = page.get_by_label("1 tool", exact=True)
    tools.get_by_text("get_weather").click()
    expect(tools).to_contain_text("The weather of a place.")
    expect(tools.get_by_role("group", name="Parameters")).to_contain_text('"location"')
    inspector.check(*BOTH)


def test_a_tool_call_and_the_session_id(
    inspector: Inspector, server: Server, api_key: str, remote: Client, model: ModelServer
) -> None:
    """What the answer calls is shown with its arguments, and so is the session id that was sent."""
    made = ask(remote, "POST", "/v0/evi/tools", TOOL, 201)
    config_id = config(remote, model.url, tools=[{"id": made["id"]}])
    model.answer(tool("get_weather", '{"location": "Oslo"}'))
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}&config_id={config_id}"
    with connect(url, proxy=None, max_queue=None) as socket:
        socket.send(json.dumps({"type": "session_settings", "custom_session_id": "mine"}))
        socket.send(json.dumps({"type": "user_input", "text": "How is the weather?"}))
        until(socket, "tool_call")
    page = inspector.open("models")
    open_first(page)
    answer = page.get_by_label("Answer", exact=True)
    expect(answer.get_by_label("Tool call get_weather")).to_contain_text("Oslo")
    expect(page.get_by_label("About it")).to_contain_text("Session id sentmine")
    inspector.check()


def test_what_went_wrong(inspector: Inspector, remote: Client, model: ModelServer) -> None:
    """Findings about an answer, and a refusal with what it said; the timeline leads here."""
    model.answer(Answer((chunk("Yes."),), content_type="text/plain"))
    held(remote, model.url)
    page = inspector.open("models")
    first = page.get_by_role("list", name="Questions").get_by_role("button").first
    expect(first).to_contain_text("2 findings")
    open_first(page)
    expect(page.get_by_label("Findings")).to_contain_text("model_type_wrong")
    model.answer(Answer((b"Come back later",), status=503))
    held(remote, model.url)
    expect(first).to_contain_text("503 · failed")

    inspector.go("Timeline")
    expect(inspector.rows("turn 1 to").first.locator(".note")).to_contain_text("Yes.")
    inspector.rows("Come back later").first.click()
    page.get_by_role("button", name="Open the question").click()
    expect(page.get_by_label("About it")).to_contain_text("Come back later")
    expect(page.get_by_label("Answer", exact=True)).to_contain_text("It said nothing.")
    expect(page.get_by_role("group", name="Stream as received")).to_contain_text("Come back later")
    inspector.check()


def test_a_long_request(inspector: Inspector, remote: Client, model: ModelServer) -> None:
    """Of one that is not kept whole, the messages that are whole can be read."""
    held(remote, model.url, 'First {"words": [1]}', "long " * 16_000)
    page = inspector.open("models")
    open_first(page)
    expect(page.get_by_text("The journal keeps the first 65,536 bytes")).to_be_visible()
    messages = page.get_by_label("2 messages", exact=True)
    expect(messages.get_by_role("article").first).to_contain_text('First {"words": [1]}')
    expect(messages.get_by_role("article").last).to_contain_text("Yes.")
    inspector.check()


def test_a_model_on_a_socket(inspector: Inspector, remote: Client, model: ModelServer) -> None:
    """Its messages stand line by line; no curl command asks it."""
    held(remote, model.ws_url)
    page = inspector.open("models")
    open_first(page)
    stream = page.get_by_role("group", name="Stream as received")
    expect(stream).to_contain_text('{"type": "assistant_end"}')
    expect(page.get_by_role("button", name="Copy the request")).to_be_visible()
    expect(page.get_by_role("button", name="Copy as curl")).to_have_count(0)
    inspector.check_console()


def test_a_question_that_is_gone(inspector: Inspector, remote: Client, model: ModelServer) -> None:
    """The page says so as soon as a reset has taken it."""
    held(remote, model.url)
    page = inspector.open("models")
    open_first(page)
    expect(page.get_by_role("heading", name="Turn 1")).to_be_visible()
    ask(remote, "POST", "/_emulator/reset", status=204)
    expect(page.get_by_text("This question is gone.")).to_be_visible()
    expect(page.get_by_role("list", name="Questions").get_by_role("button")).to_have_count(0)
    inspector.check()


def test_a_phone(inspector: Inspector, remote: Client, model: ModelServer) -> None:
    """The list lies above what is chosen, and nothing runs out of the window."""
    held(remote, model.url)
    page = inspector.open("models")
    page.set_viewport_size({"width": 390, "height": 800})
    open_first(page)
    expect(page.get_by_role("heading", name="Turn 1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("main, header").get_by_role("button").all():
        assert control.evaluate("(node) => node.getBoundingClientRect().right <= innerWidth")
    inspector.check()
