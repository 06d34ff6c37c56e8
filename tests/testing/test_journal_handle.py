"""The journal as a test sees it, in Python and as a long poll over HTTP."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from emulator.errors import UsageError
from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.world import Evi
from tests.testing.talking import PATIENCE_S, Started, http, talking, until_it_waits

WAIT = "/_emulator/journal/wait"


def wait(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """The entries of a long poll, once there are some."""
    answer = client.get(WAIT, params=query)
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


def seconds_of(act: Any) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


# in Python


def test_entries(evi: Evi) -> None:
    """All of them, or those of a kind, past a number, with some fields."""
    assert evi.journal.entries() == []
    with http(evi) as client:
        client.get("/v0/evi/configs")
        client.get("/v0/evi/tools?page_size=1")
    evi.clock.freeze()

    assert [each["kind"] for each in evi.journal.entries()] == ["http", "http", "clock"]
    assert [each["operation"] for each in evi.journal.entries("http", after=1)] == ["list-tools"]
    assert [each["seq"] for each in evi.journal.entries(query="page_size=1")] == [2]
    assert [each["seq"] for each in evi.journal.entries("clock", action="freeze")] == [3]
    assert evi.journal.entries("http", status=404) == []
    assert evi.journal.entries(no_such_field=None) == []


def test_what_it_knows_of_a_request(evi: Evi) -> None:
    """Operation, path, status and both bodies, as texts; no key."""
    with http(evi) as client:
        client.post("/v0/evi/prompts?api_key=secret", json={"name": "Mine", "text": "x"})
    [entry] = evi.journal.entries()
    assert (entry["operation"], entry["method"], entry["status"]) == ("create-prompt", "POST", 201)
    assert '"Mine"' in entry["request"]
    assert '"Mine"' in entry["response"]
    assert "secret" not in str(entry)
    assert evi.api_key not in str(entry)


def test_waiting(evi: Evi) -> None:
    """At once for what is there, else as soon as it comes; the first that fits."""
    waiting = Started(lambda: evi.journal.wait_for(operation="list-tools", timeout=PATIENCE_S))
    with http(evi) as client:
        client.get("/v0/evi/configs")
        client.get("/v0/evi/tools")
        assert waiting.result()["seq"] == 2
        assert evi.journal.wait_for("http", status=200)["seq"] == 1
        assert evi.journal.wait_for("http", after=1, status=200)["seq"] == 2
        client.get("/v0/evi/configs")
    assert asyncio.run(evi.journal.await_for("http", after=2))["seq"] == 3


def test_waiting_in_vain(evi: Evi) -> None:
    """The message has the nearest entry, what differs, and the timeline."""
    with http(evi) as client:
        client.get("/v0/evi/configs/not-an-id")
    with pytest.raises(ExpectationFailed) as failed:
        evi.journal.wait_for("http", operation="list-config-versions", status=200, timeout=0.01)
    message = str(failed.value)
    assert message.startswith("no journal entry within 0.01 s: ")
    assert "status: wanted 200, got 422" in message
    assert "http     GET /v0/evi/configs/not-an-id -> 422" in message
    with pytest.raises(ExpectationFailed):
        asyncio.run(evi.journal.await_for("fault", timeout=0.01))


def test_an_unknown_kind(evi: Evi) -> None:
    """As over HTTP, a kind that there is not is told at once, with the one that was meant."""
    with pytest.raises(UsageError, match="did you mean 'webhook'"):
        evi.journal.wait_for("webhok", timeout=60)
    with pytest.raises(UsageError, match="did you mean 'clock'"):
        evi.journal.entries("clok")


def test_waiting_across_a_reset(evi: Evi) -> None:
    """Who waits when the world is reset sees what comes after that."""
    waiting = Started(lambda: evi.journal.wait_for("http", timeout=60))
    until_it_waits(evi)
    evi.reset()
    with http(evi) as client:
        client.get("/v0/evi/configs")
    assert waiting.result(1)["operation"] == "list-configs"


def test_many_who_wait(evi: Evi) -> None:
    """Each gets what it waits for, and nobody is left behind."""
    paths = ("configs", "prompts", "tools", "chats")
    with ThreadPoolExecutor(4) as threads, http(evi) as client:
        waiting = [
            threads.submit(evi.journal.wait_for, operation=f"list-{path}", timeout=PATIENCE_S)
            for path in paths
        ]
        for path in paths:
            client.get(f"/v0/evi/{path}")
        assert [each.result()["path"] for each in waiting] == [f"/v0/evi/{path}" for path in paths]
    assert evi.world.journal.watchers == []


def test_waiting_for_a_webhook(evi: Evi) -> None:
    """webhooks.wait_for fails with the state of what there is."""
    receiver = evi.webhook_receiver()
    receiver.answer(500)
    evi.webhooks.trigger("chat_ended", url=receiver.url)
    with pytest.raises(ExpectationFailed) as failed:
        evi.webhooks.wait_for("chat_ended", timeout=0.01)
    assert "state: wanted 'delivered', got 'failed'" in str(failed.value)
    assert f"webhook  chat_ended attempt 1 to {receiver.url}: 500" in str(failed.value)
    assert evi.webhooks.wait_for("chat_ended", state="failed")["url"] == receiver.url

    waiting = Started(lambda: evi.webhooks.wait_for("tool_call", timeout=PATIENCE_S))
    evi.webhooks.trigger("tool_call", url=receiver.url)
    assert waiting.result()["state"] == "delivered"
    evi.reset()
    with pytest.raises(ExpectationFailed, match="no config of this world's chats subscribes"):
        asyncio.run(evi.webhooks.await_for("chat_ended", timeout=0.01))


# over HTTP


def test_a_long_poll_finds_what_is_there(evi: Evi) -> None:
    """It answers at once, with everything that fits."""
    with http(evi) as client:
        for _ in range(2):
            client.get("/v0/evi/configs")
        assert [each["seq"] for each in wait(client, operation="list-configs", timeout=60)] == [
            1,
            2,
        ]
        assert [each["seq"] for each in wait(client, after=1, kind="http", timeout=60)] == [2]
        assert wait(client, path="/v0/evi/configs", method="GET", timeout=60)


@pytest.mark.parametrize("query", [{"kind": "frame", "direction": "in"}, {"kind": "frame"}])
def test_a_long_poll_waits(evi: Evi, query: dict[str, Any]) -> None:
    """It answers as soon as the entry comes, long before its time is over."""
    with http(evi) as client, http(evi) as other:
        waiting = Started(lambda: wait(client, timeout=60, **query))
        until_it_waits(evi)
        other.get("/v0/evi/tools")  # something else goes on meanwhile
        with talking(evi) as talk:
            talk.say("Hello")
            [entry, *_] = waiting.result()
    assert entry["kind"] == "frame"
    assert entry["direction"] == query.get("direction", "out")


def test_a_long_poll_for_a_webhook(evi: Evi) -> None:
    """The example of the page: kind=webhook, by name or chat."""
    receiver = evi.webhook_receiver()
    with http(evi) as client:
        waiting = Started(lambda: wait(client, kind="webhook", event_name="tool_call", timeout=60))
        for event in ("chat_ended", "tool_call"):
            chat_id = evi.webhooks.trigger(event, url=receiver.url)["chat_id"]
        [entry] = waiting.result()
        assert (entry["event_name"], entry["status"], entry["chat_id"]) == (
            "tool_call",
            200,
            chat_id,
        )
        assert wait(client, chat_id=chat_id, timeout=60) == [entry]


def test_a_long_poll_ends_in_time(evi: Evi) -> None:
    """Without an entry it is empty, after as long as was asked for."""
    with http(evi) as client:
        client.get("/_emulator/health")
        assert seconds_of(lambda: wait(client, timeout=0)) < 0.5
        took = seconds_of(lambda: wait(client, kind="clock", timeout="0.2"))
        assert 0.2 <= took < PATIENCE_S
        assert wait(client, kind="clock", timeout=0) == []
    assert evi.world.journal.watchers == []


@pytest.mark.parametrize("timeout", ["", "-1", "61", "x", "1e3", "nan", "inf", "1" * 400])
def test_a_timeout_that_is_none(evi: Evi, timeout: str) -> None:
    """From 0 to 60 s; anything else is a 422 with its place."""
    with http(evi) as client:
        answer = client.get(WAIT, params={"timeout": timeout})
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert (problem["loc"], problem["type"]) == (["query", "timeout"], "float_parsing")


def test_it_needs_a_key(evi: Evi) -> None:
    """Without a key there is no world to wait for, and another's key sees another's journal."""
    assert httpx.get(f"{evi.url}{WAIT}?timeout=60").status_code == 401
    with http(evi) as client:
        client.get("/v0/evi/configs")
        other = client.get(WAIT, params={"timeout": 0}, headers={"X-Hume-Api-Key": "nobody"})
    assert (other.json()["entries"], other.json()["dropped"]) == ([], 0)


def test_a_long_poll_by_status(evi: Evi) -> None:
    """journal.wait_for(status=404) has its twin over HTTP."""
    with http(evi) as client:
        client.get("/v0/evi/configs")
        for _ in range(2):
            client.get("/v0/evi/configs/00000000-0000-4000-8000-000000000000/version/0")
        assert [each["status"] for each in wait(client, status=404, timeout=0)] == [404, 404]


def test_a_field_that_is_misspelt(evi: Evi) -> None:
    """A question that nobody understands must not be answered with whatever is there."""
    with http(evi) as client:
        client.get("/v0/evi/configs")
        answer = client.get(WAIT, params={"operaton": "create-config", "timeout": 0})
    assert answer.status_code == 422


def test_a_long_poll_across_a_reset(evi: Evi) -> None:
    """What comes after a reset ends a long poll that began before it."""
    with http(evi) as client, http(evi) as other:
        waiting = Started(lambda: wait(client, kind="http", timeout=1))
        until_it_waits(evi)
        other.post("/_emulator/reset")
        other.get("/v0/evi/configs")
        assert [each["operation"] for each in waiting.result()] == ["list-configs"]
