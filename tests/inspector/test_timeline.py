"""The timeline: everything that happens, as it happens."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from httpx import Client
from playwright.sync_api import expect
from websockets.sync.client import connect

from emulator.server import Server
from tests.inspector.browsing import BOTH, Inspector
from tests.outgoing.calls import add_fault, ask, freeze, new_config, simulate
from tests.outgoing.receiver import Receiver

PROMPT = {"name": "Weather", "text": "You talk about the weather, and aren't shy."}


def held(server: Server, api_key: str, *texts: str) -> None:
    """A chat over a WebSocket, in which the user types."""
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
    with connect(url, proxy=None) as socket:
        for text in texts:
            socket.send(json.dumps({"type": "user_input", "text": text}))
            while json.loads(socket.recv())["type"] != "assistant_end":
                pass


def test_a_conversation_appears_live(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """Requests, frames both ways, faults and the clock show without a reload."""
    page = inspector.open()
    expect(page.get_by_text("Nothing has happened in this world yet.")).to_be_visible()

    remote.get("/v0/evi/configs?page_size=2")
    held(server, api_key, "Is anybody there?")
    ask(remote, "POST", "/_emulator/clock/advance", {"seconds": 60})

    expect(inspector.rows("GET /v0/evi/configs?page_size=2")).to_contain_text("200")
    expect(inspector.rows("client → user_input")).to_contain_text("Is anybody there?")
    expect(inspector.rows("server → chat_metadata")).to_be_visible()
    expect(inspector.rows("advanced by 60 s")).to_be_visible()
    inspector.check()


def test_a_talking_client_has_a_row_for_a_run(
    inspector: Inspector, server: Server, api_key: str
) -> None:
    """Audio frames that follow each other are one row, with their number and size."""
    inspector.open()
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
    with connect(url, proxy=None) as socket:
        for _ in range(5):
            socket.send(bytes(640))
        row = inspector.rows("client → audio × 5")
        expect(row).to_contain_text("3,200 bytes")
    row.click()
    expect(inspector.page.locator(".detail")).to_contain_text("5 frames within")
    inspector.check()


def test_it_shows_webhooks_and_faults(
    inspector: Inspector, remote: Client, receiver: Receiver
) -> None:
    """Each attempt with its outcome, and what was struck."""
    add_fault(remote, "wrong_key", event_name="chat_ended")
    simulate(remote, config_id=new_config(remote, receiver.url))
    inspector.open()

    expect(inspector.rows("chat_started")).to_contain_text("200")
    expect(inspector.rows("attempt 1").filter(has_text="wrong_key").first).to_be_visible()
    expect(inspector.rows("webhook wrong_key").first).to_be_visible()
    inspector.check(*BOTH)


def test_it_is_searched_and_filtered(inspector: Inspector, remote: Client) -> None:
    """Words are looked for in all that an entry says; kinds are left out; the address keeps it."""
    ask(remote, "POST", "/v0/evi/prompts", PROMPT, 201)
    remote.get("/v0/evi/confgs")
    freeze(remote)
    page = inspector.open()
    expect(inspector.rows()).to_have_count(3)

    page.get_by_role("searchbox", name="Search").fill("aren't shy")
    expect(inspector.rows()).to_have_count(1)
    expect(inspector.rows("POST /v0/evi/prompts")).to_be_visible()
    expect(page.get_by_text("1 of 3 entries")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("no such thing")
    expect(page.get_by_text("No entry matches.")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("")
    page.get_by_role("button", name="HTTP 2").click()
    expect(inspector.rows()).to_have_count(1)
    page.get_by_role("button", name="HTTP 2").click()
    page.get_by_label("Problems only").check()
    expect(inspector.rows()).to_have_count(1)
    expect(inspector.rows("confgs")).to_contain_text("404")
    page.reload()
    expect(inspector.rows()).to_have_count(1)
    inspector.check()


def test_an_entry_opens(inspector: Inspector, remote: Client) -> None:
    """Headers, bodies both ways, and what the client got wrong."""
    remote.post("/v0/evi/prompts", json={**PROMPT, "txet": ""}, headers={"X-Mine": "a header"})
    page = inspector.open()
    inspector.rows("POST /v0/evi/prompts").click()

    entry = page.get_by_label("Entry", exact=True)
    expect(entry.get_by_text("create-prompt")).to_be_visible()
    expect(entry.get_by_text("a header")).to_be_visible()
    expect(entry.get_by_label("Request body")).to_contain_text("aren't shy")
    expect(entry.get_by_label("Response body")).to_contain_text('"version": 0')
    expect(entry.get_by_text("/body/txet")).to_be_visible()
    inspector.check(*BOTH)
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()


def test_a_request_is_copied_as_curl(inspector: Inspector, remote: Client, server: Server) -> None:
    """The command makes the same request, whatever quotes are in it."""
    ask(remote, "POST", "/v0/evi/prompts", PROMPT, 201)
    page = inspector.open()
    inspector.rows("POST /v0/evi/prompts").click()
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("curl command copied")).to_be_visible()

    ask(remote, "POST", "/_emulator/reset", status=204)
    done = subprocess.run(
        ["sh", "-c", inspector.copied()], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["text"] == PROMPT["text"]
    inspector.check_console()


@pytest.mark.parametrize(("path", "status"), [("?page_size=1", 200), ("?page_size=x%22'", 422)])
def test_a_request_is_copied_as_a_test(
    inspector: Inspector, remote: Client, tmp_path: Path, path: str, status: int
) -> None:
    """Pasted into a file, it passes: with the fixture, in a world of its own."""
    assert remote.get(f"/v0/evi/configs{path}").status_code == status
    page = inspector.open()
    inspector.rows("GET /v0/evi/configs").click()
    page.get_by_role("button", name="Copy as pytest").click()
    expect(page.get_by_text("pytest test copied")).to_be_visible()

    (tmp_path / "test_pasted.py").write_text(inspector.copied())
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:schemathesis",
            "test_pasted.py",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout
    assert f"status == {status}" in inspector.copied()


def test_the_keyboard_is_enough(inspector: Inspector, remote: Client) -> None:
    """Search, choose, open, close, switch the view, and see which keys there are."""
    for number in range(1, 5):
        remote.get(f"/v0/evi/configs?page_size={number}")
    page = inspector.open()
    expect(inspector.rows()).to_have_count(4)
    keys = page.keyboard
    chosen = page.get_by_role("listbox", name="Entries").get_by_role("option", selected=True)

    keys.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    keys.type("configs")
    keys.press("Escape")
    keys.press("j")
    keys.press("j")
    expect(chosen).to_contain_text("page_size=2")
    keys.press("k")
    expect(chosen).to_contain_text("page_size=1")
    keys.press("Enter")
    expect(page.get_by_label("Entry", exact=True)).to_be_visible()
    keys.press("ArrowDown")
    expect(page.get_by_label("Entry", exact=True)).to_contain_text("page_size=2")
    keys.press("Escape")
    expect(page.get_by_label("Entry", exact=True)).to_be_hidden()
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    keys.press("Escape")
    views = ("Timeline", "Chats", "Talk", "Models", "Script", "Speech", "Expression", "Webhooks")
    for number, title in enumerate((*views, "Resources"), 1):
        keys.press(str(number))
        expect(page.get_by_role("link", name=title)).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("button", name="Ciao Giulia")).to_be_visible()
    keys.press("j")
    keys.press("ArrowDown")
    expect(page.get_by_role("button", name="Ciao Giulia")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("heading", name="Versions")).to_be_hidden()
    inspector.check_console()


def test_a_reset_shows_at_once(inspector: Inspector, remote: Client) -> None:
    """What is gone from the journal is gone from the page, and what comes then shows."""
    remote.get("/v0/evi/configs")
    inspector.open()
    expect(inspector.rows("/v0/evi/configs")).to_be_visible()
    remote.post("/_emulator/reset")
    expect(inspector.rows()).to_have_count(0)
    remote.get("/v0/evi/tools")
    expect(inspector.rows()).to_have_count(1)
    inspector.check_console()


def test_a_row_says_what_was_wrong(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """Why a request was refused, and the text of a finding, without a click."""
    remote.post("/v0/evi/prompts", json={"name": "Weather"})
    remote.get("/v0/evi/confgs")
    ask(remote, "POST", "/v0/evi/prompts", {**PROMPT, "txet": "Hi"}, 201)
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
    with connect(url, proxy=None) as socket:
        socket.recv()
        socket.send(json.dumps({"type": "user_inptu", "text": "Hi"}))
        socket.recv()
    page = inspector.open()
    expect(inspector.rows("422")).to_contain_text("text: Field required")
    expect(inspector.rows("404")).to_contain_text("the closest is GET /v0/evi/configs")
    expect(inspector.rows("201")).to_contain_text("field_unknown at /body/txet: expected")
    sent = inspector.rows("client → user_inptu")
    expect(sent).to_contain_text("frame_unknown at /frame/type: expected one of session_settings")
    for width in (360, 640, 1400):
        page.set_viewport_size({"width": width, "height": 740})
        expect(sent.get_by_text("frame_unknown")).to_be_visible()
        inspector.check(*BOTH)


def test_what_is_not_wanted_is_left_out(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """A word after a minus hides the entries that have it; the address keeps it."""
    remote.get("/v0/evi/tools")
    held(server, api_key, "Is anybody there?")
    page = inspector.open()
    search = page.get_by_role("searchbox", name="Search")
    expect(inspector.rows("server → audio_output")).not_to_have_count(0)
    search.fill("-audio assistant")
    expect(inspector.rows("audio_output")).to_have_count(0)
    expect(inspector.rows("server → assistant_message")).not_to_have_count(0)
    expect(inspector.rows("user_input")).to_have_count(0)
    search.fill("-")
    expect(inspector.rows("server → audio_output")).not_to_have_count(0)
    page.get_by_role("button", name="Frames").click()
    expect(inspector.rows()).to_have_count(2)
    search.fill("-tools")
    page.reload()
    expect(search).to_have_value("-tools")
    expect(inspector.rows()).to_have_count(1)
    inspector.check_console()
