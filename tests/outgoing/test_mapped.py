"""Where URLs lead by the rules of --map-url."""

import pytest

from emulator.errors import UsageError
from emulator.hosts import mapped
from emulator.settings import Settings
from emulator.testing.world import Evi
from tests.outgoing.receiver import Receiver
from tests.testing.talking import http

RULES = (
    "https://a.example=http://127.0.0.1:1",
    "https://a.example/b=http://127.0.0.1:2/c",
    "wss://a.example=ws://127.0.0.1:3/",
)


@pytest.mark.parametrize(
    ("url", "leads_to"),
    [
        ("https://a.example", "http://127.0.0.1:1"),
        ("https://a.example/x?y#z", "http://127.0.0.1:1/x?y#z"),
        ("https://a.example?y", "http://127.0.0.1:1?y"),
        ("https://a.example/b", "http://127.0.0.1:2/c"),
        ("https://a.example/b/d", "http://127.0.0.1:2/c/d"),
        ("https://a.example/bc", "http://127.0.0.1:1/bc"),
        ("https://a.example.org/x", "https://a.example.org/x"),
        ("https://a.example:8443/x", "https://a.example:8443/x"),
        ("wss://a.example/x", "ws://127.0.0.1:3/x"),
        ("http://a.example/x", "http://a.example/x"),
    ],
)
def test_the_longest_rule_counts(url: str, leads_to: str) -> None:
    """And only whole parts of a URL."""
    assert mapped(url, RULES) == leads_to
    assert mapped(url, RULES[::-1]) == leads_to
    assert mapped(url, ()) == url


@pytest.mark.parametrize(
    "rule", ["x", "https://a.example", "a=b", "https://a=", "ftp://a=http://b"]
)
def test_what_is_no_rule(rule: str) -> None:
    """The start is refused, and says what a rule looks like."""
    with pytest.raises(UsageError, match="map_url"):
        Settings(map_url=(rule,))


def test_webhooks_are_led_there(evi: Evi, receiver: Receiver) -> None:
    """The delivery shows the URL of the config."""
    place = receiver.url.rstrip("/")
    evi.world.settings = Settings(map_url=(f"https://hooks.example.com={place}",))
    evi.world.reset()
    url = "https://hooks.example.com/in"
    with http(evi) as client:
        body = {
            "evi_version": "3",
            "name": "mapped",
            "webhooks": [{"url": url, "events": ["chat_started"]}],
        }
        config = client.post("/v0/evi/configs", json=body).json()["id"]
    evi.simulate(user=["Hi"], config_id=config)
    assert receiver.wait_for(1)[0].path == "/in"
    entry = evi.journal.wait_for("webhook")
    assert (entry["url"], entry["status"]) == (url, 200)
