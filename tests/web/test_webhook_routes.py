"""The routes of webhooks: the record, draining, sending again, and events at will."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from httpx import Client, ReadTimeout
from starlette.testclient import TestClient

from emulator.server import Server
from emulator.settings import Settings
from emulator.web.app import App
from tests.outgoing.calls import (
    EVENTS,
    add_fault,
    advance,
    ask,
    deliveries,
    drain,
    freeze,
    judge,
    new_config,
    simulate,
    trigger,
)
from tests.outgoing.receiver import Receiver, always

TRIGGER = "/_emulator/webhooks/trigger"
DRAIN = "/_emulator/webhooks/drain"
LOCAL = "http://127.0.0.1:9/hook"
NOBODY = "00000000-0000-4000-8000-000000000000"

# What the demo seed holds.
RECORDED = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"
RECORDED_GROUP = "9fc18597-3567-42d5-94d6-935bde84bf2f"
SUPPORT = "1b60e1a0-cc59-424a-8d2c-189d354db3f3"


def refused(client: TestClient | Client, path: str, body: Any, status: int = 422) -> Any:
    """What is said about a body that is not taken."""
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def places(answer: Any) -> list[tuple[list[str | int], str]]:
    return [(problem["loc"], problem["type"]) for problem in answer["detail"]]


def unsent(client: TestClient, event_name: str, **more: Any) -> Any:
    """The payload of an event that is made, and dropped."""
    delivery = trigger(client, event_name, LOCAL, faults=["drop"], **more)
    assert delivery["state"] == "failed"
    return json.loads(delivery["body"])


def seeded_chats(client: TestClient) -> Any:
    return client.get("/v0/evi/chats?page_size=100").json()["chats_page"]


def in_the_background(
    client: Client, path: str, body: Any, meanwhile: Callable[[], object]
) -> int | None:
    """The status that a request is answered with while something else is done; None for none."""
    statuses: list[int] = []

    def post() -> None:
        with suppress(ReadTimeout):
            statuses.append(client.post(path, json=body, timeout=2).status_code)

    thread = threading.Thread(target=post)
    thread.start()
    meanwhile()
    thread.join()
    return statuses[0] if statuses else None


# all of them


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_emulator/webhooks/deliveries"),
        ("POST", f"/_emulator/webhooks/deliveries/{NOBODY}/redeliver"),
        ("POST", DRAIN),
        ("POST", TRIGGER),
    ],
)
def test_a_key_is_needed(app: App, method: str, path: str) -> None:
    """Webhooks are a world's, so a request without a key is refused."""
    answer = TestClient(app).request(method, path)
    assert answer.status_code == 401
    assert "fault" in answer.json()


@pytest.mark.parametrize("path", [TRIGGER, DRAIN, "/_emulator/simulate", "/_emulator/faults"])
def test_a_body_must_be_json(client: TestClient, path: str) -> None:
    """What is no JSON is a 422 with the place; what is too large is a 413."""
    answer = client.post(path, content=b'{"a": }')
    assert answer.status_code == 422
    assert places(answer.json()) == [(["body", 6], "json_invalid")]
    assert refused(client, path, [])["detail"][0]["loc"] == ["body"]
    assert client.post(path, content=b" " * 1_048_577).status_code == 413


# the record


def test_the_record_can_be_narrowed(remote: Client, receiver: Receiver) -> None:
    """Deliveries are listed oldest first, and by event, chat and state."""
    config_id = new_config(remote, receiver.url)
    first, second = (simulate(remote, config_id=config_id) for _ in range(2))
    drain(remote)
    add_fault(remote, "drop")
    third = simulate(remote, config_id=config_id, user=["Hello"])

    def found(query: str) -> list[tuple[str, str]]:
        return [(each["chat_id"], each["event_name"]) for each in deliveries(remote, query)]

    assert [each["event_name"] for each in deliveries(remote)] == [
        *EVENTS,
        *EVENTS,
        "chat_started",
        "chat_ended",
    ]
    assert found("event_name=tool_call") == [(first, "tool_call"), (second, "tool_call")]
    assert found(f"chat_id={second}") == [(second, name) for name in EVENTS]
    assert found("state=failed") == [(third, "chat_started"), (third, "chat_ended")]
    assert found(f"chat_id={third}&state=delivered") == []
    assert found(f"chat_id={NOBODY}") == []


