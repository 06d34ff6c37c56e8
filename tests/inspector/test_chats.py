"""Chats: what was said, by whom, in what mood; live, and with their webhooks."""

import json
from contextlib import suppress

from httpx import Client
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from emulator.server import Server
from tests.inspector.browsing import BOTH, Inspector
from tests.outgoing.calls import ask, new_config, simulate
from tests.outgoing.receiver import Receiver

# How long it is (s), once some of it was played.
PLAYED = """(audio) => new Promise((resolve) => {
  audio.ontimeupdate = () => audio.currentTime > 0.05 && resolve(audio.duration);
})"""


def test_a_chat_with_all_that_belongs_to_it(
    inspector: Inspector, remote: Client, receiver: Receiver
) -> None:
    """Transcript with roles, moods and the tool call; scores over the turns; its webhooks."""
    chat_id = simulate(remote, config_id=new_config(remote, receiver.url, name="Hooked"))
    page = inspector.open("chats")
    page.get_by_role("button", name=chat_id).click()

    transcript = page.get_by_role("log", name="Transcript")
    said = transcript.get_by_role("article")
    expect(said.filter(has_text="What's the weather in Oslo?")).to_have_accessible_name("User said")
    expect(said.filter(has_text="it is snowing")).to_have_accessible_name("Assistant said")
    expect(said.filter(has_text="Thanks").get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_label("Tool call get_current_weather")).to_contain_text('"Oslo"')
    expect(page.get_by_label("Tool response")).to_contain_text("snowing")
    expect(page.get_by_role("heading", name="Hooked")).to_be_visible()

    chart = page.get_by_role("img", name="Scores of")
    expect(chart.locator("polyline")).to_have_count(6)
    page.get_by_role("group", name="Emotions shown").get_by_role("button").first.click()
    expect(chart.locator("polyline")).to_have_count(5)
    page.get_by_text("Scores as a table").click()
    expect(page.get_by_role("columnheader", name="Said")).to_be_visible()

    hooks = page.get_by_label("About the chat")
    expect(hooks.get_by_text("delivered")).to_have_count(3)
    inspector.check(*BOTH)
    hooks.get_by_role("button", name="chat_ended").click()
    expect(page.get_by_label("Payload", exact=True)).to_contain_text(chat_id)


def test_the_audio_plays(inspector: Inspector, remote: Client) -> None:
    """The reconstruction is asked for, and its sound goes on."""
    page = inspector.open("chats", id=simulate(remote))
    page.get_by_role("button", name="Play the audio").click()
    audio = page.get_by_label("The chat's audio")
    expect(audio).to_be_visible()
    assert audio.evaluate(PLAYED) > 10
    inspector.check()


def test_a_chat_goes_on_before_ones_eyes(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """It is in the list when it begins, each message when it is said, its end when it ends."""
    page = inspector.open("chats")
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
    with connect(url, proxy=None) as socket:
        chat_id = json.loads(socket.recv())["chat_id"]
        page.get_by_role("button", name=chat_id).click()
        expect(page.get_by_label("About the chat")).to_contain_text("still going on")
        socket.send(json.dumps({"type": "user_input", "text": "Do you see me?"}))
        expect(page.get_by_role("log")).to_contain_text("Do you see me?")
        inspector.check()

        # driven from outside
        page.get_by_role("textbox", name="Text").fill("Now I speak.")
        page.get_by_label("Who says it").select_option("as the assistant")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("log")).to_contain_text("Now I speak.")
        page.get_by_label("What happens").select_option("close")
        page.get_by_label("code", exact=True).fill("4000")
        page.get_by_role("button", name="Inject").click()
        with suppress(ConnectionClosedError):
            while socket.recv():
                pass
        assert socket.close_code == 4000
    expect(page.get_by_role("button", name=chat_id)).to_contain_text("USER_ENDED")
    inspector.check_console()


def test_a_long_chat_is_complete(inspector: Inspector, remote: Client) -> None:
    """All pages of its events are shown."""
    page = inspector.open("chats", id="404e8052-471c-4520-b876-d4f331bc9fa3")
    log = page.get_by_role("log")
    path = "/v0/evi/chats/404e8052-471c-4520-b876-d4f331bc9fa3?page_size=100&page_number=2"
    last = remote.get(path).json()["events_page"]
    spoken = [each["message_text"] for each in last if each["type"] == "AGENT_MESSAGE"]
    expect(log).to_contain_text(spoken[-1])
    inspector.check_console()


def test_who_holds_no_chat_can_drive_none(inspector: Inspector, remote: Client) -> None:
    """A chat of the seed that is ACTIVE for ever has none of a live chat's controls."""
    chats = ask(remote, "GET", "/v0/evi/chats?page_size=100")["chats_page"]
    chat_id = next(chat["id"] for chat in chats if chat["status"] == "ACTIVE")
    page = inspector.open("chats", id=chat_id)
    expect(page.get_by_label("About the chat")).to_contain_text("Webhooks of this chat")
    expect(page.get_by_role("button", name="Inject")).to_have_count(0)


def test_a_live_chat_opens_by_itself(inspector: Inspector, server: Server, api_key: str) -> None:
    """Its newest message is in sight; the next one opens when it is over, unless one was chosen."""
    page = inspector.open("chats")
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
    log = page.get_by_role("log", name="Transcript")

    def say(socket: ClientConnection, text: str) -> None:
        socket.send(json.dumps({"type": "user_input", "text": text}))
        while json.loads(socket.recv())["type"] != "assistant_end":
            pass

    with connect(url, proxy=None) as socket:
        first = json.loads(socket.recv())["chat_id"]
        expect(page.get_by_role("button", name=first)).to_have_attribute("aria-current", "true")
        for number in range(12):
            say(socket, f"This is the question with the number {number}.")
        newest = log.get_by_role("article").last
        expect(log).to_contain_text("number 11")
        expect(newest).to_be_in_viewport()
        for width in (1400, 640, 360):
            inspector.check_width(width)
            newest.scroll_into_view_if_needed()
            inspector.check(*BOTH)
            say(socket, f"And now in {width} pixels.")
            expect(log).to_contain_text(f"And now in {width} pixels.")
            expect(newest).to_be_in_viewport()
    with connect(url, proxy=None) as socket:
        second = json.loads(socket.recv())["chat_id"]
        expect(page.get_by_role("button", name=second)).to_have_attribute("aria-current", "true")
        page.get_by_role("button", name=first).click()
        expect(log).to_contain_text("And now in 360 pixels.")
        say(socket, "Do you see me?")
        with connect(url, proxy=None) as another:
            third = json.loads(another.recv())["chat_id"]
            expect(page.get_by_role("button", name=third)).to_be_visible()
            expect(log).to_contain_text("And now in 360 pixels.")
    inspector.check_console()


def test_the_transcript_comes_before_the_scores(inspector: Inspector, remote: Client) -> None:
    """The chart is beside it or below, and its axes say what they mean."""
    page = inspector.open("chats", id=simulate(remote))
    log = page.get_by_role("log", name="Transcript")
    chart = page.get_by_label("About the chat").get_by_role("img", name="Scores of")
    for width in (1400, 640, 360):
        inspector.check_width(width)
        expect(chart).to_contain_text("Message of the chat")
        expect(chart).to_contain_text("Score, 0 to 1")
        said, scores = log.bounding_box(), chart.bounding_box()
        assert said is not None
        assert scores is not None
        is_beside = scores["x"] >= said["x"] + said["width"]
        assert is_beside or scores["y"] >= said["y"] + said["height"], width
