"""POST /_emulator/simulate: what it takes, and that its chat is a chat like any other."""

from typing import Any

import pytest
from httpx import Client
from starlette.testclient import TestClient

from emulator.apis.evi.chat.finding_scripts import bundled_scripts
from emulator.apis.evi.webhooks import TWILIO_KEYS
from emulator.clock import SystemClock
from emulator.server import Server
from emulator.web.app import App
from tests.outgoing.calls import (
    EVENTS,
    add_fault,
    advance,
    ask,
    drain,
    freeze,
    judge,
    new_config,
    simulate,
)
from tests.outgoing.receiver import Receiver

SIMULATE = "/_emulator/simulate"
NOBODY = "00000000-0000-4000-8000-000000000000"

# What the demo seed holds.
SUPPORT = "1b60e1a0-cc59-424a-8d2c-189d354db3f3"
RECORDED_GROUP = "9fc18597-3567-42d5-94d6-935bde84bf2f"


def read(client: TestClient, chat_id: str) -> Any:
    """The chat with all its events."""
    return ask(client, "GET", f"/v0/evi/chats/{chat_id}?page_size=100")


def said(chat: Any) -> list[tuple[str, str]]:
    """Who said what."""
    return [
        (event["role"], event["message_text"])
        for event in chat["events_page"]
        if event["type"] in ("USER_MESSAGE", "AGENT_MESSAGE")
    ]


def refused(client: TestClient, body: Any, status: int = 422) -> Any:
    before = ask(client, "GET", "/v0/evi/chats")["chats_page"]
    answer = ask(client, "POST", SIMULATE, body, status)
    assert ask(client, "GET", "/v0/evi/chats")["chats_page"] == before
    return answer


# what it takes


def test_the_answer_names_the_chat(client: TestClient) -> None:
    """Chat and group, and how it has ended."""
    answer = ask(client, "POST", SIMULATE, {"user": ["Hello"]})
    chat = read(client, answer["chat_id"])
    assert answer == {
        "chat_id": chat["id"],
        "chat_group_id": chat["chat_group_id"],
        "status": "USER_ENDED",
    }
    assert chat["status"] == "USER_ENDED"


def test_nothing_at_all_is_a_chat_too(client: TestClient) -> None:
    """Without a body somebody connects, says nothing and leaves."""
    answer = client.post(SIMULATE)
    assert (answer.status_code, answer.json()["status"]) == (200, "USER_ENDED")
    assert said(read(client, answer.json()["chat_id"])) == []


@pytest.mark.parametrize("name", bundled_scripts())
def test_every_bundled_script_can_be_named(client: TestClient, name: str) -> None:
    """A script that comes with the package runs by its name, to an end."""
    add_fault(client, "drop")  # the seed's webhooks go to a port where something may listen
    answer = ask(client, "POST", SIMULATE, {"script": name})
    assert answer["status"] != "ACTIVE"
    assert {"USER", "AGENT"} == {who for who, _ in said(read(client, answer["chat_id"]))}


def test_a_script_may_come_along(client: TestClient) -> None:
    """A script in the body says what the assistant answers."""
    script = {
        "user": ["Hello", {"type": "Are you there?"}],
        "rules": [{"when": "there", "answer": "Always."}, {"answer": "Good day."}],
    }
    chat = read(client, simulate(client, script=script))
    assert said(chat) == [
        ("USER", "Hello"),
        ("AGENT", "Good day."),
        ("USER", "Are you there?"),
        ("AGENT", "Always."),
    ]


def test_the_body_goes_before_the_script(client: TestClient) -> None:
    """What the body says beside the script replaces what the script says."""
    chat = read(
        client, simulate(client, script="weather", user=["Thanks"], end_reason="USER_TIMEOUT")
    )
    assert said(chat) == [("USER", "Thanks"), ("AGENT", "You are welcome."), ("AGENT", "Goodbye!")]
    assert chat["status"] == "USER_TIMEOUT"


@pytest.mark.parametrize(
    ("end_reason", "status"),
    [
        ("USER_ENDED", "USER_ENDED"),
        ("USER_TIMEOUT", "USER_TIMEOUT"),
        ("INACTIVITY_TIMEOUT", "INACTIVITY_TIMEOUT"),
        ("MAX_DURATION_TIMEOUT", "MAX_DURATION_TIMEOUT"),
        ("ERROR", "ERROR"),
        ("hang_up", "USER_ENDED"),
        ("ACTIVE", "ACTIVE"),
    ],
)
def test_a_chat_ends_as_it_is_told(client: TestClient, end_reason: str, status: str) -> None:
    """Every way to end can be asked for."""
    chat = read(client, simulate(client, user=["Hello"], end_reason=end_reason))
    assert chat["status"] == status
    assert (chat["end_timestamp"] is None) == (status == "ACTIVE")


