"""What a page that is open for long lives through: other keys, other emulators, much that comes."""

from typing import Any

import pytest
from httpx import Client
from playwright.sync_api import Page, Route, expect

from emulator.journal.entries import ScriptEntry
from emulator.server import Server
from emulator.settings import Settings
from tests.inspector.browsing import Inspector
from tests.inspector.test_talk import begin, prepare, say
from tests.outgoing.calls import ask

# Keeps the microphone's question open until `grant()`; `streams` are those that were given.
ASK_LONG = """
const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
globalThis.streams = [];
const granted = new Promise((resolve) => (globalThis.grant = resolve));
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await granted;
  streams.push(await given(wanted));
  return streams.at(-1);
};
"""
HAS_ENDED = """async () => {
  const ended = () => streams[0]?.getTracks()[0].readyState === "ended";
  for (let frame = 0; frame < 200 && !ended(); frame++)
    await new Promise(requestAnimationFrame);
  return ended();
}"""
# Notes what leaves an element.
NOTE_GONE = """(node) => {
  globalThis.gone = [];
  const note = (changes) =>
    changes.forEach((each) => gone.push(...[...each.removedNodes].map((one) => one.textContent)));
  new MutationObserver(note).observe(node, { childList: true });
}"""
# Notes what is read out to those who listen to the page.
LISTEN = """() => {
  globalThis.heard = [];
  const note = () => heard.push(1);
  for (const node of document.querySelectorAll("[aria-live], [role=status], [role=log]"))
    new MutationObserver(note).observe(node, { childList: true, subtree: true });
}"""


def note(text: str) -> ScriptEntry:
    return ScriptEntry(chat_id="a-chat", finding="script_exhausted", message=text)


def change_key(page: Page, key: str) -> None:
    page.get_by_role("textbox", name="Key").fill(key)
    page.keyboard.press("Enter")


def test_another_emulator_at_the_same_address(inspector: Inspector) -> None:
    """Its journal is shown, and nothing of the one before, however far its numbers have come."""
    key = inspector.api_key
    with Server(Settings(seed="empty", port=0)) as before:
        for text in ("one", "two"):
            before.app.worlds.get(key).journal.add(note(text))
        inspector.url, port = before.url, int(before.url.rsplit(":", 1)[1])
        inspector.expected.append("ERR_")
        inspector.open()
        expect(inspector.rows()).to_have_count(2)
    after = Server(Settings(seed="empty", port=port))
    for text in ("three", "four", "five"):
        after.app.worlds.get(key).journal.add(note(text))
    with after:
        expect(inspector.rows("three")).to_be_visible()
        expect(inspector.rows()).to_have_count(3)
        inspector.check_console()
        inspector.page.goto("about:blank")


def test_what_was_asked_of_another_world_is_not_shown(inspector: Inspector) -> None:
    """Answers that are under way when the key changes come to nothing."""
    page = inspector.open()
    held: list[Route] = []
    page.route("**/_emulator/webhooks/deliveries*", lambda route: held.append(route), times=1)
    inspector.go("Webhooks")
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
    with page.expect_event("requestfailed", lambda failed: "deliveries" in failed.url):
        change_key(page, "another")
    expect(page.get_by_text("No webhooks yet.")).to_be_visible()
    expect(page.locator(".toast.error")).to_have_count(0)


def test_the_key_is_of_the_tab_alone(inspector: Inspector) -> None:
    """Who has this port tomorrow finds no key; what no header holds is not taken."""
    page = inspector.open()
    assert page.evaluate("Object.values(sessionStorage).filter(Boolean)") == [inspector.api_key]
    assert inspector.api_key not in page.evaluate("Object.values(localStorage)")
    page.goto(f"{inspector.url}/_emulator/#key=%20a%0Ab%20")
    expect(page.get_by_role("textbox", name="Key")).to_have_value("ab")
    expect(page.locator("#state")).to_have_text("Live")


def test_a_chat_is_held_in_one_world(inspector: Inspector, remote: Client) -> None:
    """Under another key it is hung up: nothing of it can be said to the wrong world."""
    prepare(remote)
    page = begin(inspector)
    change_key(page, "another")
    expect(page.get_by_role("heading", name="A new chat")).to_be_visible()
    ended = ask(remote, "GET", "/_emulator/journal/wait?kind=frame&direction=in&timeout=5")
    assert ended["entries"][-1]["close"] == 1000


def test_a_microphone_that_comes_too_late(inspector: Inspector, remote: Client) -> None:
    """It is given back if the chat has ended while the browser asked."""
    inspector.page.add_init_script(ASK_LONG)
    prepare(remote)
    page = begin(inspector)
    page.get_by_role("button", name="Microphone").click()
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("heading", name="The chat is over")).to_be_visible()
    page.evaluate("grant()")
    assert page.evaluate(HAS_ENDED)
    expect(page.locator("button.recording")).to_have_count(0)


