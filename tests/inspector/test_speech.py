"""Speech: what was said, how it sounds, and what is made of it."""

import json
import re
from typing import Any

from httpx import Client
from playwright.sync_api import expect
from websockets.sync.client import connect

from emulator.server import Server
from tests.inspector.browsing import BOTH, Inspector
from tests.outgoing.calls import ask

CALM: dict[str, Any] = {"text": "Hello there. How are you?", "description": "A calm old woman"}
SOUND = """(audio) => new Promise((resolve, reject) => {
  const told = () => resolve(audio.duration);
  audio.addEventListener("error", () => reject(new Error(audio.error.message)));
  if (audio.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) told();
  else audio.addEventListener("canplay", told);
})"""
HEIGHT = "(node) => node.getBoundingClientRect().height"
SEEK = "(audio, seconds) => (audio.currentTime = seconds)"
LEFT_OF = """(word) => {
  const line = word.closest(".track-line");
  return (word.getBoundingClientRect().left - line.getBoundingClientRect().left) / line.clientWidth;
}"""


def spoken(remote: Client, **utterance: Any) -> Any:
    """Have an utterance spoken; return the generation of the answer."""
    given = utterance or CALM
    return ask(remote, "POST", "/v0/tts", {"utterances": [given]})["generations"][0]


def test_a_generation_shows_at_once(inspector: Inspector, remote: Client) -> None:
    """The newest is the first of the list; opened, it shows its text and how it was asked for."""
    page = inspector.open("speech")
    spoken(remote, text="The first.")
    expect(page.get_by_role("button", name="The first.")).to_be_visible()
    made = spoken(remote)
    newest = page.get_by_role("list", name="Generations").get_by_role("button").first
    expect(newest).to_contain_text(CALM["text"])
    expect(newest).to_contain_text("a designed voice")
    expect(newest).to_contain_text("v1 · mp3")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text(made["generation_id"], exact=True)).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_contain_text("A calm old woman")
    page.get_by_text("Times of the words").click()
    expect(page.get_by_role("row", name="there")).to_contain_text("ms")
    inspector.check(*BOTH)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Speak a text").get_by_label("Text", exact=True)).to_be_visible()
    inspector.check_console()


def test_what_a_socket_says_shows_at_once(
    inspector: Inspector, server: Server, api_key: str
) -> None:
    """Its frames belong to no chat."""
    page = inspector.open("speech")
    url = f"{server.url.replace('http', 'ws')}/v0/tts/stream/input?api_key={api_key}"
    with connect(f"{url}&no_binary=true", proxy=None) as socket:
        socket.send(json.dumps({"text": "Over the socket."}))
        socket.send(json.dumps({"flush": True}))
        socket.recv()
        newest = page.get_by_role("list", name="Generations").get_by_role("button").first
        expect(newest).to_contain_text("Over the socket.")
    inspector.check_console()


def test_it_plays_with_its_words(inspector: Inspector, remote: Client) -> None:
    """The browser decodes the sound; the word at the place that is played is marked."""
    made = spoken(remote)
    page = inspector.open("speech", id=made["generation_id"])
    audio = page.get_by_label("The sound", exact=True)
    assert abs(audio.evaluate(SOUND) - made["duration"]) < 0.01
    assert page.locator(".waveform path").evaluate(HEIGHT) > 80  # of 96

    path = f"/_emulator/tts/generations/{made['generation_id']}"
    words = ask(remote, "GET", path)["words"]
    shown = page.get_by_role("region", name="Waveform and words").locator(".track-word")
    assert shown.all_inner_texts() == [word["text"] for word in words]
    third, begin_s = shown.nth(2), words[2]["time"]["begin"] / 1000
    assert abs(third.evaluate(LEFT_OF) - begin_s / made["duration"]) < 0.01
    audio.evaluate(SEEK, begin_s + 0.01)
    expect(third).to_have_attribute("aria-current", "true")
    expect(page.locator(".track-word[aria-current]")).to_have_count(1)
    inspector.check(*BOTH)


