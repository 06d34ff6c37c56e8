"""What strangers write shows as text, in every view."""

import json
from typing import Any

import pytest
from httpx import Client
from playwright.sync_api import Dialog, expect
from websockets.sync.client import connect

from emulator.server import Server
from tests.inspector.browsing import Inspector
from tests.webhooks.calls import ask

MARKUP = "<img src=x onerror=alert(1)></script><script>alert(2)</script>{{7*7}}"
TURNED = "abc\u202etxt.exe\u2066"  # what follows is written from right to left
LONG = "x" * 100_000
HOSTILE = f"{MARKUP} javascript:alert(3) {TURNED} \u001b[31m"
NAME = MARKUP[:60]
# Elements that only markup could have made, and handlers that only an attribute could have.
STRANGE = """() => {
  return [...document.querySelectorAll("script, img, iframe, object, embed, base, style")]
    .filter((node) => !(node.src || "").startsWith(location.origin + "/_emulator/inspector/"))
    .concat([...document.querySelectorAll("main *")].filter((node) => [...node.attributes].some(
      ({ name, value }) => name.startsWith("on") || /^javascript:/i.test(value))))
    .map((node) => node.outerHTML);
}"""


@pytest.fixture
def hostile_world(remote: Client, server: Server, api_key: str) -> str:
    """The id of a chat in a world in which everything is called badly."""
    ask(remote, "POST", "/v0/evi/prompts", {"name": NAME, "text": HOSTILE + LONG}, 201)
    tool = {"name": "bad", "parameters": '{"type": "object"}', "description": HOSTILE}
    ask(remote, "POST", "/v0/evi/tools", tool, 201)
    hooks = [{"url": "http://127.0.0.1:9/<img%20src=x>", "events": ["chat_ended"]}]
    config: dict[str, Any] = {"evi_version": "3", "name": NAME, "webhooks": hooks}
    made = ask(remote, "POST", "/v0/evi/configs", config, 201)
    remote.get("/v0/evi/configs", params={"name": MARKUP})
    remote.post("/v0/evi/prompts", json={MARKUP: MARKUP}, headers={"X-Bad": MARKUP})
    ask(remote, "PUT", "/_emulator/script", {"script": {"rules": [{"answer": MARKUP}]}})
    query = f"api_key={api_key}&config_id={made['id']}"
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?{query}"
    with connect(url, proxy=None) as socket:
        chat_id: str = json.loads(socket.recv())["chat_id"]
        for text in (HOSTILE, LONG, TURNED):
            socket.send(json.dumps({"type": "user_input", "text": text}))
        socket.send(f"{MARKUP} is no JSON")
        while json.loads(socket.recv())["type"] != "error":
            pass
    return chat_id


def test_everywhere(inspector: Inspector, remote: Client, hostile_world: str) -> None:
    """No markup becomes an element, no script runs, no page is asked for, axe is content."""
    page = inspector.open()
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def look(text: str = MARKUP) -> None:
        expect(page.locator("main")).to_contain_text(text)
        assert page.evaluate(STRANGE) == []
        inspector.check()

    look()
    inspector.rows("is no JSON").first.click()
    look(f"{MARKUP} is no JSON")
    page.get_by_role("searchbox", name="Search").fill("x-bad")
    inspector.rows("POST /v0/evi/prompts").last.click()
    expect(page.get_by_text("x-bad")).to_be_visible()
    look()
    inspector.go("Chats")
    page.get_by_role("button", name=hostile_world).click()
    expect(page.get_by_role("log")).to_contain_text("javascript:alert(3)")
    look()
    inspector.go("Webhooks")
    page.get_by_label("Deliveries").get_by_role("button", name="chat_ended").click()
    look("http://127.0.0.1:9/<img%20src=x>")
    inspector.go("Resources")
    page.get_by_role("button", name="<img").click()
    look(NAME)
    page.get_by_role("button", name="Prompts").click()
    page.get_by_role("button", name="<img").click()
    look(NAME)
    page.get_by_role("button", name="Show all").click()
    look("\\u202e")
    inspector.go("Talk")
    page.get_by_label("Config").select_option(label=NAME)
    page.get_by_role("button", name="Start the chat").click()
    page.get_by_label("What you say").fill(HOSTILE)
    page.keyboard.press("Enter")
    look()
    page.get_by_role("button", name="Hang up").click()
    inspector.go("World")
    expect(page.get_by_label("Contract report")).to_contain_text("create-prompt")
    look()

    assert dialogs == []
    assert [url for url in asked if not url.startswith(inspector.url)] == []


def test_what_turns_the_writing_is_made_visible(
    inspector: Inspector, remote: Client, hostile_world: str
) -> None:
    """In code the mark shows as an escape; in words it ends with them."""
    page = inspector.open(q="user_input")
    inspector.rows("abc").last.click()
    expect(page.get_by_label("Content")).to_contain_text("abc\\u202etxt.exe\\u2066")
    isolation = inspector.rows("abc").last.locator("bdi").first
    expect(isolation).to_have_css("unicode-bidi", "isolate")


def test_a_hostile_request_is_copied_whole(inspector: Inspector, remote: Client) -> None:
    """The test that is pasted is valid Python, without marks that turn the writing."""
    body = {"name": "x'\"\\", "text": f"{MARKUP}{TURNED}"}
    remote.post("/v0/evi/prompts", content=json.dumps(body, ensure_ascii=False).encode())
    page = inspector.open()
    inspector.rows("POST /v0/evi/prompts").click()
    page.get_by_role("button", name="Copy as pytest").click()
    expect(page.get_by_text("pytest test copied")).to_be_visible()
    pasted = inspector.copied()
    compile(pasted, "pasted", "exec")
    assert "\u202e" not in pasted
    assert "\\u202e" in pasted