def test_a_delivery_is_shown_in_full(remote: Client, receiver: Receiver) -> None:
    """A delivery tells what was sent, as it was sent, and what came back."""
    shown = trigger(remote, "chat_ended", receiver.url)
    [delivery] = deliveries(remote)
    [attempt] = delivery["attempts"]
    [received] = receiver.log()

    assert delivery == shown
    assert set(delivery) == {
        "id", "event_name", "chat_id", "url", "state", "error", "created_at_ms", "body", "attempts"
    }  # fmt: skip
    assert delivery["chat_id"] == received.event["chat_id"]
    assert attempt["request"]["body"].encode() == received.body
    assert attempt["request"]["headers"] == {
        "Content-Type": "application/json",
        "X-Hume-AI-Webhook-Signature": received.signature,
        "X-Hume-AI-Webhook-Timestamp": received.timestamp,
    }
    assert attempt["response"] == {"body": "valid"}
    assert (attempt["number"], attempt["status"], attempt["error"]) == (1, 200, None)
    assert 0 <= attempt["duration_ms"] < 5_000


def test_worlds_do_not_share_their_record(app: App, client: TestClient) -> None:
    """A world sees its own deliveries, and no others; a reset forgets them."""
    other = TestClient(app, headers={"X-Hume-Api-Key": "another record"})
    delivery = trigger(client, "chat_ended", LOCAL, faults=["drop"])

    assert deliveries(other) == []
    path = f"/_emulator/webhooks/deliveries/{delivery['id']}/redeliver"
    assert other.post(path).status_code == 404
    client.post("/_emulator/reset")
    assert deliveries(client) == []


# draining


def test_draining_nothing_is_done_at_once(client: TestClient) -> None:
    """Where nothing is pending there is nothing to wait for, and no body is needed."""
    assert client.post(DRAIN).json() == {"pending": 0}
    assert client.post(DRAIN, json={}).json() == {"pending": 0}
    assert client.post(DRAIN, json={"timeout": 0}).json() == {"pending": 0}


def test_draining_waits_for_what_is_under_way(remote: Client, receiver: Receiver) -> None:
    """When it answers, everything has arrived."""
    config_id = new_config(remote, receiver.url)
    for _ in range(5):
        simulate(remote, config_id=config_id)
    assert remote.post(DRAIN).json() == {"pending": 0}
    assert len(receiver.log()) == 15


@pytest.mark.parametrize("timeout", [0, 0.05])
def test_draining_has_a_limit(remote: Client, receiver: Receiver, timeout: float) -> None:
    """At its timeout it says how much is still pending."""
    receiver.hold()
    simulate(remote, config_id=new_config(remote, receiver.url))
    assert remote.post(DRAIN, json={"timeout": timeout}).json() == {"pending": 3}


def test_draining_does_not_wait_for_a_clock_that_stands(remote: Client, receiver: Receiver) -> None:
    """What only the clock can bring on is not waited for, what is in flight is."""
    freeze(remote)
    receiver.answer = always(500)
    simulate(remote, config_id=new_config(remote, receiver.url))
    assert remote.post(DRAIN, json={"timeout": 600}).json() == {"pending": 3}
    assert len(receiver.log()) == 3


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({"timeout": -1}, ["body", "timeout"], "greater_than_equal"),
        ({"timeout": 601}, ["body", "timeout"], "less_than_equal"),
        ({"timeout": "5"}, ["body", "timeout"], "float_type"),
        ({"seconds": 5}, ["body", "seconds"], "extra_forbidden"),
    ],
)
def test_a_bad_drain_is_refused(client: TestClient, body: Any, loc: list[str], kind: str) -> None:
    """A body that says something else is a 422 with the place."""
    assert places(refused(client, DRAIN, body)) == [(loc, kind)]


