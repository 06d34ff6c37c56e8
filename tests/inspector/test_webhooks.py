"""Webhooks: who is told, what was sent, and once more."""

from httpx import Client
from playwright.sync_api import expect

from tests.inspector.browsing import BOTH, Inspector
from tests.outgoing.calls import new_config, simulate, trigger
from tests.outgoing.receiver import Receiver


def test_a_webhook_is_redelivered(inspector: Inspector, remote: Client, receiver: Receiver) -> None:
    """Its attempts with payload, headers and what is wrong with the signature; then a good one."""
    new_config(remote, receiver.url, events=["chat_ended"])
    chat_id = simulate(remote)
    trigger(remote, "chat_ended", receiver.url, chat_id=chat_id, faults=["wrong_key"])
    page = inspector.open("webhooks")
    expect(page.get_by_label("Subscriptions")).to_contain_text(receiver.url)

    page.get_by_label("Deliveries").get_by_role("button", name="chat_ended").click()
    first = page.get_by_label("Attempt 1")
    expect(first).to_contain_text("✗ not valid the signature is not that of body")
    expect(first).to_contain_text("wrong_key")
    first.get_by_text("Headers").click()
    expect(first).to_contain_text("X-Hume-AI-Webhook-Signature")
    expect(page.get_by_label("Payload", exact=True)).to_contain_text(chat_id)
    inspector.check(*BOTH)

    before = len(receiver.log())
    page.get_by_role("button", name="Redeliver").click()
    again = page.get_by_label("Attempt 2")
    expect(again).to_contain_text("✓ valid")
    expect(again).to_contain_text("200")
    assert len(receiver.log()) == before + 1
    inspector.check_console()


def test_one_is_sent_with_a_fault(inspector: Inspector, remote: Client, receiver: Receiver) -> None:
    """An event to a URL, with a field replaced and its body tampered with; its delivery opens."""
    page = inspector.open("webhooks")
    page.get_by_label("To", exact=True).fill(receiver.url)
    page.get_by_label("Fields to replace").fill('{"end_reason": "SILENCE_TIMEOUT"}')
    page.get_by_label("Fault").select_option("tampered_body")
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_label("Attempt 1")).to_contain_text("signature wrong")
    expect(page.get_by_label("Payload", exact=True)).to_contain_text("SILENCE_TIMEOUT")
    expect(page.get_by_label("Deliveries").get_by_role("listitem")).to_have_count(1)
    [received] = receiver.log()
    assert received.verdict == "signature wrong"
    inspector.check()


def test_a_mistake_is_told(inspector: Inspector) -> None:
    """What is no JSON, and what the emulator refuses, is said; nothing is lost."""
    page = inspector.open("webhooks")
    fields = page.get_by_label("Fields to replace")
    fields.fill("{no json")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert").first).to_contain_text("JSON")
    expect(fields).to_have_value("{no json")
    fields.fill("")
    page.get_by_label("To", exact=True).fill("http://example.com/hook")
    inspector.expected.append("status of 4")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert").last).to_contain_text("example.com")
    inspector.check()
