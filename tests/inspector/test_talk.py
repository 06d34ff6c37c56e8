"""Talk: a chat held in the page."""

from typing import Any

from httpx import Client
from playwright.sync_api import Page, expect

from tests.inspector.browsing import BOTH, Inspector
from tests.outgoing.calls import ask

TOOL = {
    "name": "get_weather",
    "parameters": '{"type": "object", "properties": {"city": {"type": "string"}}}',
}
SCRIPT: dict[str, Any] = {
    "rules": [
        {
            "when": "weather",
            "answer": [
                {"call_tool": "get_weather", "parameters": {"city": "Oslo"}},
                "I hear: {tool_result}.",
            ],
        },
        {"answer": "I am listening."},
    ]
}


def prepare(remote: Client) -> None:
    """A config in two versions, with a tool, and what the assistant says."""
    tool = ask(remote, "POST", "/v0/evi/tools", TOOL, 201)
    config = {"evi_version": "3", "tools": [{"id": tool["id"]}]}
    made = ask(remote, "POST", "/v0/evi/configs", {**config, "name": "Talkative"}, 201)
    path = f"/v0/evi/configs/{made['id']}"
    ask(remote, "POST", path, {**config, "version_description": "the second"}, 201)
    ask(remote, "PUT", "/_emulator/script", {"script": SCRIPT})


def begin(inspector: Inspector, version: str = "Latest") -> Page:
    page = inspector.open("talk")
    page.get_by_label("Config").select_option("Talkative")
    page.get_by_label("Version").select_option(version)
    page.get_by_role("button", name="Start the chat").click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    return page


def say(page: Page, text: str) -> None:
    page.get_by_label("What you say").fill(text)
    page.keyboard.press("Enter")


def chat_of(remote: Client) -> Any:
    query = "page_size=1&ascending_order=false"
    return ask(remote, "GET", f"/v0/evi/chats?{query}")["chats_page"][0]


def test_typing_and_a_tool_answered_by_hand(inspector: Inspector, remote: Client) -> None:
    """The version that was picked is that of the chat; the tool's answer is what was written."""
    prepare(remote)
    page = begin(inspector, "0")
    log = page.get_by_role("log", name="Conversation")

    say(page, "Hello!")
    expect(log).to_contain_text("I am listening.")
    say(page, "The weather?")
    page.get_by_label("Answer to get_weather").fill("snow")
    inspector.check(*BOTH)
    page.get_by_role("button", name="Respond").click()
    expect(log).to_contain_text("I hear: snow.")
    expect(
        log.get_by_role("article").filter(has_text="I hear").get_by_role("listitem")
    ).to_have_count(3)
    say(page, "The weather again?")
    page.get_by_label("Answer to get_weather").fill("no idea")
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_label("Tool error")).to_contain_text("no idea")

    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("heading", name="The chat is over")).to_be_visible()
    chat = chat_of(remote)
    assert (chat["status"], chat["config"]["version"]) == ("USER_ENDED", 0)
    page.get_by_role("button", name="See it among the chats").click()
    expect(page.get_by_role("log", name="Transcript")).to_contain_text("I hear: snow.")
    inspector.check_console()


def test_the_fields_say_whose_they_are(inspector: Inspector, remote: Client) -> None:
    """The user's is below the conversation, the control plane's are together beside it."""
    prepare(remote)
    page = begin(inspector)
    expect(page.get_by_text("What you say, as the user of the chat")).to_be_visible()
    controls = page.get_by_role("region", name="Control plane")
    expect(controls).to_contain_text("acts on the chat from outside")
    for label in ("Transcripts of the microphone", "Text", "Who says it"):
        expect(controls.get_by_label(label)).to_be_visible()
    expect(controls.get_by_label("What you say")).to_have_count(0)
    controls.get_by_label("Text").fill("Hello from a server.")
    controls.get_by_label("Who says it").select_option("as the assistant")
    controls.get_by_role("button", name="Send").click()
    said = page.get_by_role("log", name="Conversation").get_by_text("Hello from a server.")
    expect(said).to_be_in_viewport()
    for width in (360, 640, 1400):
        inspector.check_width(width)
        inspector.check(*BOTH)


def test_speaking(inspector: Inspector, remote: Client) -> None:
    """The microphone is heard to say what was queued."""
    prepare(remote)
    page = begin(inspector)
    page.get_by_label("Transcripts of the microphone").fill("Can you hear me?")
    page.get_by_role("button", name="Queue").click()
    expect(page.get_by_text("1 waiting for the next turns")).to_be_visible()
    page.get_by_role("button", name="Microphone").click()
    expect(page.get_by_role("button", name="Microphone")).to_have_attribute("aria-pressed", "true")
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_contain_text("Can you hear me?")
    expect(log).to_contain_text("I am listening.")
    page.get_by_role("button", name="Microphone").click()
    expect(page.get_by_role("button", name="Microphone")).to_have_attribute("aria-pressed", "false")
    inspector.check()


def test_an_error_and_a_close_are_injected(inspector: Inspector, remote: Client) -> None:
    """An error frame comes at once, also while the clock stands; so does a close."""
    prepare(remote)
    ask(remote, "POST", "/_emulator/clock/freeze")
    page = begin(inspector)
    page.get_by_label("What happens").select_option("error")
    page.get_by_label("error", exact=True).select_option("transcription_disconnected")
    page.get_by_role("button", name="Inject").click()
    expect(page.get_by_role("log", name="Conversation")).to_contain_text("I0118")
    expect(page.get_by_role("heading", name="The chat is over")).to_be_visible()

    page.get_by_role("button", name="Start the chat").click()
    page.get_by_label("What happens").select_option("close")
    page.get_by_label("code", exact=True).fill("1013")
    page.get_by_role("button", name="Inject").click()
    expect(page.get_by_text("Closed with 1013").first).to_be_visible()
    inspector.check()


def test_the_chat_times_out_when_the_clock_is_advanced(
    inspector: Inspector, remote: Client
) -> None:
    """Begun in one view, ended from another; it goes on while it is not shown."""
    prepare(remote)
    page = begin(inspector)
    say(page, "Hello!")
    expect(page.get_by_role("log", name="Conversation")).to_contain_text("I am listening.")
    inspector.go("World")
    page.get_by_label("Advance by").fill("10")
    page.get_by_label("Unit").select_option("minutes")
    page.get_by_role("button", name="Advance", exact=True).click()
    inspector.go("Talk")
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_contain_text("inactivity_timeout")
    expect(page.get_by_role("heading", name="The chat is over")).to_be_visible()
    assert chat_of(remote)["status"] == "INACTIVITY_TIMEOUT"
    inspector.check()


def test_a_chat_that_cannot_begin(inspector: Inspector, remote: Client) -> None:
    """Of a refusal the page says what browsers tell of it."""
    fault = {"kind": "socket", "fault": "refuse", "times": 1}
    ask(remote, "POST", "/_emulator/faults", fault, 201)
    inspector.expected.append("WebSocket connection to")
    page = inspector.open("talk")
    page.get_by_role("button", name="Start the chat").click()
    expect(page.get_by_text("The server refused it or did not answer (1006)").first).to_be_visible()
    inspector.check()
