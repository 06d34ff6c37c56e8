"""The contract report: findings by operation, each with its first request; the coverage."""

import re

from httpx import Client
from playwright.sync_api import expect

from tests.inspector.browsing import Inspector
from tests.inspector.fitting import check_widths
from tests.outgoing.calls import ask


def test_the_contract_report(inspector: Inspector, remote: Client) -> None:
    """A finding stands with its operation, and leads to the request that it came with first."""
    remote.get("/v0/evi/configs?page_size=500")
    for name in ("Mine", "Yours"):
        body = {"name": name, "text": "Hi", "txet": "Ho"}
        ask(remote, "POST", "/v0/evi/prompts", body, 201)
    page = inspector.open("contract")
    prompts = page.get_by_role("region", name="create-prompt")
    expect(prompts.get_by_role("listitem")).to_have_count(1)
    expect(prompts).to_contain_text("field_unknown at /body/txet 2 times")
    expect(page.get_by_role("region", name="list-configs")).to_contain_text("1 error")
    coverage = page.get_by_role("region", name="Coverage")
    expect(coverage).to_contain_text("of the API was used")
    check_widths(inspector)
    coverage.get_by_text("operations", exact=True).click()
    expect(coverage.get_by_text("create-prompt × 2")).to_be_visible()
    prompts.get_by_role("button", name="entry 2").click()
    entry = page.get_by_role("region", name="Entry")
    expect(entry).to_contain_text("create-prompt")
    expect(entry.get_by_label("Request body")).to_contain_text("Mine")
    expect(page.locator(".row[aria-selected=true]")).to_contain_text("/v0/evi/prompts")

    page.go_back()
    page.get_by_role("button", name="Clear").click()
    expect(
        page.get_by_text("No findings: all that clients sent follows the document.")
    ).to_be_visible()
    inspector.check_console()


def test_a_refusal_is_told_as_what_it_said(inspector: Inspector, remote: Client) -> None:
    """The message of an error is not what was expected, in the report and in the timeline."""
    for status in (201, 409):
        ask(remote, "POST", "/v0/evi/tools", {"name": "A", "parameters": "{}"}, status)
    told = re.compile(
        r"(?<!xpected )A tool named 'A' already exists \(ID: [-0-9a-f]+\) \(name_taken\)"
    )
    page = inspector.open("contract")
    expect(page.get_by_role("region", name="create-tool")).to_contain_text(told)
    page.get_by_role("button", name="entry 2").click()
    expect(page.get_by_role("region", name="Entry")).to_contain_text(told)
    expect(page.locator(".row[aria-selected=true]")).to_contain_text(told)
    inspector.check_console()


def test_all_worlds(inspector: Inspector, remote: Client) -> None:
    """Findings of other keys are listed without a request: it is in a journal of theirs."""
    remote.get("/v0/evi/configs?page_size=500")
    page = inspector.open("contract")
    expect(page.get_by_role("button", name="entry 1")).to_be_visible()
    page.get_by_label("All worlds").check()
    configs = page.get_by_role("region", name="list-configs")
    expect(configs).to_contain_text("First in another world.")
    inspector.check()


def test_an_address_opens_an_entry(inspector: Inspector, remote: Client) -> None:
    """Also where the page is loaded with it, before the journal is there."""
    remote.get("/v0/evi/tools")
    remote.get("/v0/evi/prompts")
    page = inspector.open("timeline", seq="1")
    expect(page.get_by_role("region", name="Entry")).to_contain_text("/v0/evi/tools")
    inspector.check_console()