@pytest.mark.parametrize(
    ("body", "loc", "message"),
    [
        ({"script": "wether"}, ["body", "script"], "did you mean 'weather'"),
        ({"script": "/etc/passwd"}, ["body", "script"], "no script '/etc/passwd'"),
        ({"script": 7}, ["body", "script"], "valid string"),
        ({"user": "Hello"}, ["body", "user"], "valid list"),
        ({"user": ["Hello", {"say": "x", "type": "y"}]}, ["body", "user", 1], "exactly one of"),
        ({"user": [{"wait": "soon"}]}, ["body", "user", 0], "soon"),
        ({"end_reason": "BORED"}, ["body", "end_reason"], "got 'BORED'"),
        ({"caller_number": "12345"}, ["body", "caller_number"], "got '12345'"),
        ({"config_version": -1}, ["body", "config_version"], "got -1"),
        ({"config_id": 7}, ["body", "config_id"], "valid string"),
        ({"pace": "slow"}, ["body", "pace"], "pace is instant, realtime or a number"),
        ({"pace": 0}, ["body", "pace"], "a number from 0.001 to"),
        ({"unanswered_tool_calls": "no"}, ["body", "unanswered_tool_calls"], "got 'no'"),
        (
            {"script": {"rules": [{"when": {"regex": "("}, "answer": "x"}]}},
            ["body", "script", "rules", 0, "when", "regex"],
            "unusable regular expression",
        ),
        (
            {"script": {"rules": [{"answer": [{"sya": "x"}]}]}},
            ["body", "script", "rules", 0, "answer", 0, "sya"],
            "did you mean 'say'",
        ),
        (
            {"script": {"user": ["x"], "rulse": []}},
            ["body", "script", "rulse"],
            "did you mean 'rules'",
        ),
    ],
)
def test_a_mistake_has_a_place(
    client: TestClient, body: Any, loc: list[str | int], message: str
) -> None:
    """A mistake is a 422 with its place, in the body or in the script; no chat comes of it."""
    [problem] = refused(client, body)["detail"]
    assert problem["loc"][: len(loc)] == loc
    assert message in problem["msg"]


def test_all_mistakes_are_told_at_once(client: TestClient) -> None:
    """Each mistake of body and script is in one answer."""
    body = {"script": {"rules": [{"answer": 7}]}, "user": [8], "end_reason": "BORED"}
    found = {tuple(problem["loc"][:3]) for problem in refused(client, body)["detail"]}
    assert found >= {("body", "end_reason"), ("body", "user", 0), ("body", "script", "rules")}


def test_an_unknown_key_has_a_place(client: TestClient) -> None:
    """A key that is no part of the body is a mistake of the body, not of a script."""
    [problem] = refused(client, {"user": ["Hello"], "end_raeson": "ERROR"})["detail"]
    assert "did you mean 'end_reason'" in problem["msg"]
    assert problem["loc"] == ["body", "end_raeson"]


def test_a_pace_of_almost_nothing_is_refused(server: Server, api_key: str) -> None:
    """A pace at which nothing would ever happen is a mistake like any other."""
    headers = {"X-Hume-Api-Key": api_key}
    with Client(base_url=server.url, headers=headers, trust_env=False) as client:
        answer = client.post(SIMULATE, json={"user": ["Hello"], "pace": 1e-320})
        assert answer.status_code == 422


def test_what_does_not_exist_is_named(client: TestClient) -> None:
    """An unknown config, version or group is a 404 that names it."""
    for body, code, named in (
        ({"config_id": NOBODY}, "config_not_found", NOBODY),
        ({"config_id": SUPPORT, "config_version": 99}, "version_not_found", "99"),
        ({"resumed_chat_group_id": NOBODY}, "chat_group_not_found", NOBODY),
    ):
        answer = refused(client, body, 404)
        assert (answer["code"], named in answer["message"]) == (code, True)


@pytest.mark.parametrize(
    ("timeouts", "why"),
    [
        ({"inactivity": {"enabled": False, "duration_secs": 600}}, "no inactivity timeout"),
        (
            {
                "inactivity": {"enabled": True, "duration_secs": 600},
                "max_duration": {"enabled": True, "duration_secs": 60},
            },
            "max duration is over before that",
        ),
    ],
)
def test_an_end_that_cannot_come_is_refused(client: TestClient, timeouts: Any, why: str) -> None:
    """A config that never times out cannot end a chat so: 400, with the reason."""
    config_id = new_config(client, timeouts=timeouts)
    answer = refused(client, {"config_id": config_id, "end_reason": "INACTIVITY_TIMEOUT"}, 400)
    assert answer["code"] == "end_unreachable"
    assert why in answer["message"]


