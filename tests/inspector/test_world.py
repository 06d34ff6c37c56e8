"""The world: its clock, its faults, its past, and what clients make of the API."""

import json

from httpx import Client
from playwright.sync_api import expect

from emulator.server import Server
from emulator.settings import Settings
from tests.inspector.browsing import Inspector
from tests.outgoing.calls import ask


def test_the_clock(inspector: Inspector, remote: Client) -> None:
    """It is frozen, advanced and set going; the head of the page tells the time, too."""
    page = inspector.open("world")
    clock = page.get_by_label("Clock")
    clock.get_by_role("button", name="Freeze").click()
    expect(clock).to_contain_text("It is frozen")
    expect(page.locator("#clock")).to_contain_text("frozen")
    before = ask(remote, "GET", "/_emulator/clock")
    clock.get_by_role("button", name="+1 h").click()
    clock.get_by_label("Advance by").fill("90")
    clock.get_by_label("Unit").select_option("seconds")
    clock.get_by_role("button", name="Advance", exact=True).click()
    inspector.go("Timeline")
    expect(inspector.rows("advanced by 3600 s")).to_be_visible()
    expect(inspector.rows("advanced by 90 s")).to_be_visible()
    after = ask(remote, "GET", "/_emulator/clock")
    assert after == {"now_ms": before["now_ms"] + 3_690_000, "mode": "manual"}
    inspector.go("World")
    clock.get_by_role("button", name="Resume").click()
    expect(clock).to_contain_text("It is running.")
    inspector.check_console()


def test_a_snapshot_brings_back_what_a_reset_took(inspector: Inspector, remote: Client) -> None:
    """Saved to a file, reset after a question, restored from the file."""
    ask(remote, "POST", "/v0/evi/prompts", {"name": "Mine", "text": "Hi"}, 201)
    page = inspector.open("world")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save a snapshot").click()
    path = download.value.path()
    assert "Mine" in path.read_text()

    page.get_by_role("button", name="Reset to the seed").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Reset this world?")
    inspector.check()
    question.get_by_role("button", name="Cancel").click()
    assert ask(remote, "GET", "/v0/evi/prompts?name=Mine")["total_pages"] == 1
    page.get_by_role("button", name="Reset to the seed").click()
    question.get_by_role("button", name="Reset").click()
    expect(page.get_by_text("World reset to its seed")).to_be_visible()
    assert ask(remote, "GET", "/v0/evi/prompts?name=Mine")["total_pages"] == 0

    page.get_by_label("Restore a snapshot").set_input_files(path)
    question.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Snapshot restored")).to_be_visible()
    assert ask(remote, "GET", "/v0/evi/prompts?name=Mine")["total_pages"] == 1
    inspector.check_console()


def test_another_key_is_another_world(inspector: Inspector, remote: Client) -> None:
    """The field at the top chooses it; this tab remembers it, and no address has it."""
    remote.get("/v0/evi/tools")
    page = inspector.open()
    expect(inspector.rows()).to_have_count(1)
    assert inspector.api_key not in page.url
    page.get_by_role("textbox", name="Key").fill("quite another ключ")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing has happened in this world yet.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("textbox", name="Key")).to_have_value("quite another ключ")
    expect(page.get_by_text("quite another ключ").first).to_be_visible()
    inspector.check()


def test_an_emulator_that_is_gone(inspector: Inspector) -> None:
    """The page says so, and goes on by itself."""
    page = inspector.open()
    inspector.expected.append("ERR_")
    page.context.set_offline(True)
    page.get_by_role("textbox", name="Key").fill("another")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("Offline")
    page.context.set_offline(False)
    expect(page.locator("#state")).to_have_text("Live")
    inspector.check_console()


def test_a_key_that_is_refused(inspector: Inspector) -> None:
    """Where not every key is accepted, the page says why it shows nothing."""
    with Server(Settings(seed="empty", port=0, api_key=("the only one",))) as server:
        inspector.expected += ["401", "ERR_"]
        page = inspector.page
        page.goto(f"{server.url}/_emulator/#key=another")
        expect(page.locator("#state")).to_have_text("Refused")
        page.get_by_role("textbox", name="Key").fill("the only one")
        page.keyboard.press("Enter")
        expect(page.locator("#state")).to_have_text("Live")
        inspector.check()
        page.goto("about:blank")


def test_colours_can_be_chosen(inspector: Inspector) -> None:
    """Whatever the system asks for; it is remembered."""
    page = inspector.open()
    page.get_by_label("Colours").select_option("Dark")
    page.reload()
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    assert json.loads(page.evaluate("JSON.stringify(getComputedStyle(document.body).color)"))
    inspector.check()
