"""What a failed test prints of what it holds: what each thing is, in one line."""

from collections.abc import Callable

import pytest

from emulator import Emulator, Evi
from emulator.handles.bridge import Bridge
from tests.test_public_names import LISTED
from tests.testing.talking import get

LONGEST = 400  # characters
# What the repr of each handle has, by the name under which public_names.yaml lists it.
PARTS: dict[str, tuple[str, ...]] = {
    "emulator": ("<Emulator http://", "seed="),
    "evi": ("<Evi http://", "evi-"),
    "evi.clock": ("<clock 20", "+00:00 manual>"),
    "evi.journal": ("<journal with ", " entries>"),
    "evi.faults": ("<faults: <the http fault 'status' (operation='list-tools', status=503)",),
    "evi.webhooks": ("<webhooks: ", " deliveries, 0 pending>"),
    "evi.contract": ("<contract: ", " findings about the client>"),
    "evi.configs": ("<configs: ", "'Fernway Bikes Support'"),
    "evi.prompts": ("<prompts: ",),
    "evi.tools": ("<tools: ", "'get_"),
    "evi.voices": ("<custom voices: ",),
    "evi.tts": ("<tts: ", " generations>"),
    "evi.expression": ("<expression: ", " runs>"),
    "evi.phone": ("<phone: 1 calls came in>",),
    "call": ("<call CA", "completed>"),
    "chat": ("<chat ", "USER_ENDED>"),
    "receiver": ("<webhook receiver http://127.0.0.1:", "chat_ended (the signature is wrong)"),
    "received": ("<webhook chat_ended (the signature is wrong) of chat ",),
    "script": ("Script(rules=[Rule(text='Hello'",),
    "rule": ("Rule(text='Hello'",),
    "stub": ("<stub list-configs -> 503: used 1 of 1 times>",),
    "snapshot": ("<Snapshot of a world (", "evi", "1 faults, 1 stubs>"),
    "world": ("<World ",),
    "fault": ("<the http fault 'status' (operation=", "used 0 of any times>"),
    "report": ("Report(",),
    "signed": ("SignedWebhook(body=b'{",),
}
LONG = ("report", "signed", "evi.tools", "script", "rule")


@pytest.fixture
def held(evi: Evi, evi_server: Emulator) -> dict[str, object]:
    """One of each, as tests hold them."""
    evi.clock.freeze()
    evi.script.on_user("Hello").say("Hi")
    stub, receiver = evi.stub("list-configs", 503), evi.webhook_receiver()
    get(evi, "/v0/evi/configs")
    evi.webhooks.trigger("chat_ended", receiver.url, faults=["wrong_key"])
    found: dict[str, object] = {
        "emulator": evi_server,
        "evi": evi,
        "call": evi.call(user=["Hello"]),
        "chat": evi.simulate(user=["Hello"]),
        "receiver": receiver,
        "received": receiver.received[0],
        "script": evi.script,
        "rule": evi.script.rules[0],
        "stub": stub,
        "fault": evi.faults.add("http", "status", status=503, operation="list-tools"),
        "snapshot": evi.snapshot(),
        "world": evi.world,
        "report": evi.contract.report(),
        "signed": evi.sign("chat_ended"),
    }
    parts = [name for name in LISTED["handles"] if name.startswith("evi.")]
    return found | {name: getattr(evi, name.removeprefix("evi.")) for name in parts}


def test_each_says_what_it_is(held: dict[str, object]) -> None:
    """All public handles, and no bare address in memory."""
    assert held.keys() == PARTS.keys() >= LISTED["handles"].keys()
    for name, parts in PARTS.items():
        shown = repr(held[name])
        assert " object at 0x" not in shown, name
        assert [part for part in parts if part not in shown] == [], shown
        assert name in LONG or len(shown) < LONGEST, shown


def test_a_reset_and_an_end() -> None:
    """A repr never raises, whatever became of the thing."""
    with Emulator() as server:
        evi = server.world()
        chat = evi.simulate(user=["Hello"])
        evi.reset()
        assert repr(chat).endswith("is gone: the world was reset>")
    assert repr(server).endswith("which does not run>")
    for each in (chat, evi.clock, evi.journal, evi.configs, evi.webhooks, evi.contract):
        assert repr(each).startswith("<")


def test_in_the_servers_own_thread(evi: Evi) -> None:
    """There it does not wait for itself."""
    bridge: Bridge = evi.clock._bridge
    look: Callable[[], str] = lambda: repr(evi.clock)  # noqa: E731 - it is passed on
    assert bridge.call(look).startswith("<clock 20")
