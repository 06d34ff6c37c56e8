"""Runs: the list with its filters and cursors, one of them, and its events."""

import base64
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.apis.expression import state as states
from emulator.apis.expression.run import MOST_OF_A_KIND, UNHEARD_MS, Run, date_time
from emulator.apis.expression.state import ExpressionState, begin_run
from emulator.server import new_app
from emulator.settings import Settings
from emulator.world.world import World

RUNS = "/v1/expression/run"
AUDIO_CONFIG = {
    "audio": {"type": "audio/pcm", "encoding": "s16le", "sample_rate": 16000, "channels": 1},
    "measurement_timer_ms": 3000,
}
VIDEO_CONFIG = {"image": {"type": "image/jpeg"}, "face": {"threshold": 0.9, "min_size": 60}}


@pytest.fixture(autouse=True)
def frozen(world: World) -> None:
    """No runs at first, and a clock that stands still."""
    world.freeze()
    world.state(ExpressionState).runs.clear()


def begin(world: World, endpoint: str = "audio", mode: str = "realtime") -> Run:
    config = AUDIO_CONFIG if endpoint == "audio" else VIDEO_CONFIG
    run = begin_run(world, endpoint, mode, config)
    list(world.advancing(1000))
    return run


def listed(client: TestClient, **query: object) -> list[str]:
    """Return the ids that a query finds, on one page."""
    answer = client.get(RUNS, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return [run["run_id"] for run in answer.json()["runs"]]


def refusal(client: TestClient, path: str, **query: str) -> tuple[int, str, str]:
    answer = client.get(path, params=query)
    body = answer.json()
    assert body.keys() == {"type", "code", "message", "request_id"}
    return answer.status_code, body["code"], body["message"]


def test_ids_begin_with_the_time(world: World) -> None:
    """As those of version 7 do, so that they are in order."""
    first, second = begin(world), begin(world)
    assert int(first.run_id.replace("-", "")[:12], 16) == first.started_at
    assert first.run_id[14] == "7"
    assert first.run_id[19] in "89ab"
    assert first.run_id < second.run_id


def test_pages_follow_each_other(client: TestClient, world: World) -> None:
    """The newest come first; the last page has no cursor, and new runs move nothing."""
    ids = [begin(world).run_id for _ in range(5)][::-1]
    found, cursor = list[str](), dict[str, str]()
    sizes = []
    while True:
        page = client.get(RUNS, params={"page_size": 2, **cursor}).json()
        found += [run["run_id"] for run in page["runs"]]
        sizes.append(len(page["runs"]))
        begin(world)  # which is on no later page
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == ids
    assert sizes == [2, 2, 1]
    assert len(listed(client, page_size=8)) == 8


def test_a_cursor_of_a_forgotten_run_ends_the_list(client: TestClient, world: World) -> None:
    """All that was older is forgotten, too."""
    for _ in range(3):
        begin(world)
    cursor = client.get(RUNS, params={"page_size": 2}).json()["next_cursor"]
    world.state(ExpressionState).runs.clear()
    begin(world)
    assert listed(client, cursor=cursor) == []


def test_a_page_may_have_any_size(client: TestClient, world: World) -> None:
    """Also one that is larger than any list."""
    run = begin(world)
    assert listed(client, page_size=2**63 - 1) == [run.run_id]
    path = f"{RUNS}/{run.run_id}/events"
    assert client.get(path, params={"page_size": 2**63 - 1}).json()["events"] == []


def test_filters_combine(client: TestClient, world: World) -> None:
    """By user, status, mode, endpoint and time; the later bound alone is left out."""
    voice, file = begin(world), begin(world, mode="file")
    face = begin(world, "video")
    file.end(world.clock.now_ms())
    assert listed(client, endpoint="video") == [face.run_id]
    assert listed(client, mode="realtime") == [face.run_id, voice.run_id]
    assert listed(client, mode="realtime", endpoint="audio") == [voice.run_id]
    assert listed(client, status="ended") == [file.run_id]
    assert listed(client, status="live", endpoint="audio") == [voice.run_id]
    assert listed(client, user_id=world.user_id, status="ended") == [file.run_id]
    assert listed(client, user_id="another") == []
    at = date_time(file.started_at)
    assert listed(client, started_before=at) == [voice.run_id]
    assert listed(client, started_after=at) == [face.run_id, file.run_id]
    assert listed(client, started_after=at.replace("Z", "+00:00"), mode="file") == [file.run_id]
    assert listed(client, started_before=at, started_after=at) == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"page_size": "0"}, "/page_size: Input should be greater than or equal to 1"),
        ({"page_size": "many"}, "/page_size: Input should be a valid integer"),
        ({"cursor": "!"}, "/cursor: Input should be the next_cursor of the page before"),
        ({"status": "dead"}, "/status: Input should be 'live', 'ended' or 'errored'"),
        ({"mode": "stream"}, "/mode: Input should be 'realtime' or 'file'"),
        ({"endpoint": "face"}, "/endpoint: Input should be 'audio' or 'video'"),
        ({"started_before": "2026-10-06"}, "a datetime with a timezone, such as 2026-10-06T12"),
        ({"started_after": "2026-10-06T12:00:00"}, "a datetime with a timezone"),
        ({"started_after": "2026-10-06T23:59:60Z"}, "a datetime whose seconds are 0 to 59"),
    ],
)
def test_a_wrong_query(client: TestClient, query: dict[str, str], words: str) -> None:
    """The message says what was expected, and where."""
    status, code, message = refusal(client, RUNS, **query)
    assert (status, code) == (400, "invalid_request")
    assert words in message


