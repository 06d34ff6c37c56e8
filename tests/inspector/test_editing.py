"""Resources: created, versioned and edited; the API's refusals stand beside the fields."""

import json

import pytest
from httpx import Client
from playwright.sync_api import Page, expect

from tests.inspector.browsing import Inspector
from tests.inspector.fitting import check_widths
from tests.outgoing.calls import ask

VERSIONED = ("configs", "prompts", "tools")


def whole(page: Page) -> object:
    return json.loads(page.get_by_label("JSON", exact=True).input_value())


def test_a_config_is_created_as_its_form_says(inspector: Inspector, remote: Client) -> None:
    """Fields write into the JSON; a refused field has the reason, a taken name is told on top."""
    page = inspector.open("resources")
    page.get_by_role("button", name="New config").click()
    form = page.get_by_role("form", name="New config")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    form.get_by_label("Name", exact=True).fill("Fernway Bikes Support")
    form.get_by_label("Voice: name").fill("Ito")
    form.get_by_label("Voice: provider").fill("HUME")
    form.get_by_label("Prompt: a new one's text").fill("")
    assert whole(page) == {
        "evi_version": "3",
        "name": "Fernway Bikes Support",
        "voice": {"name": "Ito", "provider": "HUME"},
    }
    inspector.expected += ["422", "409"]
    form.get_by_role("button", name="Create").click()
    provider = form.get_by_label("Voice: provider")
    expect(provider).to_be_focused()
    expect(provider).to_have_attribute("aria-invalid", "true")
    expect(form.locator(".refused:visible")).to_contain_text("HUME_AI")
    check_widths(inspector)
    provider.fill("HUME_AI")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_role("alert")).to_contain_text("Fernway Bikes Support")
    expect(provider).not_to_have_attribute("aria-invalid", "true")
    inspector.check()

    json_text = form.get_by_label("JSON", exact=True)
    body = {"evi_version": "3", "name": "Another", "nudges": {"enabled": True, "interval_secs": 9}}
    json_text.fill(json.dumps(body))
    expect(form.get_by_label("Name", exact=True)).to_have_value("Another")
    form.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Another")).to_be_visible()
    found = ask(remote, "GET", "/v0/evi/configs?name=Another")["configs_page"]
    assert [each["nudges"]["interval_secs"] for each in found] == [9]
    inspector.check_console()


@pytest.mark.parametrize("kind", VERSIONED)
def test_a_new_version_begins_with_the_latest(
    inspector: Inspector, remote: Client, kind: str
) -> None:
    """Sent as it is, it says what the version before said."""
    before = ask(remote, "GET", f"/v0/evi/{kind}")[f"{kind}_page"][0]
    page = inspector.open("resources", kind=kind, id=before["id"])
    page.get_by_role("button", name="New version").click()
    page.get_by_label("Description of the version").fill("Once more")
    page.get_by_role("button", name="Add the version").click()
    expect(
        page.get_by_role("textbox", name=f"Description of version {before['version'] + 1}")
    ).to_have_value("Once more")
    after = ask(remote, "GET", f"/v0/evi/{kind}")[f"{kind}_page"][0]
    times = {"version", "version_description", "created_on", "modified_on"}
    assert after["version"] == before["version"] + 1
    assert {name: after[name] for name in after.keys() - times} == {
        name: before[name] for name in before.keys() - times
    }
    inspector.check()


def test_a_prompt_is_renamed_described_and_deleted(inspector: Inspector, remote: Client) -> None:
    """Version by version, and as a whole, after a question."""
    made = ask(remote, "POST", "/v0/evi/prompts", {"name": "Mine", "text": "One."}, 201)
    ask(remote, "POST", f"/v0/evi/prompts/{made['id']}", {"text": "Two."}, 201)
    page = inspector.open("resources", kind="prompts", id=made["id"])
    page.get_by_role("form", name="Rename").get_by_label("Name").fill("Ours")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="Ours")).to_be_visible()
    page.get_by_role("textbox", name="Description of version 0").fill("The first")
    page.get_by_role("button", name="Save the description of version 0").click()
    expect(page.get_by_role("combobox", name="From")).to_contain_text("Version 0 · The first")
    check_widths(inspector)
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Delete version 1").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 version", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("list", name="Prompts")).not_to_contain_text("Ours")
    assert ask(remote, "GET", "/v0/evi/prompts?name=Ours")["total_pages"] == 0
    inspector.check_console()


def test_custom_voices(inspector: Inspector, remote: Client) -> None:
    """One is made of a generation, which must exist, and removed; it has no versions."""
    page = inspector.open("resources", kind="voices")
    page.get_by_role("button", name="New voice").click()
    form = page.get_by_role("form", name="New voice")
    form.get_by_label("Generation").fill("00000000-0000-4000-8000-000000000000")
    inspector.expected.append("400")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_role("alert")).to_contain_text("00000000-0000-4000-8000-000000000000")
    form.get_by_label("Generation").fill("795c949a-1510-4a80-9646-7d0863b023ab")
    form.get_by_label("Name").fill("Mine")
    form.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Mine")).to_be_visible()
    inspector.check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("list", name="Voices")).not_to_contain_text("Mine")
    found = ask(remote, "GET", "/v0/tts/voices?provider=CUSTOM_VOICE")["voices_page"]
    assert "Mine" not in [each["name"] for each in found]
    inspector.check_console()
