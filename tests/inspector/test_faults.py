"""Faults: what can break, with hints, units and examples; refused fields; the rules."""

from httpx import Client
from playwright.sync_api import expect

from tests.inspector.browsing import Inspector
from tests.inspector.fitting import check_widths
from tests.outgoing.calls import ask


def test_faults_come_and_go(inspector: Inspector, remote: Client) -> None:
    """One is added by its fields, used, and removed."""
    page = inspector.open("faults")
    form = page.get_by_role("form", name="Add a fault")
    form.get_by_label("What breaks").select_option("http")
    form.get_by_label("Fault", exact=True).select_option("status")
    form.get_by_label("status").fill("429")
    form.get_by_label("operation").select_option("list-configs")
    form.get_by_label("times").fill("1")
    form.get_by_role("button", name="Add the fault").click()
    table = page.get_by_role("table", name="Rules")
    expect(table).to_contain_text("operation=list-configs")
    assert remote.get("/v0/evi/configs").status_code == 429
    expect(table).to_contain_text("1 of 1")
    check_widths(inspector)
    table.get_by_role("button", name="Remove the fault status").click()
    expect(page.get_by_text("Nothing breaks.")).to_be_visible()
    assert ask(remote, "GET", "/_emulator/faults") == {"faults": []}
    inspector.check_console()


def test_fields_have_units_hints_and_refusals(inspector: Inspector, remote: Client) -> None:
    """What is refused is said beside its field, which has the focus; a list is JSON."""
    page = inspector.open("faults")
    form = page.get_by_role("form", name="Add a fault")
    form.get_by_label("What breaks").select_option("webhook")
    form.get_by_label("Fault", exact=True).select_option("delay")
    delay = form.get_by_label("delay_ms (ms)")
    expect(delay).to_have_accessible_description(
        "How much later. [from, to]: anything between; "
        '{"mean": 300, "deviation": 100}: about that. Example: [100,900]'
    )
    form.get_by_label("probability (0 to 1)").fill("2")
    inspector.expected.append("422")
    form.get_by_role("button", name="Add the fault").click()
    probability = form.get_by_label("probability")
    expect(probability).to_be_focused()
    expect(probability).to_have_attribute("aria-invalid", "true")
    expect(form.locator(".refused:visible")).to_have_text("Input should be less than or equal to 1")
    check_widths(inspector)
    probability.fill("0.5")
    delay.fill("[100, 200]")
    form.get_by_role("button", name="Add the fault").click()
    expect(page.get_by_role("table", name="Rules")).to_contain_text("delay_ms=[100,200]")
    expect(form.locator(".refused:visible")).to_have_count(0)
    page.get_by_role("button", name="Remove all").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing breaks.")).to_be_visible()
    inspector.check_console()
