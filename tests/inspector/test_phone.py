"""Phone calls: dialled in the page, shown among the chats and in the timeline."""

from typing import Any

from httpx import Client
from playwright.sync_api import Locator, Page, expect

from tests.inspector.browsing import BOTH, Inspector
from tests.outgoing.calls import ask

NUMBER = "+4712345678"
ANSWER = "I am listening."
CONFIG = {"evi_version": "3", "name": "Hotline"}


def dial(inspector: Inspector, remote: Client, number: str = NUMBER) -> Page:
    """Call a config, whose assistant says one sentence, and wait for the line."""
    ask(remote, "POST", "/v0/evi/configs", CONFIG, 201)
    ask(remote, "PUT", "/_emulator/script", {"script": {"rules": [{"answer": ANSWER}]}})
    page = inspector.open("talk")
    page.get_by_role("button", name="Phone call").click()
    page.get_by_label("Config").select_option("Hotline")
    page.get_by_label("Your number").fill(number)
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("heading", name="On the phone")).to_be_visible()
    return page


def log_of(page: Page) -> Locator:
    return page.get_by_role("log", name="Conversation")


def say(page: Page, text: str) -> None:
    page.get_by_label("What you say").fill(text)
    page.keyboard.press("Enter")


def calls(remote: Client) -> Any:
    return ask(remote, "GET", "/_emulator/calls")["calls"]


def test_a_call_from_dialling_to_hanging_up(inspector: Inspector, remote: Client) -> None:
    """Typed words are heard on the line, answered in sound, and stand in the chat's pages."""
    page = dial(inspector, remote)
    log = log_of(page)
    say(page, "Where is my order?")
    expect(log.get_by_label("User said")).to_contain_text("Where is my order?")
    expect(log.get_by_label("Assistant said")).to_contain_text(ANSWER)
    page.get_by_role("group", name="Keypad").get_by_role("button", name="5").click()
    expect(log).to_contain_text("Key 5 pressed")
    inspector.check(*BOTH)

    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("heading", name="The call is over")).to_be_visible()
    (call,) = calls(remote)
    assert (call["from_number"], call["config_id"] is None) == (NUMBER, False)
    chat = ask(remote, "GET", f"/v0/evi/chats/{call['chat_id']}")
    assert chat["status"] == "USER_ENDED"

    page.get_by_role("button", name="See it among the chats").click()
    row = page.get_by_role("list", name="Chats").get_by_role("button", name=call["chat_id"])
    expect(row).to_contain_text(f"phone, {NUMBER}")
    transcript = page.get_by_role("log", name="Transcript")
    expect(transcript).to_contain_text("Key 5 pressed")
    expect(transcript).to_contain_text("The caller hung up")
    expect(page.get_by_label("About the chat")).to_contain_text(call["call_sid"])
    inspector.check(*BOTH)


def test_the_timeline_of_a_call_says_it_in_words(inspector: Inspector, remote: Client) -> None:
    """Sound of either side is one row between two messages; marks and keys are named."""
    page = dial(inspector, remote)
    say(page, "Hello!")
    expect(log_of(page)).to_contain_text(ANSWER)
    page.get_by_role("group", name="Keypad").get_by_role("button", name="#").click()
    page.get_by_role("button", name="Open in Chats").click()
    page.get_by_role("button", name="sound, marks and messages").click()

    for text in (
        "phone → key # pressed",
        "in the call user_message",
        "server → mark assistant_end",
    ):
        expect(inspector.rows(text).first).to_be_visible()
    expect(inspector.rows("phone → played").first).to_contain_text("assistant_end 1")
    expect(inspector.rows("server → sound")).to_have_count(1)
    expect(inspector.rows("server → sound")).to_contain_text("s to play")
    assert "{" not in "".join(inspector.rows("phone").all_inner_texts())
    inspector.check()


def test_who_speaks_interrupts(inspector: Inspector, remote: Client) -> None:
    """The sound that waits is dropped, and what is said is answered."""
    page = dial(inspector, remote)
    long = "This takes a while to say, and then even longer. " * 8
    ask(remote, "PUT", "/_emulator/script", {"script": {"rules": [{"answer": long}]}})
    page.get_by_role("button", name="Hang up").click()
    page.get_by_role("button", name="Call", exact=True).click()
    say(page, "Tell me all.")
    expect(log_of(page).get_by_label("Assistant said").first).to_contain_text("This takes a while")
    say(page, "Stop, please, I know enough by now.")
    expect(log_of(page)).to_contain_text("Interruption")
    expect(log_of(page)).to_contain_text("Stop, please")
    inspector.check()


def test_the_microphone_speaks_on_the_line(inspector: Inspector, remote: Client) -> None:
    """It is heard to say what was queued for this call."""
    page = dial(inspector, remote)
    page.get_by_label("Transcripts of the microphone").fill("Can you hear me?")
    page.get_by_role("button", name="Queue").click()
    expect(page.get_by_text("Queued for the next turn of this call")).to_be_visible()
    page.get_by_role("button", name="Microphone").click()
    expect(log_of(page)).to_contain_text("Can you hear me?")
    expect(log_of(page)).to_contain_text(ANSWER)
    inspector.check()


def test_the_chat_ends_the_call(inspector: Inspector, remote: Client) -> None:
    page = dial(inspector, remote)
    (call,) = calls(remote)
    body = {"kind": "socket", "fault": "close", "chat_id": call["chat_id"], "at_ms": 0, "times": 1}
    ask(remote, "POST", "/_emulator/faults", {**body, "code": 1011}, 201)
    expect(page.get_by_role("heading", name="The call is over")).to_be_visible()
    expect(log_of(page)).to_contain_text("The stream broke off (1011)")


def test_a_call_that_cannot_begin(inspector: Inspector, remote: Client) -> None:
    """What the caller would hear is shown, and so is an error."""
    page = inspector.open("talk", by="phone")
    page.get_by_label("Your number").fill("")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(log_of(page)).to_contain_text("A voice said: We are sorry")
    fault = {"kind": "http", "fault": "status", "status": 503, "operation": "answer-twilio-call"}
    ask(remote, "POST", "/_emulator/faults", {**fault, "times": 1}, 201)
    inspector.expected.append("503")
    page.get_by_label("Your number").fill(NUMBER)
    page.get_by_role("button", name="Call", exact=True).click()
    expect(log_of(page)).to_contain_text("The call was refused: The answer was 503.")
    inspector.check()
