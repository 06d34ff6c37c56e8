"""The clock of a world, and what runs when it moves."""

import base64
import threading
from typing import Any

import pytest
from httpx import Client
from starlette.testclient import TestClient

from emulator.clock import LATEST_MS, SystemClock
from emulator.web.app import App
from emulator.world.world import World
from tests.outgoing.calls import AnyClient, advance, deliveries, drain, freeze, new_config, simulate
from tests.outgoing.receiver import Receiver, always

SLACK_MS = 10_000  # how long a request may take at the very most


def read(client: AnyClient) -> Any:
    answer = client.get("/_emulator/clock")
    assert answer.status_code == 200
    return answer.json()


def post(client: TestClient, action: str, body: Any = None) -> Any:
    answer = client.post(f"/_emulator/clock/{action}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_world_begins_with_the_wall_clock(client: TestClient) -> None:
    """Unless somebody touches it, a world's clock is the wall clock."""
    before_ms = SystemClock().now_ms()
    reading = read(client)
    assert reading == {"now_ms": reading["now_ms"], "mode": "system"}
    assert before_ms <= reading["now_ms"] <= SystemClock().now_ms()


def test_a_frozen_clock_stands(client: TestClient) -> None:
    """Time stands still until it is advanced, exactly by what was asked for."""
    frozen = post(client, "freeze")
    assert frozen == {"now_ms": frozen["now_ms"], "mode": "manual"}
    assert read(client) == post(client, "freeze") == frozen

    later = post(client, "advance", {"seconds": 1200})

    assert later == {"now_ms": frozen["now_ms"] + 1_200_000, "mode": "manual"}
    assert read(client) == later


@pytest.mark.parametrize(("seconds", "ms"), [(0, 0), (0.001, 1), (0.0004, 0), (1.5, 1500)])
def test_a_clock_moves_by_milliseconds(client: TestClient, seconds: float, ms: int) -> None:
    """Seconds may have a fraction; what is less than a millisecond is rounded."""
    frozen = post(client, "freeze")
    assert post(client, "advance", {"seconds": seconds})["now_ms"] - frozen["now_ms"] == ms


def test_a_clock_moves_by_the_sum(client: TestClient) -> None:
    """Hours, minutes, seconds and milliseconds count together, as in Python."""
    frozen = post(client, "freeze")
    moved = post(client, "advance", {"hours": 1, "minutes": 1.5, "seconds": 2, "ms": 3})
    assert moved["now_ms"] - frozen["now_ms"] == 3_692_003


def test_a_running_clock_is_ahead_after_an_advance(client: TestClient) -> None:
    """Advancing works while the clock runs, and it runs on."""
    reading = post(client, "advance", {"seconds": 3600})
    ahead_ms = reading["now_ms"] - SystemClock().now_ms()
    assert reading["mode"] == "system"
    assert 3_600_000 - SLACK_MS < ahead_ms <= 3_600_000


def test_a_resumed_clock_runs_on_from_where_it_stood(client: TestClient) -> None:
    """No time is made up for, and none is lost."""
    post(client, "freeze")
    stood = post(client, "advance", {"seconds": 86_400})
    resumed = post(client, "resume")

    assert resumed["mode"] == "system"
    assert 0 <= resumed["now_ms"] - stood["now_ms"] < SLACK_MS
    assert read(client)["now_ms"] >= resumed["now_ms"]
    assert post(client, "resume")["mode"] == "system"


def test_a_reset_brings_the_wall_clock_back(client: TestClient) -> None:
    """After a reset, the time is what it is outside, and running."""
    post(client, "freeze")
    post(client, "advance", {"seconds": 86_400})
    client.post("/_emulator/reset")

    reading = read(client)
    assert reading["mode"] == "system"
    assert abs(reading["now_ms"] - SystemClock().now_ms()) < SLACK_MS


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        (b"", ["body"], "missing"),
        (b"{}", ["body"], "missing"),
        (b'{"seconds": "60"}', ["body", "seconds"], "float_type"),
        (b'{"seconds": true}', ["body", "seconds"], "float_type"),
        (b'{"seconds": null}', ["body", "seconds"], "float_type"),
        (b'{"seconds": -1}', ["body", "seconds"], "greater_than_equal"),
        (b'{"seconds": 1e12}', ["body", "seconds"], "less_than_equal"),
        (b'{"minutes": -1}', ["body", "minutes"], "greater_than_equal"),
        (b'{"hours": 1e12}', ["body", "hours"], "less_than_equal"),
        (b'{"seconds": 1, "days": 2}', ["body", "days"], "extra_forbidden"),
        (b"[60]", ["body"], "model_attributes_type"),
        (b"60", ["body"], "model_attributes_type"),
        (b'{"seconds": 1', ["body", 13], "json_invalid"),
        (b'{"seconds": NaN}', ["body", 12], "json_invalid"),
    ],
)
def test_a_bad_advance_is_refused(
    client: TestClient, body: bytes, loc: list[str | int], kind: str
) -> None:
    """A body that does not say how far is a 422 with the place, and the clock does not move."""
    frozen = post(client, "freeze")
    answer = client.post("/_emulator/clock/advance", content=body)

    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert (problem["loc"], problem["type"]) == (loc, kind)
    assert read(client) == frozen


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_emulator/clock"),
        ("POST", "/_emulator/clock/freeze"),
        ("POST", "/_emulator/clock/advance"),
        ("POST", "/_emulator/clock/resume"),
    ],
)
def test_a_clock_is_for_those_with_a_key(app: App, method: str, path: str) -> None:
    """The clock is a world's, so a request without a key has none."""
    assert TestClient(app).request(method, path, json={"seconds": 1}).status_code == 401


