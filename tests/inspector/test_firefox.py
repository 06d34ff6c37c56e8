"""The inspector in Firefox: every view renders, and acts.

Chromium has the tests of all that the page does; these are for what browsers do in their own way.
"""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from httpx import Client
from websockets.sync.client import connect

from emulator.server import Server
from tests.inspector.browsing import AXE, CUT_OFF, RUN_AXE, axe_source
from tests.inspector.firefox import ENTER, FIREFOX, Firefox, firefox
from tests.journal.made import model_entry
from tests.outgoing.calls import ask, simulate
from tests.outgoing.receiver import Receiver

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(FIREFOX is None, reason="firefox-esr is not installed"),
    pytest.mark.skipif(not AXE.is_file(), reason="axe-core is missing from tests/node (npm)"),
]


VIEWS = "[...document.querySelectorAll('#views a')].map((each) => each.dataset.view)"


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """Firefox, which takes seconds to start: one for all tests."""
    with firefox(tmp_path_factory.mktemp("profile")) as fox:
        yield fox


class Page:
    """The inspector, as the test's own world."""

    def __init__(self, browser: Firefox, url: str, api_key: str) -> None:
        self.browser = browser
        self._url = url
        self._api_key = api_key

    def open(self, view: str, **parameters: str) -> Firefox:
        query = urlencode({"view": view, **parameters, "key": self._api_key})
        self.browser.open(f"{self._url}/_emulator/#{query}")
        self.browser.expect("#state[data-state=live]")
        return self.browser


@pytest.fixture
def page(fox: Firefox, server: Server, api_key: str) -> Iterator[Page]:
    """The page; at the end of a test its console has no error."""
    fox.errors.clear()
    fox.resize(1280, 800)
    yield Page(fox, server.url, api_key)
    fox.open("about:blank")
    assert fox.errors == []


def test_every_view_renders(page: Page, remote: Client) -> None:
    """In windows of 360 and 1,400 pixels, in both colours; axe finds nothing."""
    simulate(remote)
    shown = page.open("timeline")
    shown.evaluate(f"(() => {{ {axe_source()} }})()")
    for view in shown.evaluate(VIEWS):
        shown.click(f"#views a[data-view={view}]")
        shown.expect(f"#views a[data-view={view}][aria-current=page]")
        shown.wait_for("document.querySelector('main').innerText.trim()")
        for width, theme in ((360, "light"), (1400, "dark")):
            shown.resize(width)
            shown.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            assert shown.evaluate("document.documentElement.scrollWidth") <= width, view
            assert shown.evaluate(f"({CUT_OFF})()") == [], (view, width)
            assert shown.evaluate(f"({RUN_AXE})()") == [], (view, width)


def test_the_timeline(page: Page, remote: Client) -> None:
    """Requests appear as they come; they are searched, and opened."""
    shown = page.open("timeline")
    shown.expect(".empty-title", "Nothing has happened")
    remote.get("/v0/evi/configs?page_size=2")
    remote.get("/v0/evi/confgs")
    shown.expect(".row", "the closest is GET /v0/evi/configs")
    shown.type("input[aria-label=Search]", "-confgs")
    shown.expect(".total", "1 of 2 entries")
    shown.click(".row", "page_size=2")
    shown.expect(".detail h3", "Response body")


def test_a_live_chat(page: Page, server: Server, api_key: str) -> None:
    """It opens by itself, and takes a message of the control plane."""
    shown = page.open("chats")
    url = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={api_key}"
    with connect(url, proxy=None) as socket:
        socket.send(json.dumps({"type": "user_input", "text": "Do you see me?"}))
        while json.loads(socket.recv())["type"] != "assistant_end":
            pass
        shown.expect(".said.user", "Do you see me?")
        shown.type(".beside form input", "Now I speak.")
        shown.click(".beside form button", "Send")
        shown.expect(".said", "Now I speak.")


def test_the_scores_of_a_chat(page: Page, remote: Client) -> None:
    shown = page.open("chats", id=simulate(remote))
    shown.expect(".said.assistant", "it is snowing")
    shown.wait_for("document.querySelectorAll('.chart polyline').length === 6")
    shown.click(".legend button")
    shown.wait_for("document.querySelectorAll('.chart polyline').length === 5")