def test_a_drain_ends_with_a_reset(remote: Client, receiver: Receiver) -> None:
    """Who waits for webhooks is answered when a reset drops them."""
    receiver.hold()
    simulate(remote, config_id=new_config(remote, receiver.url))
    receiver.wait_for(1)
    assert (
        in_the_background(remote, DRAIN, {"timeout": 600}, lambda: remote.post("/_emulator/reset"))
        == 200
    )


def test_a_trigger_ends_with_a_reset(remote: Client, receiver: Receiver) -> None:
    """Who waits for the answer to an event is answered when a reset drops it."""
    receiver.hold()

    def reset_once_it_is_sent() -> None:
        receiver.wait_for(1)
        remote.post("/_emulator/reset")

    body = {"event_name": "chat_ended", "url": receiver.url}
    assert in_the_background(remote, TRIGGER, body, reset_once_it_is_sent) == 200


# sending again


def test_a_delivery_can_be_sent_again(remote: Client, receiver: Receiver) -> None:
    """The same body goes out once more, and the answer has all attempts."""
    receiver.answer = always(500)
    failed = trigger(remote, "chat_ended", receiver.url)
    assert failed["state"] == "failed"
    receiver.answer = always(200)
    path = f"/_emulator/webhooks/deliveries/{failed['id']}/redeliver"

    again = remote.post(path).json()

    assert (again["id"], again["state"]) == (failed["id"], "delivered")
    assert [attempt["status"] for attempt in again["attempts"]] == [500, 200]
    first, second = receiver.log()
    assert first.body == second.body
    assert deliveries(remote) == [again]


def test_only_what_is_finished_is_sent_again(remote: Client, receiver: Receiver) -> None:
    """An unknown delivery is a 404, one that is on its way a 400."""
    freeze(remote)
    receiver.answer = always(500)
    simulate(remote, config_id=new_config(remote, receiver.url, events=["chat_ended"]))
    drain(remote)
    [pending] = deliveries(remote)
    path = "/_emulator/webhooks/deliveries/{}/redeliver"

    unknown = refused(remote, path.format(NOBODY), None, 404)
    on_its_way = refused(remote, path.format(pending["id"]), None, 400)

    assert (unknown["code"], on_its_way["code"]) == ("delivery_not_found", "delivery_pending")
    assert NOBODY in unknown["message"]
    assert pending["id"] in on_its_way["message"]


# events at will


@pytest.mark.parametrize("event_name", EVENTS)
def test_every_chat_can_be_told_of(client: TestClient, event_name: str) -> None:
    """For every chat of the seed there is an event that fits the document, and the chat."""
    for chat in seeded_chats(client):
        payload = unsent(client, event_name, chat_id=chat["id"].upper())
        assert judge(payload) == []
        assert payload["chat_id"] == chat["id"]
        assert payload["chat_group_id"] == chat["chat_group_id"]
        assert payload["config_id"] == chat.get("config", {}).get("id")
        if event_name == "chat_started":
            assert payload["start_time"] == chat["start_timestamp"]


def test_an_event_tells_the_chats_own_story(client: TestClient) -> None:
    """End, duration, reason, call and session are those of the chat's history."""
    ended = unsent(client, "chat_ended", chat_id=RECORDED)
    assert ended == {
        "event_name": "chat_ended",
        "chat_group_id": RECORDED_GROUP,
        "chat_id": RECORDED,
        "config_id": SUPPORT,
        "caller_number": None,
        "custom_session_id": None,
        "twilio_metadata": None,
        "end_time": 1716244958546,
        "duration_seconds": 17,
        "end_reason": "USER_ENDED",
    }
    called = 0
    for chat in seeded_chats(client):
        path = f"/v0/evi/chats/{chat['id']}?page_size=100&ascending_order=false"
        newest = client.get(path).json()["events_page"]
        calls = [json.loads(e["message_text"]) for e in newest if e["type"] == "FUNCTION_CALL"]
        functions = [call for call in calls if call["tool_type"] == "function"]
        if functions:
            payload = unsent(client, "tool_call", chat_id=chat["id"])
            message = payload["tool_call_message"]
            assert message == {"type": "tool_call", **functions[0]}
            called += 1
    assert called > 1


