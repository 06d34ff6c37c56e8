"""Ten thousand entries: what a user waits for."""

import json
from typing import Any

from playwright.sync_api import expect

from emulator.server import Server
from tests.inspector.browsing import Inspector
from tests.journal.made import frame_entry, http_entry

ENTRIES = 10_000
PATIENCE_MS = 60_000  # of a busy machine; how long it took is in the figures
# Types a search a letter at a time; how long (ms) each took until it was painted.
TYPE = """async (text) => {
  const field = document.querySelector("[data-search]");
  const frame = () => new Promise(requestAnimationFrame);
  const took = [];
  for (let end = 1; end <= text.length; end++) {
    const began = performance.now();
    field.value = text.slice(0, end);
    field.dispatchEvent(new Event("input"));
    took.push(performance.now() - began);
    await frame();
    await frame();
  }
  return took;
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
    """A journal such as a long day leaves behind."""
    journal = server.app.worlds.get(api_key).journal
    response = json.dumps({"configs_page": [{"name": "Fernway", "n": n} for n in range(60)]})
    for number in range(ENTRIES // 2):
        journal.add(http_entry(query=b"page_number=%d" % number, response=response.encode()))
        content = {"type": "user_input", "text": f"This is the message with the number {number}"}
        journal.add(frame_entry(chat_id="a-chat", content=content))


def test_ten_thousand_entries(inspector: Inspector, server: Server, api_key: str) -> None:
    """All are there soon, a letter of a search costs a frame or two, few rows are in the page."""
    fill(server, api_key)
    page = inspector.open()
    expect(page.get_by_text("10,000 entries")).to_be_visible(timeout=PATIENCE_MS)
    loaded_ms = page.evaluate("performance.now()")
    typed: list[float] = page.evaluate(TYPE, "message w")  # no digits: times have them
    expect(page.get_by_text("5,000 of 10,000 entries")).to_be_visible()
    page.evaluate(TYPE, "")
    page.get_by_role("searchbox", name="Search").fill("")
    scrolled: list[Any] = page.evaluate(SCROLL)
    figures = (
        f"{ENTRIES} entries: shown after {loaded_ms:.0f} ms; a letter of a search "
        f"{sum(typed) / len(typed):.1f} ms on average, {max(typed):.1f} ms at most; "
        f"a leap of the list {sorted(scrolled)[len(scrolled) // 2]:.1f} ms until painted"
    )
    print(figures)  # noqa: T201

    assert page.locator(".row").count() < 100
    assert sorted(typed)[len(typed) // 2] < 50, figures  # a machine of tests is a slow one
    inspector.check()
