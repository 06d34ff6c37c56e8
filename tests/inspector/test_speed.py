"""Ten thousand entries: what a user waits for."""

import asyncio
import json
import time
from typing import Any

import pytest
from playwright.sync_api import CDPSession, expect

from emulator.journal.audio_run import AudioRun
from emulator.server import Server
from tests import conformance
from tests.inspector.browsing import Inspector
from tests.journal.made import frame_entry, http_entry

ENTRIES = 10_000
RUNS = 500
SHOWN_MS = 1_500  # until all entries are there
PATIENCE_MS = 60_000  # of a busy machine; how long it took is in the figures
LETTER_MS = 50  # until the list shows what fits
# Types a search a letter at a time, each once the one before is painted.
TYPE = """async (text) => {
  const field = document.querySelector("[data-search]");
  const frame = () => new Promise(requestAnimationFrame);
  for (let end = 1; end <= text.length; end++) {
    field.value = text.slice(0, end);
    field.dispatchEvent(new Event("input"));
    await frame();
    await frame();
  }
}"""
SCROLL = """async () => {
  const list = document.querySelector("#listview");
  const took = [];
  for (let part = 0; part <= 1; part += 0.02) {
    const began = performance.now();
    list.scrollTop = part * list.scrollHeight;
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    took.push(performance.now() - began);
  }
  return took;
}"""


def fill(server: Server, api_key: str) -> None:
    """A journal such as a long day leaves behind: a run of audio among every twenty entries."""
    journal = server.app.worlds.get(api_key).journal
    response = json.dumps({"configs_page": [{"name": "Fernway", "n": n} for n in range(60)]})
    for number in range(ENTRIES // 2):
        content = {"type": "user_input", "text": f"This is the message with the number {number}"}
        journal.add(frame_entry(chat_id="a-chat", content=content))
        if number % (ENTRIES // 2 // RUNS) == 0:
            run = AudioRun("a-chat", "audio_input", joined=False, is_binary=False)
            for _ in range(50):
                journal.add_audio(
                    run, {"type": "audio_input", "data": "(1200 characters)"}, 900, 1200
                )
            journal.end_run(run)
        else:
            journal.add(http_entry(query=b"page_number=%d" % number, response=response.encode()))


async def thread_s() -> float:
    """How long (s) the thread has computed in which this runs."""
    return time.thread_time()


def page_s(session: CDPSession) -> float:
    """How long (s) the page has computed, whatever else keeps the machine busy."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "ThreadTime")


def busy_s(session: CDPSession, server: Server) -> float:
    """How long (s) page and server have computed."""
    assert server.app.loop is not None
    return page_s(session) + asyncio.run_coroutine_threadsafe(thread_s(), server.app.loop).result()


def test_ten_thousand_entries(
    inspector: Inspector, server: Server, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are there soon, a letter of a search costs a frame or two, few rows are in the page.

    The time until they are shown is that of the page and the server, which work in turn.
    """
    monkeypatch.setattr(conformance, "is_meant_so", lambda *given: True)  # to judge takes a second
    fill(server, api_key)
    page = inspector.page
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before_s = busy_s(session, server)
    inspector.open()
    expect(page.get_by_text("10,000 entries")).to_be_visible(timeout=PATIENCE_MS)
    shown_ms = (busy_s(session, server) - before_s) * 1_000
    before_s = page_s(session)
    page.evaluate(TYPE, text := "message w")  # no digits: times have them
    letter_ms = (page_s(session) - before_s) * 1_000 / len(text)
    session.detach()
    expect(page.get_by_text("5,000 of 10,000 entries")).to_be_visible()
    page.evaluate(TYPE, "")
    page.get_by_role("searchbox", name="Search").fill("")
    scrolled: list[Any] = page.evaluate(SCROLL)
    figures = (
        f"{ENTRIES} entries: shown after {shown_ms:.0f} ms; a letter of a search "
        f"{letter_ms:.1f} ms on average; "
        f"a leap of the list {sorted(scrolled)[len(scrolled) // 2]:.1f} ms until painted"
    )
    print(figures)  # noqa: T201

    assert shown_ms < SHOWN_MS, figures
    assert page.locator(".row").count() < 100
    assert letter_ms < LETTER_MS, figures
    inspector.check()
