"""The handle of a world, through the plugin's own fixture."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from emulator import Emulator
from emulator.apis.evi.state import EviState
from emulator.errors import SnapshotError
from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.world import Evi


def test_the_first_example(evi: Evi) -> None:
    """What the design shows: script, client, simulation, time, webhooks."""
    receiver = evi.webhook_receiver()
    client = evi.client()
    config = client.empathic_voice.configs.create_config(
        evi_version="3",
        name="Weather",
        webhooks=[{"url": receiver.url, "events": ["chat_started", "chat_ended"]}],
    )
    evi.script.on_user("weather").say("It snows in Oslo.")

    chat = evi.simulate(
        user=["Hello", "What's the weather?"], config_id=config.id, end_reason="ACTIVE"
    )
    assert chat.messages[-1] == ("assistant", "It snows in Oslo.")
    assert chat.is_live
    evi.clock.advance(minutes=20)

    assert chat.status == "INACTIVITY_TIMEOUT"
    assert evi.webhooks.drain() == 0
    assert [each["event_name"] for each in receiver.events] == ["chat_started", "chat_ended"]
    assert evi.webhooks.wait_for("chat_ended")["state"] == "delivered"
    assert evi.journal.wait_for(operation="create-config")["status"] == 201
    assert evi.configs["Weather"]["id"] == config.id


def test_its_inspector_has_an_address() -> None:
    """The key, whatever is in it, stands in the fragment."""
    with Emulator(seed="empty") as server:
        assert server.world("a&b").inspector_url == f"{server.url}/_emulator/#key=a%26b"


@pytest.mark.evi(prosody="inline", audio_output=False)
def test_a_world_for_an_older_client(evi: Evi) -> None:
    """Scores come inside the sentences, also in chats of a server that sends them in frames."""
    with connect(f"{evi.ws_url}?api_key={evi.api_key}", proxy=None) as socket:
        socket.send(json.dumps({"type": "user_input", "text": "Hello"}))
        received = [json.loads(socket.recv(timeout=10))]
        while received[-1]["type"] != "assistant_end":
            received.append(json.loads(socket.recv(timeout=10)))
    assert "assistant_prosody" not in [each["type"] for each in received]
    sentences = [each for each in received if each["type"] == "assistant_message"]
    assert [len(each["models"]["prosody"]["scores"]) for each in sentences] == [48] * len(sentences)
    assert sentences


def test_a_chat_that_a_client_opens(evi: Evi) -> None:
    """next_chat, expect and closed follow a client; a failure tells what came instead."""
    url = f"{evi.ws_url}?api_key={evi.api_key}"
    with connect(url, proxy=None, max_queue=None) as socket:
        chat = evi.next_chat()
        socket.send(json.dumps({"type": "user_input", "text": "hi"}))
        assert chat.expect("user_input", text="hi")["text"] == "hi"
        socket.send(json.dumps({"type": "user_input", "text": "Hallo"}))
        with pytest.raises(ExpectationFailed) as failed:
            chat.expect("user_input", text="Hello", timeout=0.05)
    chat.closed(code=1000)

    message = str(failed.value)
    assert "the client sent no type='user_input', text='Hello' within 0.05 s" in message
    assert "text: wanted 'Hello', got 'Hallo'" in message
    assert "frame <- user_input text='Hallo'" in message
    with pytest.raises(ExpectationFailed, match="no chat was opened"):
        evi.next_chat(timeout=0.01)


def test_waiting_without_blocking(evi: Evi) -> None:
    """In an async test the client's own loop goes on while the test waits."""

    async def play() -> Any:
        from websockets.asyncio.client import connect as aconnect

        waiting = asyncio.create_task(evi.anext_chat())
        url = f"{evi.ws_url}?api_key={evi.api_key}"
        async with aconnect(url, proxy=None) as socket:
            chat = await waiting
            await socket.send(json.dumps({"type": "user_input", "text": "hi"}))
            return await chat.aexpect("user_input")

    assert asyncio.run(play())["text"] == "hi"


@pytest.mark.evi(seed="empty", clock="manual", random_seed=7)
def test_options(evi: Evi) -> None:
    """The marker sets the world's settings."""
    assert len(evi.configs) == 0
    assert (evi.clock.mode, evi.clock.now_ms) == ("manual", 1_735_689_600_000)
    first = evi.simulate(user=["Hello"]).transcript()
    evi.reset()
    assert evi.simulate(user=["Hello"]).transcript() == first


def test_stubs(evi: Evi) -> None:
    """A stub answers once; one that nobody uses is complained of."""
    import httpx

    evi.stub("list-configs", status=503)
    with httpx.Client(base_url=evi.url, headers={"X-Hume-Api-Key": evi.api_key}) as client:
        assert client.get("/v0/evi/configs").status_code == 503
        assert client.get("/v0/evi/configs").status_code == 200
    stub = evi.stub("list-tools", times=2, body={"tools_page": []}, check=False)
    with pytest.raises(AssertionError, match="list-tools -> 200: used 0 of 2 times"):
        evi.check_stubs()
    evi.world.stubs.remove(stub)


def test_snapshot(evi: Evi) -> None:
    """A world can go back to any moment."""
    snapshot = evi.snapshot()
    evi.simulate(user=["Hello"])
    count = len(evi.chats)
    evi.restore(snapshot)
    assert len(evi.chats) == count - 1
    assert evi.simulate(user=["Hello"]).status == "USER_ENDED"


def test_a_world_in_a_file(evi: Evi, tmp_path: Path) -> None:
    """`load` brings back what `save` wrote, into any world."""
    evi.simulate(user=["Hello"])
    evi.clock.freeze()
    evi.save(tmp_path / "mine.json")
    kept = (evi.clock.now_ms, [chat.transcript() for chat in evi.chats])
    evi.clock.advance(minutes=1)
    evi.simulate(user=["Goodbye"])

    evi.load(str(tmp_path / "mine.json"))
    assert (evi.clock.now_ms, [chat.transcript() for chat in evi.chats]) == kept


def test_a_damaged_file_changes_nothing(evi: Evi, tmp_path: Path) -> None:
    """It is refused with its name; so is one that is not there."""
    path = tmp_path / "mine.json"
    evi.hear("x")
    evi.save(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SnapshotError, match="mine.json: expected a whole JSON document"):
        evi.load(path)
    with pytest.raises(FileNotFoundError):
        evi.load(tmp_path / "other.json")
    assert list(evi.world.state(EviState).heard) == ["x"]