def test_a_resumed_chat_says_so(client: TestClient) -> None:
    """`chat_start_type` of an event at will is what the chat's group tells."""
    kinds: dict[bool, set[str]] = {}
    for chat in seeded_chats(client):
        group = client.get(f"/v0/evi/chat_groups/{chat['chat_group_id']}").json()
        first = group["first_start_timestamp"] == chat["start_timestamp"]
        payload = unsent(client, "chat_started", chat_id=chat["id"])
        kinds.setdefault(first, set()).add(payload["chat_start_type"])
    assert kinds == {True: {"new_chat_group"}, False: {"resumed_chat_group"}}


@pytest.mark.parametrize("event_name", EVENTS)
def test_no_chat_is_needed(client: TestClient, event_name: str) -> None:
    """Without a chat the event tells of one that is made up, and that REST does not know."""
    payload = unsent(client, event_name)
    assert judge(payload) == []
    assert payload["config_id"] is None
    assert client.get(f"/v0/evi/chats/{payload['chat_id']}").status_code == 404
    assert unsent(client, event_name)["chat_id"] != payload["chat_id"]


@pytest.mark.parametrize(
    ("event_name", "field", "value"),
    [
        ("chat_ended", "end_reason", "SILENCE_TIMEOUT"),
        ("chat_ended", "duration_seconds", 7),
        ("chat_started", "caller_number", "+4712345678"),
        ("chat_started", "twilio_metadata", {"from_city": "Oslo"}),
        ("chat_started", "chat_id", NOBODY),
        ("tool_call", "tool_call_message.name", "book_table"),
    ],
)
def test_fields_can_be_set(client: TestClient, event_name: str, field: str, value: Any) -> None:
    """A field is replaced by the value given, also one inside another."""
    payload = unsent(client, event_name, set={field: value})
    found = payload
    for step in field.split("."):
        found = found[step]
    assert found == value
    assert judge(payload) == []


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({}, ["body", "event_name"], "missing"),
        ({"event_name": "chat_endet"}, ["body", "event_name"], "enum"),
        ({"event_name": "chat_ended", "faults": ["explode"]}, ["body", "faults", 0], "enum"),
        ({"event_name": "chat_ended", "faults": "drop"}, ["body", "faults"], "list_type"),
        ({"event_name": "chat_ended", "delay_ms": 0.5}, ["body", "delay_ms"], "int_from_float"),
        ({"event_name": "chat_ended", "delay_ms": -1}, ["body", "delay_ms"], "greater_than_equal"),
        ({"event_name": "chat_ended", "to": LOCAL}, ["body", "to"], "extra_forbidden"),
        (
            {"event_name": "chat_ended", "set": {"end_resaon": "ERROR"}},
            ["body", "set", "end_resaon"],
            "field_unknown",
        ),
        (
            {"event_name": "tool_call", "set": {"tool_call_message.nam": "x"}},
            ["body", "set", "tool_call_message.nam"],
            "field_unknown",
        ),
        (
            {"event_name": "chat_ended", "set": {"end_reason.x": 1}},
            ["body", "set", "end_reason.x"],
            "field_unknown",
        ),
        (
            {"event_name": "chat_ended", "set": {"end_reason": "BORED"}},
            ["body", "set", "end_reason"],
            "enum",
        ),
        (
            {"event_name": "tool_call", "set": {"tool_call_message.tool_type": "x"}},
            ["body", "set", "tool_call_message", "tool_type"],
            "enum",
        ),
        (
            {"event_name": "chat_ended", "set": {"chat_id": 7}},
            ["body", "set", "chat_id"],
            "string_type",
        ),
    ],
)
def test_a_bad_event_is_refused(
    client: TestClient, body: Any, loc: list[str | int], kind: str
) -> None:
    """A mistake is a 422 with its place, and nothing is sent."""
    answer = refused(client, TRIGGER, {"url": LOCAL, **body})
    assert (loc, kind) in places(answer)
    assert deliveries(client) == []


def test_an_unknown_field_is_helped_with(client: TestClient) -> None:
    """The message names the field that was probably meant."""
    body = {"event_name": "chat_ended", "url": LOCAL, "set": {"end_resaon": "ERROR"}}
    assert "did you mean 'end_reason'" in refused(client, TRIGGER, body)["detail"][0]["msg"]


