"""Narrow and wide windows: what matters is in sight in each."""

import pytest
from httpx import Client
from playwright.sync_api import expect

from emulator.server import Server
from tests.apis.expression.media import jpeg
from tests.inspector.browsing import BOTH, Inspector
from tests.inspector.test_timeline import held
from tests.outgoing.calls import ask, simulate

INSIDE = "(node) => node.getBoundingClientRect().right <= innerWidth"


def test_a_narrow_timeline_tells_what_was_said(
    inspector: Inspector, server: Server, api_key: str
) -> None:
    """Beside the frame's type, in the room that there is."""
    held(server, api_key, "Is anybody there?")
    page = inspector.open()
    said = inspector.rows("client → user_input").get_by_text("Is anybody there?")
    for width in (700, 900):
        page.set_viewport_size({"width": width, "height": 700})
        expect(said).to_be_visible()
        assert said.evaluate("(node) => node.parentNode.clientWidth") > 80, width
        inspector.check()


def test_what_drives_a_live_chat_is_inside_the_window(inspector: Inspector, remote: Client) -> None:
    """Nothing beside the transcript runs out of it."""
    chat = {"user": ["Hello"], "end_reason": "ACTIVE"}
    chat_id = ask(remote, "POST", "/_emulator/simulate", chat)["chat_id"]
    page = inspector.open("chats", id=chat_id)
    panel = page.get_by_label("About the chat")
    for width in (700, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 700})
        for role in ("button", "textbox", "combobox"):
            expect(panel.get_by_role(role).first).to_be_visible()
            for control in panel.get_by_role(role).all():
                assert control.evaluate(INSIDE), (control, width)
        inspector.check()


def test_a_call_fits_into_the_window(inspector: Inspector, remote: Client) -> None:
    """Before it, while it goes on, and among the chats: nothing is cut off on a phone."""
    page = inspector.open("talk", by="phone")

    def check() -> None:
        for width in (390, 680, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for role in ("button", "textbox", "combobox", "link"):
                for control in page.get_by_role(role).all():
                    assert control.evaluate(INSIDE), (control, width)
            inspector.check()

    check()
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("group", name="Keypad")).to_be_visible()
    expect(page.get_by_role("button", name="Inject")).to_be_visible()
    check()
    page.get_by_role("button", name="Open in Chats").click()
    expect(page.get_by_label("About the chat").get_by_role("button", name="Inject")).to_be_visible()
    check()


@pytest.fixture
def lived(remote: Client) -> dict[str, dict[str, str]]:
    """A world with something to show in each view; what is open in which."""
    chat_id = simulate(remote)
    body = {"name": "Mine", "text": "Hi", "txet": "Ho"}
    ask(remote, "POST", "/v0/evi/prompts", body, 201)
    ask(remote, "GET", "/v0/evi/prompts?page_size=0", status=422)
    fault = {"kind": "http", "fault": "status", "status": 429, "operation": "list-tools"}
    ask(remote, "POST", "/_emulator/faults", fault, 201)
    hook = {"event_name": "chat_ended", "url": "http://localhost:1/hook"}
    delivery = ask(remote, "POST", "/_emulator/webhooks/trigger", hook)
    speech = {"utterances": [{"text": "The train to Lillehammer leaves from platform four."}]}
    [generation] = ask(remote, "POST", "/v0/tts", speech)["generations"]
    image = {"file": ("face.jpg", jpeg(), "image/jpeg")}
    run = remote.post("/v1/expression/video/file", files=image).json()
    [config] = ask(remote, "GET", "/v0/evi/configs?page_size=1")["configs_page"]
    return {
        "timeline": {"q": "GET"},
        "chats": {"id": chat_id},
        "webhooks": {"id": delivery["id"]},
        "resources": {"kind": "configs", "id": config["id"]},
        "speech": {"id": generation["generation_id"]},
        "expression": {"id": run["run_id"]},
    }


def test_every_view_fits(inspector: Inspector, lived: dict[str, dict[str, str]]) -> None:
    """From 360 px on, nothing is cut off, covered or out of reach, in either colours."""
    page = inspector.open()
    views = page.locator("#views a").evaluate_all(
        "(links) => links.map((each) => each.dataset.view)"
    )
    for view in views:
        inspector.open(view, **lived.get(view, {}))
        expect(page.locator("main")).not_to_be_empty()
        for width in (360, 640, 1400):
            inspector.check_width(width)
            inspector.check(*BOTH)