def test_a_voice_is_made(inspector: Inspector, remote: Client) -> None:
    """A name makes it a custom voice; a taken one is refused beside the field."""
    made = spoken(remote)
    page = inspector.open("speech", id=made["generation_id"])
    form = page.get_by_label("Make a voice")
    name = form.get_by_label("Name")
    name.fill("Narrator")
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_have_text("Narrator is a custom voice now.")

    inspector.expected.append("status of 400")
    name.fill("Narrator")
    form.get_by_role("button").click()
    expect(form.get_by_role("alert")).to_contain_text("already exists")
    expect(name).to_have_accessible_description(form.get_by_role("alert").inner_text())
    expect(name).to_have_value("Narrator")
    inspector.check(*BOTH)
    page.get_by_role("button", name="Speak a text").click()
    page.get_by_label("Voice", exact=True).select_option("Narrator")
    page.get_by_label("Speak a text").get_by_label("Text", exact=True).fill("In my voice.")
    page.get_by_role("button", name="Speak", exact=True).click()
    expect(page.get_by_label("Text", exact=True)).to_contain_text("Narrator")
    inspector.check_console()


def test_a_text_is_spoken(inspector: Inspector, remote: Client) -> None:
    """By a voice of the library, in the version and at the speed that were chosen."""
    page = inspector.open("speech")
    form = page.get_by_label("Speak a text")
    form.get_by_label("Text", exact=True).fill("Good morning.")
    form.get_by_label("Voice", exact=True).select_option("Ava Song")
    form.get_by_label("Version").select_option("Octave 2")
    form.get_by_label("Speed").fill("1.5")
    inspector.check(*BOTH)
    form.get_by_role("button", name="Speak").click()

    expect(page.get_by_label("Text", exact=True)).to_contain_text("Ava Song")
    [made] = ask(remote, "GET", "/_emulator/tts/generations")["generations"][-1:]
    assert (made["text"], made["version"]) == ("Good morning.", "2")
    assert made["utterances"][0]["speed"] == 1.5
    expect(page.get_by_text(made["generation_id"], exact=True)).to_be_visible()
    inspector.check_console()


def test_what_is_refused_is_told(inspector: Inspector, remote: Client) -> None:
    """The answer's words stand in the form, beside the field that they name; the text stays."""
    page = inspector.open("speech")
    inspector.expected.append("status of 4")
    form = page.get_by_label("Speak a text")
    text = form.get_by_label("Text", exact=True)
    text.fill("Good morning.")
    form.get_by_label("Version").select_option("Octave 2")
    form.get_by_role("button", name="Speak").click()
    expect(form.get_by_role("alert")).to_contain_text("version 2")
    expect(form.locator("[aria-invalid=true]")).to_have_count(0)  # its words name the field
    form.get_by_label("Version").select_option("Octave 1")
    form.get_by_label("Speed").fill("9")
    form.get_by_role("button", name="Speak").click()
    expect(form.get_by_label("Speed")).to_have_accessible_description(re.compile("less than"))
    expect(form.locator("[aria-invalid=true]")).to_have_count(1)
    expect(text).to_have_value("Good morning.")
    inspector.check(*BOTH)


def test_a_generation_that_is_gone(inspector: Inspector) -> None:
    """The page says so."""
    page = inspector.open("speech", id="00000000-0000-4000-8000-000000000000")
    inspector.expected.append("status of 404")
    expect(page.get_by_text("This generation is gone.")).to_be_visible()
    inspector.check_console()


def test_a_phone(inspector: Inspector, remote: Client) -> None:
    """The list lies above what is chosen, and nothing runs out of the window."""
    made = spoken(remote)
    page = inspector.open("speech", id=made["generation_id"])
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_label("The sound", exact=True).evaluate(SOUND)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("main, header").get_by_role("button").all():
        assert control.evaluate("(node) => node.getBoundingClientRect().right <= innerWidth")
    inspector.check()
