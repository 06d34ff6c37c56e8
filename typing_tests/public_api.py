"""What the public API's types are. Nothing here runs: mypy and pyright read it.

A line that ends with an ignore must be an error, or the checker complains of the ignore.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import pytest

from emulator import Emulator, Evi, __version__
from emulator.chat.script import Rule, Script
from emulator.jsontext import JsonObject
from emulator.store.stubs import Stub
from emulator.testing.chat import ChatHandle
from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.receiver import Received, WebhookReceiver
from emulator.world import Snapshot


def the_server() -> None:
    assert_type(len(__version__), int)
    with Emulator(seed="demo", clock="manual", random_seed=1) as server:
        assert_type(server, Emulator)
        assert_type(server.url, str)
        assert_type(server.world(), Evi)
        assert_type(server.world("key", seed="empty"), Evi)
    assert_type(Emulator().start(), Emulator)
    Emulator(seed=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    server.wrold()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def where_it_is(evi: Evi) -> None:
    assert_type(evi.url, str)
    assert_type(evi.ws_url, str)
    assert_type(evi.api_key, str)
    assert_type(evi.signing_key, str)
    assert_type(evi.env, dict[str, str])
    evi.env = {}  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def redirected(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    evi.patch_hume(monkeypatch)
    evi.patch_hume(evi)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def scripts(evi: Evi) -> None:
    assert_type(evi.script, Script)
    rule = evi.script.on_user("weather", times=1)
    assert_type(rule, Rule)
    assert_type(rule.call_tool("get_current_weather", {"location": "Oslo"}), Rule)
    assert_type(rule.say("{tool_result}", mood="Joy").pause("1s").hang_up(), Rule)
    assert_type(evi.script.on_turn(1).say("Hi", {"Joy": 0.9}), Rule)
    evi.script = Script()
    evi.use_script("weather")
    evi.use_script({"rules": []})
    evi.hear("one", "two")
    rule.say(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def chats(evi: Evi) -> None:
    chat = evi.simulate(user=["Hello"], end_reason="ACTIVE")
    assert_type(chat, ChatHandle)
    assert_type(evi.next_chat(timeout=0.5), ChatHandle)
    assert_type(evi.chats, list[ChatHandle])
    assert_type(evi.chat(chat.id), ChatHandle)
    assert_type(chat.id, str)
    assert_type(chat.group_id, str)
    assert_type(chat.status, str)
    assert_type(chat.is_live, bool)
    assert_type(chat.messages, list[tuple[str, str]])
    assert_type(chat.events, list[JsonObject])
    assert_type(chat.transcript(), str)
    assert_type(chat.expect("user_input", text="Hello"), JsonObject)
    assert_type(chat.expect_tool_response(content="x", timeout=2), JsonObject)
    assert_type(chat.closed(code=1000), None)
    chat.send(type="user_input", text="Hello")
    chat.expect()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def awaiting(evi: Evi) -> None:
    chat = await evi.anext_chat()
    assert_type(chat, ChatHandle)
    assert_type(await chat.aexpect("user_input"), JsonObject)
    assert_type(await chat.aexpect_tool_response(), JsonObject)
    assert_type(await chat.aclosed(), None)
    assert_type(await evi.clock.aadvance(minutes=1), None)
    assert_type(await evi.webhooks.adrain(), int)
    assert_type(await evi.webhooks.await_for("chat_ended"), JsonObject)
    assert_type(await evi.journal.await_for("http"), JsonObject)


def parts(evi: Evi) -> None:
    assert_type(evi.clock.now_ms, int)
    assert_type(evi.clock.mode, str)
    evi.clock.freeze()
    evi.clock.advance(seconds=0.5, minutes=20, ms=1)
    evi.clock.resume()
    evi.clock.advance(hours=1)
    evi.clock.advance(days=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert_type(evi.webhooks.deliveries, list[JsonObject])
    assert_type(evi.webhooks.drain(timeout=1), int)
    assert_type(evi.webhooks.wait_for("chat_ended", state="failed"), JsonObject)
    assert_type(evi.webhooks.trigger("chat_ended", url="http://127.0.0.1/"), JsonObject)
    evi.webhooks.misbehave("duplicate", times=1)
    evi.webhooks.behave()
    assert_type(evi.journal.entries("http", status=404), list[JsonObject])
    assert_type(evi.journal.wait_for("http", operation="create-config"), JsonObject)
    assert_type(evi.timeline(), str)
    for resources in (evi.configs, evi.prompts, evi.tools, evi.voices):
        assert_type(resources["a name"], JsonObject)
        assert_type(len(resources), int)
        assert_type("a name" in resources, bool)
        assert_type(iter(resources), Iterator[JsonObject])
    assert_type(evi.tts.generations, list[JsonObject])
    assert_type(evi.tts.expect("Hello", voice="Ava Song", timeout=1, version="1"), JsonObject)
    assert_type(evi.tts.expect(text=re.compile("^Hel")), JsonObject)
    assert_type(evi.tts.audio("an id", format="mp3"), bytes)
    evi.tts.set_sound("Hello", b"")
    evi.tts.clear_sounds()
    evi.tts.audio(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def receivers(evi: Evi) -> None:
    with evi.webhook_receiver() as receiver:
        assert_type(receiver, WebhookReceiver)
        assert_type(receiver.url, str)
        receiver.answer(500, 200)
        received = receiver.wait_for("chat_ended", timeout=1, chat_id="x")
        assert_type(received, Received)
        assert_type(received.event, JsonObject)
        assert_type(received.is_genuine, bool)
        assert_type(received.problem, str | None)
        assert_type(receiver.events, list[JsonObject])
        assert_type(receiver.received, list[Received])


def the_whole(evi: Evi) -> None:
    stub = evi.stub("list-configs", status=503, times=None, headers={"Retry-After": "1"})
    assert_type(stub, Stub)
    assert_type(stub.used, int)
    snapshot = evi.snapshot()
    assert_type(snapshot, Snapshot)
    evi.restore(snapshot)
    evi.save("world.json")
    evi.load(Path("world.json"))
    evi.seed("demo")
    evi.seed({"configs": []})
    evi.reset()
    assert_type(evi.client(), Any)
    assert_type(evi.async_client(timeout=3), Any)
    evi.restore("snapshot")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.evi(seed="empty", clock="manual")
def test_of_a_user(evi: Evi, evi_server: Emulator) -> None:
    with pytest.raises(ExpectationFailed) as failed:
        evi.next_chat(timeout=0)
    assert_type(failed.value, ExpectationFailed)
    assert_type(evi_server.world(), Evi)