def test_a_key_is_needed(app: App) -> None:
    """A chat is held in a world, so a request without a key is refused."""
    assert TestClient(app).post(SIMULATE, json={}).status_code == 401


# a chat like any other


def test_its_chat_is_listed(client: TestClient) -> None:
    """The chat is the newest in the list, with its config and its number of events."""
    add_fault(client, "drop")
    chat_id = simulate(client, config_id=SUPPORT, config_version=1, user=["Hello"])
    path = "/v0/evi/chats?page_size=1&ascending_order=false"
    [listed] = ask(client, "GET", path)["chats_page"]
    chat = read(client, chat_id)

    assert listed["id"] == chat_id
    assert listed["config"] == chat["config"] == {"id": SUPPORT, "version": 1}
    assert listed["event_count"] == len(chat["events_page"])
    found = ask(client, "GET", f"/v0/evi/chats?config_id={SUPPORT}&page_size=100")["chats_page"]
    assert chat_id in [each["id"] for each in found]


def test_it_ends_now(client: TestClient) -> None:
    """Run at once, a chat began as long ago as it lasted; its events lie in between, in order."""
    before_ms = SystemClock().now_ms()
    chat = read(client, simulate(client))
    times = [event["timestamp"] for event in chat["events_page"]]

    assert before_ms <= chat["end_timestamp"] <= SystemClock().now_ms()
    assert chat["start_timestamp"] <= times[0] <= times[-1] <= chat["end_timestamp"]
    assert times == sorted(times)
    assert chat["end_timestamp"] - chat["start_timestamp"] > 5_000


def test_its_events_are_those_of_a_chat(client: TestClient) -> None:
    """Start, settings, words, a tool call with its answer, and the end are in the history."""
    types = [event["type"] for event in read(client, simulate(client))["events_page"]]
    assert (types[0], types[-1]) == ("CHAT_START_MESSAGE", "CHAT_END_MESSAGE")
    assert types.index("FUNCTION_CALL") < types.index("FUNCTION_CALL_RESPONSE")
    assert {"SYSTEM_PROMPT", "SESSION_SETTINGS", "USER_MESSAGE", "AGENT_MESSAGE"} <= set(types)


def test_its_group_knows_it(client: TestClient) -> None:
    """A chat has a group of its own, or joins the one that it resumes."""
    add_fault(client, "drop")
    alone = read(client, simulate(client, user=["Hello"]))
    group = ask(client, "GET", f"/v0/evi/chat_groups/{alone['chat_group_id']}")
    assert (group["num_chats"], group["active"]) == (1, False)

    before = ask(client, "GET", f"/v0/evi/chat_groups/{RECORDED_GROUP}")["num_chats"]
    resumed = read(client, simulate(client, user=["Back"], resumed_chat_group_id=RECORDED_GROUP))
    after = ask(client, "GET", f"/v0/evi/chat_groups/{RECORDED_GROUP}")
    path = f"/v0/evi/chat_groups/{RECORDED_GROUP}/events?page_size=1&ascending_order=false"
    [newest] = ask(client, "GET", path)["events_page"]

    assert resumed["chat_group_id"] == RECORDED_GROUP
    assert resumed["config"]["id"] == SUPPORT  # the group's own
    assert after["num_chats"] == before + 1
    assert after["chats_page"][-1]["id"] == resumed["id"]
    assert (newest["chat_id"], newest["type"]) == (resumed["id"], "CHAT_END_MESSAGE")


def test_its_audio_can_be_had(client: TestClient) -> None:
    """The conversation can be listened to, once it is put together."""
    chat_id = simulate(client)
    for _ in range(3):
        audio = ask(client, "GET", f"/v0/evi/chats/{chat_id}/audio")
    assert audio["status"] == "COMPLETE"

    file = TestClient(client.app).get(audio["signed_audio_url"])
    assert (file.status_code, file.headers["Content-Type"]) == (200, "audio/mp4")
    assert len(file.content) > 100_000


def test_it_is_a_chat_of_its_world(app: App, client: TestClient) -> None:
    """No other world has it, and a reset forgets it."""
    chat_id = simulate(client, user=["Hello"])
    other = TestClient(app, headers={"X-Hume-Api-Key": "another simulation"})
    assert other.get(f"/v0/evi/chats/{chat_id}").status_code == 404
    client.post("/_emulator/reset")
    assert client.get(f"/v0/evi/chats/{chat_id}").status_code == 404


def test_it_goes_on_as_it_is_paced(client: TestClient) -> None:
    """With a pace a chat goes on with the clock, and can be read meanwhile."""
    freeze(client)
    answer = ask(client, "POST", SIMULATE, {"user": ["Hello"], "pace": "realtime"})
    assert answer["status"] == "ACTIVE"
    assert said(read(client, answer["chat_id"])) == []

    advance(client, 60)

    chat = read(client, answer["chat_id"])
    assert chat["status"] == "USER_ENDED"
    assert said(chat)[0] == ("USER", "Hello")


