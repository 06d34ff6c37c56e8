"""What a world shows that nobody has used: how clients get here, and a chat to look at."""

import subprocess

from httpx import Client
from playwright.sync_api import expect

from tests.inspector.browsing import Inspector
from tests.inspector.fitting import check_widths
from tests.outgoing.calls import ask


def test_clients_and_a_sample_chat(inspector: Inspector, remote: Client) -> None:
    """Each tab has this server's address and this world's key; the chat that is run is opened."""
    page = inspector.open()
    panel = page.get_by_role("tabpanel")
    expect(panel).to_contain_text(f'HumeClient(base_url="{inspector.url}"')
    expect(panel).to_contain_text(f'api_key="{inspector.api_key}"')
    check_widths(inspector)
    page.get_by_role("tab", name="Python").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="TypeScript")).to_be_focused()
    expect(panel).to_contain_text(f'environment: "{inspector.url}"')
    page.keyboard.press("ArrowRight")
    expect(panel).to_contain_text(f'hostname: "{inspector.url}"')
    inspector.check()
    page.keyboard.press("End")
    page.get_by_role("button", name="Copy the curl example").click()
    first, _ = inspector.copied().split("\ncurl")
    told = subprocess.run(["sh", "-c", first], check=True, capture_output=True, text=True)
    assert '"configs_page"' in told.stdout
    remote.post("/_emulator/reset")

    page.get_by_role("button", name="Run a sample chat").click()
    expect(page.get_by_label("Transcript")).to_contain_text("Hello!")
    assert "view=chats" in page.url
    assert ask(remote, "GET", "/_emulator/journal")["last_seq"] > 1
    inspector.check_console()