@pytest.mark.parametrize("event_name", ["chat_over", ["chat_ended"]])
def test_the_event_itself_cannot_be_set(server: Server, api_key: str, event_name: Any) -> None:
    """The name of the event is what was asked for; another one is refused like any bad value."""
    # a client of its own, since the server hangs up after a 500
    headers = {"X-Hume-Api-Key": api_key}
    with Client(base_url=server.url, headers=headers, trust_env=False) as client:
        body = {"event_name": "chat_ended", "url": LOCAL, "set": {"event_name": event_name}}
        answer = refused(client, TRIGGER, body)
    assert places(answer)[0][0] == ["body", "set", "event_name"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://127.0.0.1/",
        "127.0.0.1:80",
        "",
        "https://",
        "http://[::1",
        "https://example.com/\r\n[warning] forged",
    ],
)
def test_a_bad_url_is_refused(client: TestClient, url: str) -> None:
    """Webhooks go to https, or to this machine."""
    answer = refused(client, TRIGGER, {"event_name": "chat_ended", "url": url}, 400)
    assert answer["code"] == "webhook_url_invalid"
    assert repr(url) in answer["message"]


def test_an_unknown_chat_is_refused(client: TestClient) -> None:
    """An event about a chat that does not exist is a 404."""
    body = {"event_name": "chat_ended", "url": LOCAL, "chat_id": NOBODY}
    assert refused(client, TRIGGER, body, 404)["code"] == "chat_not_found"


def test_the_config_knows_where_events_go(remote: Client, receiver: Receiver) -> None:
    """Without a URL the event goes to the one webhook that wants such events."""
    body = {
        "name": "two",
        "evi_version": "3",
        "webhooks": [
            {"url": f"{receiver.url}/calls", "events": ["chat_started", "chat_ended"]},
            {"url": f"{receiver.url}/tools", "events": ["chat_ended"]},
        ],
    }
    config_id = remote.post("/v0/evi/configs", json=body).json()["id"]
    chat_id = simulate(remote, config_id=config_id, user=["Hello"])
    drain(remote)
    before = len(receiver.log())

    delivery = trigger(remote, "chat_started", chat_id=chat_id)
    several = refused(remote, TRIGGER, {"event_name": "chat_ended", "chat_id": chat_id}, 400)
    nobody = refused(remote, TRIGGER, {"event_name": "tool_call", "chat_id": chat_id}, 400)

    assert (delivery["url"], delivery["state"]) == (f"{receiver.url}/calls", "delivered")
    assert [received.path for received in receiver.log()[before:]] == ["/calls"]
    assert several["code"] == "several_subscribers"
    assert f"{receiver.url}/calls, {receiver.url}/tools" in several["message"]
    assert (nobody["code"], "tool_call" in nobody["message"]) == ("no_subscriber", True)


def test_the_version_of_the_chat_counts(remote: Client, receiver: Receiver) -> None:
    """Events go where the config sent them when the chat was held, not where it would now."""
    config_id = new_config(remote, f"{receiver.url}/old", events=["chat_ended"])
    chat_id = simulate(remote, config_id=config_id, user=["Hello"])
    new = {"evi_version": "3", "webhooks": [{"url": LOCAL, "events": ["chat_ended"]}]}
    assert remote.post(f"/v0/evi/configs/{config_id}", json=new).status_code == 201

    assert trigger(remote, "chat_ended", chat_id=chat_id)["url"] == f"{receiver.url}/old"


def test_without_chat_and_url_there_is_nowhere_to_go(client: TestClient) -> None:
    """A made-up chat has no config that would name a URL."""
    answer = refused(client, TRIGGER, {"event_name": "chat_ended"}, 400)
    assert answer["code"] == "no_subscriber"


def test_an_event_repeats_what_the_chat_was_told_with(remote: Client, receiver: Receiver) -> None:
    """Caller and session of a chat are in its events at will, though REST does not show them."""
    chat_id = simulate(
        remote,
        config_id=new_config(remote, receiver.url),
        caller_number="+4712345678",
        script="weather",
    )
    drain(remote)
    trigger(remote, "chat_ended", chat_id=chat_id)

    told, again = (received.event for received in receiver.log()[-2:])
    assert again == told
    assert (again["caller_number"], again["custom_session_id"]) == ("+4712345678", "weather-demo")