def test_worlds_do_not_share_a_clock(app: App, client: TestClient) -> None:
    """One world's frozen clock leaves the others alone."""
    other = TestClient(app, headers={"X-Hume-Api-Key": "another clock"})
    post(client, "freeze")
    post(client, "advance", {"seconds": 3600})

    reading = read(other)
    assert reading["mode"] == "system"
    assert abs(reading["now_ms"] - SystemClock().now_ms()) < SLACK_MS


def test_moves_of_the_clock_are_in_the_journal(client: TestClient) -> None:
    """Each move is an entry, with what was done and how the clock goes on."""
    post(client, "freeze")
    post(client, "advance", {"seconds": 2})
    post(client, "resume")

    entries = client.get("/_emulator/journal?kind=clock").json()["entries"]
    assert [(entry["action"], entry["mode"], entry.get("ms")) for entry in entries] == [
        ("freeze", "manual", None),
        ("advance", "manual", 2000),
        ("resume", "system", None),
    ]
    assert entries[1]["at_ms"] - entries[0]["at_ms"] == 2000


def test_new_things_get_the_worlds_time(client: TestClient) -> None:
    """What is created carries the emulated time."""
    post(client, "freeze")
    now_ms = post(client, "advance", {"seconds": 86_400})["now_ms"]
    prompt = client.post("/v0/evi/prompts", json={"name": "p", "text": ""}).json()
    assert prompt["created_on"] == now_ms


def test_a_token_expires_when_the_clock_is_advanced(app: App, api_key: str) -> None:
    """Thirty minutes of the world's time are thirty minutes of its tokens, and of no others."""
    client = TestClient(app)
    tokens = {}
    for key in (api_key, "another token"):
        credentials = base64.b64encode(f"{key}:secret".encode()).decode()
        answer = client.post(
            "/oauth2-cc/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {credentials}"},
        )
        tokens[key] = answer.json()["access_token"]

    def status(key: str) -> int:
        headers = {"Authorization": f"Bearer {tokens[key]}"}
        return client.get("/v0/evi/configs", headers=headers).status_code

    mine = TestClient(app, headers={"X-Hume-Api-Key": api_key})
    post(mine, "freeze")
    post(mine, "advance", {"seconds": 29 * 60})
    assert status(api_key) == 200
    post(mine, "advance", {"seconds": 60})
    assert status(api_key) == 401
    assert status("another token") == 200


# what comes due


def test_a_chat_times_out_when_the_clock_is_advanced(client: TestClient) -> None:
    """A chat that was left open ends at its inactivity timeout: not before, and at that time."""
    post(client, "freeze")
    chat_id = simulate(client, user=["Hello"], end_reason="ACTIVE")
    events = client.get(f"/v0/evi/chats/{chat_id}").json()["events_page"]
    said_ms = next(each["timestamp"] for each in events if each["type"] == "USER_MESSAGE")
    left_ms = said_ms + 600_000 - read(client)["now_ms"]

    post(client, "advance", {"seconds": (left_ms - 1) / 1000})
    assert client.get(f"/v0/evi/chats/{chat_id}").json()["status"] == "ACTIVE"
    post(client, "advance", {"seconds": 0.001})

    chat = client.get(f"/v0/evi/chats/{chat_id}").json()
    assert (chat["status"], chat["end_timestamp"]) == ("INACTIVITY_TIMEOUT", said_ms + 600_000)


