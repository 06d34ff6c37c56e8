"""Expression: runs with their events, and the script of what is measured."""

import json
from typing import Any

from httpx import Client
from playwright.sync_api import expect
from websockets.sync.client import connect

from emulator.server import Server
from tests.apis.expression.media import jpeg, silence
from tests.inspector.browsing import BOTH, Inspector

SPEECH = "speech from 98 ms: joy 0.8, interest 0.4"


def upload(remote: Client, path: str, content: bytes, label: str) -> Any:
    files = {"file": ("file", content, label)}
    return remote.post(f"/v1/expression/{path}/file", files=files).json()


def test_runs_show_at_once(inspector: Inspector, remote: Client) -> None:
    """The newest is the first of the list; opened, it shows what the journal has of it."""
    page = inspector.open("expression")
    form = page.get_by_label("What is measured", exact=True)
    inspector.expected.append("400 (Bad Request)")
    form.get_by_label("Script").fill("sing")
    form.get_by_role("button", name="Set").click()
    expect(form.get_by_role("alert")).to_contain_text("Line 1, 'sing'")
    form.get_by_label("Script").fill(SPEECH)
    form.get_by_role("button", name="Set").click()
    expect(form.get_by_role("status")).to_contain_text("followed from now on")

    upload(remote, "audio", silence(4_000), "application/octet-stream")
    run = upload(remote, "video", jpeg(), "image/jpeg")
    runs = page.get_by_role("list", name="Runs").get_by_role("button")
    expect(runs.first).to_contain_text("Images")
    expect(runs.nth(1)).to_contain_text("Recording")
    expect(runs.nth(1)).to_contain_text("ended · 10 s metered")
    inspector.check(*BOTH)

    runs.nth(1).click()
    measured = page.get_by_label("Table of measurements")
    expect(measured).to_contain_text("98 ms to 3.1 s, interval")
    expect(measured).to_contain_text("joy 0.80, interest 0.40")
    runs.first.click()
    expect(page.get_by_text(run["run_id"], exact=True)).to_be_visible()
    expect(measured).to_contain_text("1 face")
    inspector.check(*BOTH)
    page.get_by_role("button", name="Show in the timeline").click()
    expect(inspector.rows("POST /v1/expression/video/file")).to_be_visible()
    inspector.check_console()


def test_events_of_a_session(inspector: Inspector) -> None:
    """The errors that it was sent, and how it ended; the journal knows nothing of a seed's run."""
    page = inspector.open("expression")
    page.get_by_role("button", name="Audio session").click()
    expect(page.get_by_label("Table of events")).to_contain_text("invalid_audio_frame")
    expect(page.get_by_label("About the run")).to_contain_text("client_request")
    expect(page.get_by_label("Configuration", exact=True)).to_contain_text("measurement_timer_ms")
    expect(page.get_by_label("Measurements", exact=True)).to_contain_text("The journal has none")
    inspector.check(*BOTH)
    inspector.check_console()


def test_a_session_shows_as_it_goes(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """Its measurements are those that the journal has; a frame of it leads to its run."""
    remote.put("/_emulator/expression/script", json={"script": SPEECH})
    page = inspector.open("expression")
    url = f"{server.url.replace('http', 'ws', 1)}/v1/expression/audio/realtime"
    with connect(url, additional_headers={"X-Hume-Api-Key": api_key}, proxy=None) as socket:
        run_id = json.loads(socket.recv())["session_id"]
        first = page.get_by_role("list", name="Runs").get_by_role("button").first
        expect(first).to_contain_text("live")
        socket.send(b"")
        socket.send(silence(1_000))
        socket.send('{"type": "session.close"}')
        expect(first).to_contain_text("ended · 1 event")
    first.click()
    expect(page.get_by_text(run_id, exact=True)).to_be_visible()
    expect(page.get_by_label("Table of events")).to_contain_text("invalid_audio_frame")
    expect(page.get_by_label("Table of measurements")).to_contain_text("joy 0.80")
    inspector.check(*BOTH)
    page.get_by_role("button", name="Show in the timeline").click()
    inspector.rows("session.closed").click()
    page.get_by_role("button", name="Open the run").click()
    expect(page.get_by_label("About the run")).to_contain_text("client_request")
    inspector.check_console()


def test_a_run_that_is_gone(inspector: Inspector) -> None:
    """Its page says so."""
    page = inspector.open("expression", id="01902d0c-a0e0-7c5e-9b1f-6f2d1c0a4b99")
    expect(page.get_by_text("This run is gone.")).to_be_visible()