def test_what_is_set_is_set_for_one_event(client: TestClient) -> None:
    """A field that is set for one event is not set in the next."""
    before = unsent(client, "chat_ended", chat_id=RECORDED)
    unsent(client, "chat_ended", chat_id=RECORDED, set={"caller_number": "+4712345678"})
    assert unsent(client, "chat_ended", chat_id=RECORDED) == before


def test_a_refusal_is_shown(remote: Client, receiver: Receiver) -> None:
    """The answer is the delivery, with what its receiver said; it is not tried again."""
    receiver.key = "another key"
    delivery = trigger(remote, "chat_ended", receiver.url)

    [attempt] = delivery["attempts"]
    assert (delivery["state"], attempt["status"]) == ("failed", 401)
    assert attempt["response"]["body"] == "signature wrong"
    advance(remote, 60)
    assert len(receiver.log()) == 1


def test_a_delayed_event_is_answered_when_the_clock_stands(
    remote: Client, receiver: Receiver
) -> None:
    """On a clock that stands nobody waits for a delay; it is over when the clock says so."""
    freeze(remote)
    delivery = trigger(remote, "chat_ended", receiver.url, faults=["delay"], delay_ms=60_000)
    assert (delivery["state"], delivery["attempts"]) == ("pending", [])
    advance(remote, 59)
    assert receiver.log() == []
    advance(remote, 1)
    assert [delivery["state"] for delivery in deliveries(remote)] == ["delivered"]


def test_a_delayed_event_is_waited_for_when_the_clock_runs(
    remote: Client, receiver: Receiver
) -> None:
    """On a clock that runs, the answer comes once the event is through."""
    delivery = trigger(remote, "chat_ended", receiver.url, faults=["delay"], delay_ms=50)
    assert delivery["state"] == "delivered"
    assert delivery["attempts"][0]["at_ms"] - delivery["created_at_ms"] >= 50


def test_rules_strike_events_at_will_too(remote: Client, receiver: Receiver) -> None:
    """An event at will misbehaves as the rules say."""
    add_fault(remote, "missing_headers", times=1)
    first, second = (trigger(remote, "chat_ended", receiver.url) for _ in range(2))
    assert [received.verdict for received in receiver.log()] == ["headers missing", "valid"]
    assert (first["state"], second["state"]) == ("failed", "delivered")


def test_a_full_queue_refuses_events(receiver: Receiver) -> None:
    """With `webhook_queue` pending, another event fails at once and says why."""
    receiver.hold()
    settings = Settings(seed="empty", port=0, webhook_queue=3)
    with (
        Server(settings) as server,
        Client(base_url=server.url, headers={"X-Hume-Api-Key": "k"}, trust_env=False) as client,
    ):
        config_id = new_config(client, receiver.url)
        simulate(client, config_id=config_id)
        delivery = trigger(client, "chat_ended", receiver.url)
        receiver.release()
        assert drain(client) == 0

    assert delivery["error"].startswith("3 deliveries are pending, the most that --webhook-queue")
    assert (delivery["state"], delivery["attempts"]) == ("failed", [])
    assert len(receiver.log()) == 3


def test_the_newest_deliveries_and_one(client: TestClient) -> None:
    """`limit` leaves out the older ones; each can be asked for by its id."""
    ids = [trigger(client, "chat_ended", LOCAL, faults=["drop"])["id"] for _ in range(3)]
    path = "/_emulator/webhooks/deliveries"
    newest = ask(client, "GET", f"{path}?limit=2")["deliveries"]
    assert [each["id"] for each in newest] == ids[1:]
    assert len(ask(client, "GET", f"{path}?limit=9")["deliveries"]) == 3
    assert ask(client, "GET", f"{path}/{ids[0]}")["id"] == ids[0]
    assert ask(client, "GET", f"{path}/{ids[0]}x", status=404)["code"]
    assert ask(client, "GET", f"{path}?limit=0", status=422)["detail"]