def test_one_run(client: TestClient, world: World) -> None:
    """While it is live, nothing of its end is known; billed are at least ten seconds then."""
    run = begin(world)
    run.take(3200, 0.1, world.clock.now_ms())
    live = client.get(f"{RUNS}/{run.run_id}").json()
    assert live == {
        "run_id": run.run_id,
        "user_id": world.user_id,
        "status": "live",
        "endpoint": "audio",
        "mode": "realtime",
        "started_at": date_time(run.started_at),
        "ended_at": None,
        "close_code": None,
        "close_reason": None,
        "bytes_received": None,
        "bytes_recorded": None,
        "metered_seconds": 0.1,
        "config": {"schema": "v4", **AUDIO_CONFIG},
    }
    run.end(world.clock.now_ms(), 1000, "client_request")
    ended = client.get(f"{RUNS}/{run.run_id.upper()}").json()
    changed = {name for name, value in ended.items() if live[name] != value}
    assert changed == {
        "status", "ended_at", "close_code", "close_reason", "bytes_received", "metered_seconds",
    }  # fmt: skip
    assert (ended["bytes_received"], ended["metered_seconds"]) == (3200, 10)


def test_a_run_without_media_costs_nothing(world: World) -> None:
    """However it ends."""
    run = begin(world)
    run.end(world.clock.now_ms())
    run.end(world.clock.now_ms() + 1, 1011)  # a second end counts for nothing
    assert (run.metered_seconds, run.close_code) == (0, None)


def test_a_silent_run_has_failed(client: TestClient, world: World) -> None:
    """Five minutes on the world's clock after it was last heard of, which is when it ended."""
    run = begin(world)
    run.heard_at = world.clock.now_ms()
    list(world.advancing(UNHEARD_MS - 1))
    assert listed(client, status="live") == [run.run_id]
    list(world.advancing(1))
    assert listed(client, status="live") == []
    [shown] = client.get(RUNS, params={"status": "errored"}).json()["runs"]
    assert (shown["ended_at"], shown["bytes_received"]) == (date_time(run.heard_at), None)