def test_only_what_is_new_is_read_out(inspector: Inspector, remote: Client) -> None:
    """A message comes to the transcript, and no other leaves it or comes again."""
    prepare(remote)
    page = begin(inspector)
    say(page, "one")
    expect(page.get_by_role("log")).to_contain_text("I am listening.")
    page.get_by_role("log").evaluate(NOTE_GONE)
    say(page, "two")
    expect(page.get_by_role("article", name="Assistant said")).to_have_count(2)
    assert [text for text in page.evaluate("gone") if "one" in text] == []


def test_the_timeline_is_silent_as_it_grows(inspector: Inspector, remote: Client) -> None:
    """How many entries there are is told to who filters them, not each time one comes."""
    page = inspector.open()
    page.evaluate(LISTEN)
    remote.get("/v0/evi/tools")
    expect(page.locator(".total")).to_have_text("1 entry")
    assert page.evaluate("heard") == []
    page.get_by_role("searchbox", name="Search").fill("nowhere")
    expect(page.locator("#announcer")).to_have_text("0 of 1 entries")


def test_the_focus_stays_as_others_come(inspector: Inspector, remote: Client) -> None:
    """A chat that comes to the list takes the focus from none."""
    ask(remote, "POST", "/_emulator/simulate", {"user": ["Hello"]})
    page = inspector.open("chats")
    chats = page.get_by_role("list", name="Chats").get_by_role("button")
    chosen = chats.nth(1)
    text = chosen.inner_text()
    chosen.focus()
    before = chats.count()
    ask(remote, "POST", "/_emulator/simulate", {"user": ["Hello"]})
    expect(chats).to_have_count(before + 1)
    assert page.evaluate("document.activeElement.innerText") == text


def test_the_focus_stays_on_what_is_pressed(inspector: Inspector, remote: Client) -> None:
    """A legend's entry, which is made anew; and a view that is switched to has the focus."""
    made = ask(remote, "POST", "/_emulator/simulate", {"script": "weather"})
    page = inspector.open("chats", id=made["chat_id"])
    page.get_by_label("Whose emotions").select_option("Both")
    emotion = page.get_by_role("group", name="Emotions shown").get_by_role("button").first
    emotion.press("Enter")
    expect(emotion).to_have_attribute("aria-pressed", "false")
    expect(emotion).to_be_focused()
    link = page.get_by_role("navigation").get_by_role("link", name="Resources")
    page.keyboard.press(link.get_attribute("aria-keyshortcuts") or "none")
    expect(page.get_by_role("main", name="Resources")).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("h")
    last = page.get_by_role("navigation").get_by_role("link").last
    expect(page.get_by_role("main", name=last.inner_text())).to_be_focused()
    page.keyboard.press("l")
    page.keyboard.press("h")
    expect(last).to_have_attribute("aria-current", "page")


def test_a_part_of_the_report_stays_open(inspector: Inspector, remote: Client) -> None:
    """Also as clients go on, and it keeps the focus."""
    page = inspector.open("contract")
    report = page.get_by_role("region", name="Coverage")
    summary = report.locator("summary", has_text="operations").first
    summary.press("Enter")
    remote.get("/v0/evi/tools")
    expect(report.get_by_text("list-tools × 1")).to_be_visible()
    expect(summary).to_be_focused()


def test_a_tool_is_answered_and_the_chat_goes_on(inspector: Inspector, remote: Client) -> None:
    """By keyboard alone: after the answer one types on."""
    prepare(remote)
    page = begin(inspector)
    say(page, "The weather?")
    page.get_by_label("Answer to get_weather").fill("rain")
    page.get_by_role("button", name="Respond").press("Enter")
    expect(page.get_by_label("What you say")).to_be_focused()


@pytest.mark.parametrize("stamp", [1e20, "x"])
def test_a_time_that_is_none(inspector: Inspector, stamp: Any) -> None:
    """Shown as it is; the view around it goes on."""
    page = inspector.open_nothing()
    shown = "async (at) => (await import('/_emulator/inspector/text.js')).time(at).textContent"
    assert page.evaluate(shown, stamp)


def test_times_in_seconds(inspector: Inspector) -> None:
    """The setting that gives the times of resources in seconds is understood."""
    settings = Settings(seed="demo", port=0, timestamps="seconds")
    with Server(settings) as server:
        inspector.url = server.url
        page = inspector.open("resources")
        expect(page.get_by_label("Configs").get_by_role("time").first).to_contain_text("20")
        assert "1970" not in page.get_by_label("Configs").inner_text()
        inspector.go("Chats")
        expect(page.get_by_role("list", name="Chats").get_by_role("listitem")).to_have_count(12)
        assert "1970" not in page.get_by_role("list", name="Chats").inner_text()
        page.goto("about:blank")
