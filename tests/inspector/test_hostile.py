"""What strangers write shows as text, in every view."""

import json
import re
import subprocess
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree

import pytest
from httpx import Client
from playwright.sync_api import Dialog, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from emulator.server import Server
from emulator.twilio.messages import Start, StreamWriter
from tests.inspector.browsing import Inspector
from tests.outgoing.calls import ask

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
    ask(remote, "POST", "/v0/tts", {"utterances": [{"text": MARKUP, "description": HOSTILE}]})
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
    inspector.go("Speech")
    page.get_by_role("button", name="<img").click()
    look(HOSTILE.split(TURNED)[0].strip())
    expect(page.get_by_role("region", name="Waveform")).to_contain_text("alert")
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
    inspector.go("Contract")
    expect(page.get_by_label("Findings")).to_contain_text("create-prompt")
    look()
    inspector.go("Script")
    expect(page.get_by_role("textbox", name="Script")).to_have_value(re.compile("<img src=x"))

    assert dialogs == []
    own = (inspector.url, f"blob:{inspector.url}")  # a sound that the page has loaded
    assert [url for url in asked if not url.startswith(own)] == []


def hostile_call(remote: Client, number: str) -> str:
    """Return the chat of a call from such a number, which presses a strange key and hangs up."""
    form = {"CallSid": "CA1", "AccountSid": "AC1", "From": number, "To": number}
    answer = remote.post("/v0/evi/twilio", data=form)
    (stream,) = ElementTree.fromstring(answer.text).iter("Stream")
    writer = StreamWriter(Start("MZ1", "CA1", "AC1", {MARKUP: HOSTILE}))
    with connect(stream.attrib["url"], proxy=None) as socket:
        for message in (writer.start(), writer.dtmf(HOSTILE), writer.mark(HOSTILE), writer.stop()):
            socket.send(json.dumps(message))
        with suppress(ConnectionClosed):
            while socket.recv():
                pass
    chat_id: str = ask(remote, "GET", "/_emulator/calls")["calls"][0]["chat_id"]
    return chat_id


def test_a_strange_call(inspector: Inspector, remote: Client) -> None:
    """Its number and its keys are text, and do not turn what stands beside them."""
    chat_id = hostile_call(remote, HOSTILE)
    page = inspector.open("chats", id=chat_id)
    log = page.get_by_role("log", name="Transcript")
    expect(log).to_contain_text(f"Key {MARKUP}")
    expect(log).to_contain_text("abc\\u202etxt")
    expect(page.get_by_label("About the chat")).to_contain_text(MARKUP)
    inspector.check()
    assert page.evaluate(STRANGE) == []
    page.get_by_role("button", name="sound, marks and messages").click()
    expect(inspector.rows("phone → key <img")).to_be_visible()
    assert page.evaluate(STRANGE) == []
    inspector.check()
    page = inspector.open("talk", by="phone")
    page.get_by_label("Your number").fill(HOSTILE)
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("log", name="Conversation")).to_contain_text(f"Call from {MARKUP}")
    assert page.evaluate(STRANGE) == []
    inspector.check()


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


ODD_FRAMES = (
    '{"type": "user_input", "message": {"content": 5}}',
    '{"type": "x", "text": {"toString": 1, "valueOf": 1}}',
    '{"type": ["odd"], "message": {"content": {"a": "b"}}}',
    '{"type": "tool_response", "content": {"toString": 1}}',
    "null",
)


def test_a_client_may_send_anything(inspector: Inspector, server: Server) -> None:
    """Where a text should stand there may be any JSON: the timeline shows it, and goes on."""
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={inspector.api_key}"
    with connect(url, proxy=None) as socket:
        socket.recv()
        for frame in ODD_FRAMES:
            socket.send(frame)
            socket.recv()
    inspector.open(problems="1")
    expect(inspector.rows('client → ["odd"]')).to_contain_text('{"a":"b"}')
    inspector.check_console()


# Ends a paste in a terminal, so that what follows it runs.
PASTED = "\u001b[201~\rtouch nothing\r\n'\\ $(id) `id`"


def test_what_is_pasted_into_a_shell_is_one_word(
    inspector: Inspector, remote: Client, server: Server
) -> None:
    """No control character comes along, and the same bytes are sent again."""
    remote.post("/v0/evi/prompts", content=PASTED.encode())
    page = inspector.open()
    inspector.rows("POST /v0/evi/prompts").click()
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("curl command copied")).to_be_visible()
    pasted = inspector.copied()
    assert "\u001b" not in pasted
    assert "\r" not in pasted
    subprocess.run(["bash", "-c", pasted], check=True, capture_output=True)
    sent = ask(remote, "GET", "/_emulator/journal?kind=http")["entries"]
    assert [each["request"] for each in sent] == [PASTED, PASTED]


def test_a_hostile_key_is_quoted(inspector: Inspector) -> None:
    """A link from elsewhere may bring any key; the line to paste is still one call."""
    inspector.api_key = 'x");import os;("'
    page = inspector.open("world")
    line = page.get_by_label("This world").locator("code")
    expect(line).to_contain_text('api_key="x\\");import os;(\\"")')


def test_a_kind_that_is_none(inspector: Inspector) -> None:
    """An address may name anything: the view shows configs."""
    page = inspector.open("resources", kind="constructor")
    expect(page.get_by_role("button", name="Configs")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("list", name="Configs")).to_be_visible()
    inspector.check_console()


def test_a_difference_of_very_many_lines(inspector: Inspector, remote: Client) -> None:
    """It is shown in part, and the page goes on."""
    many = {"text": "a\n" * 200_000}
    made = ask(remote, "POST", "/v0/evi/prompts", {"name": "Long", "text": "b"}, 201)
    ask(remote, "POST", f"/v0/evi/prompts/{made['id']}", many, 201)
    page = inspector.open("resources", kind="prompts", id=made["id"])
    expect(page.get_by_label("Difference").first).to_contain_text("more lines")
    assert page.locator(".diff > *").count() < 3_000
    inspector.check_console()