def test_an_advance_does_everything_before_it_answers(remote: Client, receiver: Receiver) -> None:
    """In one advance a chat times out, its webhook is refused four times, each at its time."""
    freeze(remote)
    receiver.answer = always(500)
    config_id = new_config(
        remote,
        receiver.url,
        events=["chat_ended"],
        timeouts={"inactivity": {"enabled": True, "duration_secs": 60}},
    )
    chat_id = simulate(remote, config_id=config_id, user=["Hello"], end_reason="ACTIVE")
    assert remote.get(f"/v0/evi/chats/{chat_id}").json()["status"] == "ACTIVE"
    assert deliveries(remote) == []

    advance(remote, 1200)

    [ended] = deliveries(remote)
    chat = remote.get(f"/v0/evi/chats/{chat_id}").json()
    assert (chat["status"], ended["state"]) == ("INACTIVITY_TIMEOUT", "failed")
    at_ms = [attempt["at_ms"] for attempt in ended["attempts"]]
    assert [each - at_ms[0] for each in at_ms] == [0, 1_000, 5_000, 21_000]
    assert at_ms[0] == ended["created_at_ms"] == chat["end_timestamp"]
    assert len(receiver.log()) == 4
    event = receiver.log()[0].event
    assert (event["end_reason"], event["end_time"]) == ("INACTIVITY_TIMEOUT", at_ms[0])
    assert {received.verdict for received in receiver.log()} == {"valid"}


def test_what_is_due_runs_in_its_order(remote: Client, receiver: Receiver) -> None:
    """Of two chats the one that is to end first ends first, whichever was opened first."""
    freeze(remote)
    ids = []
    for name, seconds in (("slow", 300), ("quick", 100)):
        config_id = new_config(
            remote,
            receiver.url,
            name=name,
            events=["chat_ended"],
            timeouts={"inactivity": {"enabled": True, "duration_secs": seconds}},
        )
        ids.append(simulate(remote, config_id=config_id, user=["Hello"], end_reason="ACTIVE"))
    advance(remote, 600)

    ended = [received.event for received in receiver.log()]
    assert [event["chat_id"] for event in ended] == ids[::-1]
    assert ended[0]["end_time"] < ended[1]["end_time"]


def test_what_is_in_flight_comes_first(remote: Client, receiver: Receiver) -> None:
    """A webhook that is under way is waited for, since its retry may fall into the advance."""
    freeze(remote)
    receiver.answer = always(500)
    simulate(remote, config_id=new_config(remote, receiver.url, events=["chat_ended"]))
    advance(remote, 1)
    [pending] = deliveries(remote)
    assert [attempt["number"] for attempt in pending["attempts"]] == [1, 2]


@pytest.mark.slow
def test_a_running_clock_retries_by_itself(remote: Client, receiver: Receiver) -> None:
    """Without any advance, the retry comes when its second is over."""
    answers = [always(500), always(200)]
    receiver.answer = lambda received: answers.pop(0)(received)
    simulate(remote, config_id=new_config(remote, receiver.url, events=["chat_ended"]))
    receiver.wait_for(2)
    assert remote.post("/_emulator/webhooks/drain").json() == {"pending": 0}

    [delivered] = deliveries(remote)
    first, second = delivered["attempts"]
    assert (delivered["state"], first["status"], second["status"]) == ("delivered", 500, 200)
    assert 1_000 <= second["at_ms"] - first["at_ms"] < 1_000 + SLACK_MS


@pytest.mark.slow
def test_a_frozen_clock_keeps_retries_back_until_it_resumes(
    remote: Client, receiver: Receiver
) -> None:
    """What a clock that stands holds back goes out once it runs."""
    freeze(remote)
    answers = [always(500), always(200)]
    receiver.answer = lambda received: answers.pop(0)(received)
    simulate(remote, config_id=new_config(remote, receiver.url, events=["chat_ended"]))
    assert remote.post("/_emulator/webhooks/drain").json() == {"pending": 1}

    remote.post("/_emulator/clock/resume")

    assert remote.post("/_emulator/webhooks/drain").json() == {"pending": 0}
    assert len(receiver.log()) == 2


def test_a_reset_ends_an_advance(remote: Client, receiver: Receiver) -> None:
    """A reset while an advance is under way leaves the wall clock, not one that is a day ahead."""
    freeze(remote)
    receiver.answer = always(500)
    simulate(remote, config_id=new_config(remote, receiver.url, events=["chat_ended"]))
    drain(remote)
    receiver.hold()
    advancing = threading.Thread(target=advance, args=(remote, 86_400))
    advancing.start()
    receiver.wait_for(2)  # the retry, which the advance waits for
    remote.post("/_emulator/reset")
    receiver.release()
    advancing.join()

    assert read(remote)["now_ms"] < SystemClock().now_ms() + SLACK_MS


def test_time_ends_with_the_year_9999(client: TestClient, world: World) -> None:
    """No date can be written after that: the journal is readable at the end of time."""
    ten_years = {"seconds": 10 * 365 * 86_400}
    world.clock.move_to(LATEST_MS - 1000)
    refused = client.post("/_emulator/clock/advance", json=ten_years)
    assert (refused.status_code, refused.json()["code"]) == (400, "clock_too_late")
    world.clock.move_to(LATEST_MS + 1)
    client.get("/v0/evi/configs")
    found = client.get("/__admin/requests")
    assert found.status_code == 200
    assert found.json()["requests"][0]["request"]["loggedDateString"] == "9999-12-31T23:59:59Z"