def test_everything_goes_at_its_pace(client: TestClient) -> None:
    """A thousand times as fast as life, a chat of seconds is over in milliseconds."""
    freeze(client)
    chat_id = simulate(client, user=["Hello"], pace=1000)
    advance(client, 60)
    chat = read(client, chat_id)
    assert chat["end_timestamp"] - chat["start_timestamp"] < 100


# its webhooks


def test_its_webhooks_tell_the_same_story(remote: Client, receiver: Receiver) -> None:
    """Ids, times and the tool call of the webhooks are those of the chat's history."""
    config_id = new_config(remote, receiver.url)
    chat_id = simulate(remote, config_id=config_id)
    drain(remote)

    chat = ask(remote, "GET", f"/v0/evi/chats/{chat_id}?page_size=100")
    started, called, ended = (received.event for received in receiver.log())
    assert [event["event_name"] for event in (started, called, ended)] == list(EVENTS)
    for event in (started, called, ended):
        assert judge(event) == []
        assert (event["chat_id"], event["chat_group_id"]) == (chat_id, chat["chat_group_id"])
        assert (event["config_id"], event["custom_session_id"]) == (config_id, "weather-demo")
        assert (event["caller_number"], event["twilio_metadata"]) == (None, None)
    [call] = [event for event in chat["events_page"] if event["type"] == "FUNCTION_CALL"]
    assert started["start_time"] == chat["start_timestamp"]
    assert started["chat_start_type"] == "new_chat_group"
    assert called["timestamp"] == call["timestamp"]
    assert called["tool_call_message"]["tool_call_id"] in call["message_text"]
    assert (ended["end_time"], ended["end_reason"]) == (chat["end_timestamp"], chat["status"])
    duration_ms = chat["end_timestamp"] - chat["start_timestamp"]
    assert ended["duration_seconds"] == duration_ms // 1000


def test_a_phone_call_is_told_of(remote: Client, receiver: Receiver) -> None:
    """Caller and Twilio's metadata are in every webhook: as given, made up, or empty."""
    simulate(
        remote,
        config_id=new_config(remote, receiver.url),
        caller_number="+4712345678",
        twilio_metadata={"to_number": "+4722334455", "from_city": "Oslo"},
    )
    drain(remote)

    assert len(receiver.log()) == 3
    for received in receiver.log():
        assert received.event["caller_number"] == "+4712345678"
        twilio = received.event["twilio_metadata"]
        assert tuple(twilio) == TWILIO_KEYS
        assert twilio["call_sid"].startswith("CA")
        assert {key: value for key, value in twilio.items() if value and key != "call_sid"} == {
            "from_number": "+4712345678",
            "caller_number": "+4712345678",
            "to_number": "+4722334455",
            "from_city": "Oslo",
        }


def test_a_resumed_chat_is_told_of(remote: Client, receiver: Receiver) -> None:
    """The second chat of a group says that it resumes one."""
    config_id = new_config(remote, receiver.url, events=["chat_started"])
    first = ask(remote, "POST", SIMULATE, {"config_id": config_id})
    drain(remote)  # no order holds between two chats
    simulate(remote, user=["Back"], resumed_chat_group_id=first["chat_group_id"])
    drain(remote)

    events = [received.event for received in receiver.log()]
    assert [event["chat_start_type"] for event in events] == [
        "new_chat_group",
        "resumed_chat_group",
    ]
    assert {event["chat_group_id"] for event in events} == {first["chat_group_id"]}
    assert {event["config_id"] for event in events} == {config_id}


@pytest.mark.parametrize(
    "end_reason",
    ["USER_ENDED", "USER_TIMEOUT", "INACTIVITY_TIMEOUT", "MAX_DURATION_TIMEOUT", "ERROR"],
)
def test_the_end_is_told_with_its_reason(
    remote: Client, receiver: Receiver, end_reason: str
) -> None:
    """`end_reason` of the webhook is the chat's status."""
    config_id = new_config(remote, receiver.url, events=["chat_ended"])
    simulate(remote, config_id=config_id, user=["Hello"], end_reason=end_reason)
    drain(remote)
    [received] = receiver.log()
    assert (received.event["end_reason"], judge(received.event)) == (end_reason, [])


def test_a_chat_without_subscribers_is_told_to_nobody(remote: Client, receiver: Receiver) -> None:
    """Only events that a webhook asks for are sent, and none without a config."""
    simulate(remote)
    simulate(remote, config_id=new_config(remote, receiver.url, events=["chat_started"]))
    drain(remote)
    assert [received.event_name for received in receiver.log()] == ["chat_started"]
