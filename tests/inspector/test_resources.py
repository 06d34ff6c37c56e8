"""Resources: versions, and what changed between two of them."""

import json
import subprocess

import pytest
from httpx import Client
from playwright.sync_api import expect

from emulator.inspection import View
from tests.inspector.browsing import BOTH, Inspector
from tests.outgoing.calls import ask


def test_two_versions_of_a_config(inspector: Inspector) -> None:
    """All versions are listed; of two, each line that differs has a mark."""
    page = inspector.open("resources")
    page.get_by_role("button", name="Fernway Bikes Support").click()
    versions = page.get_by_role("table")
    expect(versions.get_by_role("row")).to_have_count(5)

    difference = page.get_by_label("Difference")
    expect(difference.get_by_label("From version 2 to 3")).to_be_visible()
    expect(
        difference.locator(".removed", has_text='"allow_short_responses": false')
    ).to_contain_text("-")
    expect(difference.locator(".added", has_text='"allow_short_responses": true')).to_contain_text(
        "+"
    )
    difference.get_by_label("From", exact=True).select_option("3")
    expect(difference).to_contain_text("They are the same.")
    page.get_by_label("Version", exact=True).select_option("1")
    expect(page.get_by_role("group", name="Version 1")).to_contain_text('"version": 1')
    inspector.check(*BOTH)


@pytest.mark.parametrize(
    ("kind", "name"), [("Prompts", "Fernway Support Desk"), ("Tools", "get_order_status")]
)
def test_prompts_and_tools(inspector: Inspector, kind: str, name: str) -> None:
    """Of the three kinds one is shown at a time."""
    page = inspector.open("resources")
    page.get_by_role("button", name=kind).click()
    page.get_by_role("list", name=kind).get_by_role("button", name=name).first.click()
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()
    expect(page.get_by_label("Content")).to_contain_text('"version"')
    inspector.check()


def test_a_new_version_shows_at_once(inspector: Inspector, remote: Client) -> None:
    """What a client changes meanwhile is there, as a difference too."""
    prompt = ask(remote, "POST", "/v0/evi/prompts", {"name": "Mine", "text": "One.\nTwo."}, 201)
    page = inspector.open("resources", kind="prompts", id=prompt["id"])
    expect(page.get_by_text("1 version", exact=True)).to_be_visible()
    ask(remote, "POST", f"/v0/evi/prompts/{prompt['id']}", {"text": "One.\nThree."}, 201)
    expect(page.get_by_text("2 versions", exact=True)).to_be_visible()
    expect(page.get_by_label("Difference").locator(".added", has_text="Three.")).to_be_visible()
    inspector.check_console()


def test_credentials_are_not_shown(inspector: Inspector, remote: Client) -> None:
    """The URL of a webhook may say who asks: the page shows it without."""
    webhooks = [{"url": "https://a.example/hook?api_key=Zq-mine", "events": ["chat_ended"]}]
    body = {"name": "Hooked", "evi_version": "3", "webhooks": webhooks}
    made = ask(remote, "POST", "/v0/evi/configs", body, 201)
    assert "Zq-mine" in str(made)
    page = inspector.open("resources", id=made["id"])
    expect(page.get_by_label("Content")).to_contain_text("hook?api_key=(hidden)")
    expect(page.locator("body")).not_to_contain_text("Zq-mine")
    page = inspector.open("webhooks")
    expect(page.locator("body")).to_contain_text("hook?api_key=(hidden)")
    expect(page.locator("body")).not_to_contain_text("Zq-mine")
    inspector.check_console()


def test_a_list_without_versions(inspector: Inspector, remote: Client) -> None:
    """Whatever list an API brings is shown, though its resources have no names or versions."""
    view = View("chats", "chat", "All chats", "/v0/evi/chats", "chats_page", {})
    script = f"export const LISTS = {json.dumps([view.to_json()])}; export const PAGES = [];"
    inspector.page.route(
        "**/inspector/views.js",
        lambda route: route.fulfill(body=script, content_type="text/javascript"),
    )
    id = ask(remote, "GET", "/v0/evi/chats?page_size=1")["chats_page"][0]["id"]
    page = inspector.open("resources")
    expect(page.get_by_text("Choose one of the chats to see it.")).to_be_visible()
    expect(page.get_by_text("12 chats", exact=True)).to_be_visible()
    page.get_by_role("list", name="All chats").get_by_role("button", name=id).click()
    expect(page.get_by_role("heading", name=id)).to_be_visible()
    expect(page.get_by_label("Content").first).to_contain_text('"chat_group_id"')
    expect(page.get_by_role("heading", name="Versions")).not_to_be_attached()
    inspector.check()


def test_an_empty_world_says_what_to_do(inspector: Inspector, remote: Client) -> None:
    """A command that makes one, for this address and key."""
    for tool in ask(remote, "GET", "/v0/evi/tools?page_size=100")["tools_page"]:
        remote.delete(f"/v0/evi/tools/{tool['id']}")
    page = inspector.open("resources", kind="tools")
    expect(page.get_by_text("There are no tools in this world.")).to_be_visible()
    inspector.check()
    page.get_by_role("button", name="Copy the command").click()
    expect(page.get_by_text("Command copied")).to_be_visible()
    subprocess.run(["sh", "-c", inspector.copied()], check=True, capture_output=True)
    expect(page.get_by_role("button", name="get_weather")).to_be_visible()