def test_events_have_pages(client: TestClient, world: World) -> None:
    """In order, numbered from 0; of a kind, so many are kept."""
    run, now_ms = begin(world), world.clock.now_ms()
    for number in range(MOST_OF_A_KIND + 3):
        run.record_event("rate_limited", None, now_ms + number)
    run.record_event("invalid_audio_frame", {"detail": "is empty"}, now_ms)
    path = f"{RUNS}/{run.run_id}/events"
    first = client.get(path, params={"page_size": MOST_OF_A_KIND}).json()
    assert [each["seq"] for each in first["events"]] == list(range(MOST_OF_A_KIND))
    assert first["events"][0] == {"seq": 0, "at": date_time(now_ms), "kind": "rate_limited"}
    assert (first["at_cap"], first["capped_kinds"]) == (True, ["rate_limited"])
    second = client.get(path, params={"cursor": first["next_cursor"]}).json()
    assert [(each["kind"], each["detail"]) for each in second["events"]] == [
        ("invalid_audio_frame", {"detail": "is empty"})
    ]
    assert second.keys() == {"events", "at_cap", "capped_kinds", "gaps"}
    assert len(client.get(path).json()["events"]) == 50
    assert refusal(client, path, cursor="YWJj")[:2] == (400, "invalid_request")
    too_long = base64.b64encode(b"9" * 4_800).decode()
    assert refusal(client, path, cursor=too_long)[:2] == (400, "invalid_request")


def test_a_run_that_is_not_there(client: TestClient) -> None:
    """Neither are its events."""
    for path in (f"{RUNS}/nobody", f"{RUNS}/nobody/events"):
        status, code, message = refusal(client, path)
        assert (status, code) == (404, "not_found")
        assert "No run has the ID nobody" in message


@pytest.mark.parametrize("seed", ["demo", "empty"])
def test_an_example_of_a_run(seed: str) -> None:
    """With `--unknown-ids example` any run is there: the oldest, or the demo seed's."""
    app = new_app(Settings(seed=seed, unknown_ids="example"))
    client = TestClient(app, headers={"X-Hume-Api-Key": "a"})
    run = client.get(f"{RUNS}/nobody").json()
    assert run["started_at"] == "2024-06-18T20:32:00.736Z"
    assert client.get(f"{RUNS}/nobody/events").json()["events"][0]["kind"] == "invalid_audio_frame"
    runs = client.get(RUNS).json()["runs"]
    assert len(runs) == (2 if seed == "demo" else 0)
    for each in runs:
        assert client.get(f"{RUNS}/{each['run_id']}").json()["endpoint"] == each["endpoint"]


def test_the_oldest_are_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the most that is kept of runs, or of the events of all."""
    monkeypatch.setattr(states, "MOST_RUNS", 3)
    runs = [begin(world) for _ in range(5)]
    assert list(world.state(ExpressionState).runs) == [each.run_id for each in runs[2:]]
    monkeypatch.setattr(states, "MOST_EVENTS", 10)
    for run in runs[2:]:
        for _ in range(6):
            run.record_event("rate_limited", None, 1)
    last = begin(world)
    assert list(world.state(ExpressionState).runs) == [runs[4].run_id, last.run_id]


def test_a_fork_does_not_follow_a_live_run(world: World) -> None:
    """What happens after a snapshot is not in it."""
    run = begin(world)
    fork = world.state(ExpressionState).fork()
    assert world.state(ExpressionState).same_as(fork)
    run.record_event("rate_limited", None, 1)
    assert fork.runs[run.run_id].events == []
    assert not world.state(ExpressionState).same_as(fork)


def test_runs_are_kept(client: TestClient, world: World) -> None:
    """A snapshot's document brings them back, events and all, with the script."""
    run = begin_run(world, "video", "realtime", {"face": {"threshold": 1.0, "min_size": 60}})
    run.take(100, 1 / 3, world.clock.now_ms())
    run.record_event("invalid_image_frame", {"detail": "no JPEG"}, world.clock.now_ms())
    before = world.state(ExpressionState).fork()
    document: Any = client.get("/_emulator/snapshot").content
    client.post("/_emulator/reset")
    assert not world.state(ExpressionState).same_as(before)
    client.put("/_emulator/snapshot", content=document).raise_for_status()
    assert world.state(ExpressionState).same_as(before)
    kept = json.dumps(json.loads(document)["world"]["expression_runs"])
    assert ".0" not in kept  # which a program in JavaScript would change
