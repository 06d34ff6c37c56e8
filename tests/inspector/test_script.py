"""The script: its rules and their uses; edited, checked, set and taken back."""

from httpx import Client
from playwright.sync_api import expect

from tests.inspector.browsing import Inspector
from tests.inspector.fitting import check_widths
from tests.outgoing.calls import ask

TEXT = "# Mine\nrules:\n- when: weather\n  answer: It snows.\n- answer: Well.\n"


def test_a_script_is_shown_edited_checked_and_set(inspector: Inspector, remote: Client) -> None:
    """A mistake leads to its line, and does not reach the world."""
    ask(remote, "PUT", "/_emulator/script", {"script": TEXT})
    page = inspector.open("script")
    rules = page.get_by_role("table", name="Rules")
    expect(rules.get_by_role("row", name="'weather'")).to_contain_text("never")
    text = page.get_by_role("textbox", name="Script")
    expect(text).to_have_value(TEXT)
    ask(remote, "POST", "/_emulator/simulate", {"user": ["The weather?", "The weather!"]})
    expect(rules.get_by_role("row", name="'weather'")).to_contain_text("2 times")

    text.fill(TEXT.replace("  answer", "  answr"))
    expect(page.get_by_text("Edited, not set")).to_be_visible()
    page.get_by_role("button", name="Check").click()
    problem = page.get_by_role("button", name="Line 4, /rules/0/answr")
    expect(problem).to_contain_text("did you mean 'answer'")
    check_widths(inspector)
    page.get_by_role("button", name="Set", exact=True).click()
    problem.focus()
    page.keyboard.press("Enter")
    expect(text).to_be_focused()
    assert text.evaluate("(node) => node.value.slice(node.selectionStart, node.selectionEnd)") == (
        "  answr: It snows."
    )
    assert ask(remote, "GET", "/_emulator/script")["text"] == TEXT

    page.get_by_role("button", name="Undo my changes").click()
    expect(text).to_have_value(TEXT)
    text.fill(TEXT.replace("weather", "moon"))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("No problems found.")).to_be_visible()
    page.get_by_role("button", name="Set", exact=True).click()
    expect(rules.get_by_role("row", name="'moon'")).to_contain_text("never")
    assert ask(remote, "GET", "/_emulator/script")["rules"] == ["'moon'", "anything"]
    inspector.check()


def test_an_empty_script(inspector: Inspector, remote: Client) -> None:
    """An example begins one; what is typed stays while things happen; it is taken back."""
    page = inspector.open("script")
    expect(page.get_by_text("The script has no rules: the default assistant")).to_be_visible()
    page.get_by_role("button", name="Insert an example").click()
    ask(remote, "POST", "/_emulator/simulate", {"user": ["Hello"]})
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_role("table", name="Rules").get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Return to the first script").click()
    inspector.check()
    page.get_by_role("dialog").get_by_role("button", name="Return").click()
    expect(page.get_by_text("The script has no rules: the default assistant")).to_be_visible()
    assert ask(remote, "GET", "/_emulator/script")["rules"] == []
    inspector.check_console()