def test_talking(page: Page) -> None:
    """A chat is started, spoken in, and hung up."""
    shown = page.open("talk")
    shown.click(".panel button.primary", "Start the chat")
    shown.expect(".panel h2", "Connected")
    shown.type(".composer input", "Hello!")
    shown.press(ENTER)
    shown.expect(".said.user", "Hello!")
    shown.expect(".said.assistant")
    shown.click(".panel button.danger", "Hang up")
    shown.expect(".panel h2", "The chat is over")


def test_a_question_to_a_model(page: Page, server: Server, api_key: str) -> None:
    server.app.worlds.get(api_key).journal.add(model_entry())
    shown = page.open("models")
    shown.click(".pick")
    shown.expect(".page h2")


def test_speaking_a_text(page: Page) -> None:
    """What was spoken opens, with its waveform."""
    shown = page.open("speech")
    shown.type(".page textarea", "Mind the step.")
    shown.click(".page button.primary", "Speak")
    shown.expect(".page svg.waveform")
    shown.expect(".pick[aria-current=true]", "Mind the step.")


def test_sending_a_webhook(page: Page, receiver: Receiver) -> None:
    """It opens, and is sent again."""
    shown = page.open("webhooks")
    shown.type(".page input[type=url]", receiver.url)
    shown.click(".page button.primary", "Send")
    shown.expect(".page h2", "Attempt 1")
    shown.click(".page button.primary", "Redeliver")
    shown.expect(".page h2", "Attempt 2")


def test_the_versions_of_a_config(page: Page) -> None:
    shown = page.open("resources")
    shown.click(".pick", "Ciao Giulia")
    shown.expect(".page :is(h2, h3)", "Versions")


def test_the_clock_and_the_worlds(page: Page, remote: Client) -> None:
    """Time is frozen and moved; the list of worlds has this one by its name."""
    ask(remote, "PUT", "/_emulator/world", {"name": "A world of Firefox"})
    shown = page.open("world")
    shown.expect("section", "A world of Firefox (this one)")
    shown.click("section[aria-label=Clock] button", "Freeze")
    shown.expect("#clock", "frozen")
    before_ms = ask(remote, "GET", "/_emulator/clock")["now_ms"]
    shown.click("section[aria-label=Clock] button", "+1 h")
    remote.get("/_emulator/journal/wait?kind=clock&after=1&timeout=10")
    assert ask(remote, "GET", "/_emulator/clock")["now_ms"] == before_ms + 3_600_000


def test_setting_a_script(page: Page, remote: Client) -> None:
    """An example begins it, and is set."""
    shown = page.open("script")
    shown.click("button", "Insert an example")
    shown.click("button", "Set")
    shown.expect("table td", "'weather'")
    assert len(ask(remote, "GET", "/_emulator/script")["rules"]) > 1


def test_a_fault_is_removed(page: Page, remote: Client) -> None:
    fault = {"kind": "http", "fault": "status", "status": 429, "operation": "list-tools"}
    ask(remote, "POST", "/_emulator/faults", fault, 201)
    shown = page.open("faults")
    shown.expect("table", "operation=list-tools")
    shown.click("table button", "Remove")
    shown.expect("main", "Nothing breaks.")
    assert ask(remote, "GET", "/_emulator/faults") == {"faults": []}


def test_a_finding_in_the_report(page: Page, remote: Client) -> None:
    """It comes while one looks."""
    shown = page.open("contract")
    ask(remote, "GET", "/v0/evi/prompts?page_size=0", status=422)
    shown.expect("main", "page_size")
    shown.expect("main", "list-prompts")


def test_what_expression_measures(page: Page, remote: Client) -> None:
    """A script of measurements is set."""
    shown = page.open("expression")
    shown.type("form textarea", "speech from 98 ms: joy 0.8")
    shown.click("form button", "Set")
    shown.expect("[role=status]", "followed from now on")
    told = ask(remote, "GET", "/_emulator/expression/script")
    assert told["script"] == "speech from 98 ms: joy 0.8"
