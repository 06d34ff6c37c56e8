"""`evi.expression`: the script, the runs, and waiting for one."""

import threading
from typing import Any

import httpx
import pytest

from emulator import Evi
from emulator.apis.expression.run import Run
from emulator.apis.expression.state import ExpressionState, begin_run
from emulator.errors import UsageError
from emulator.testing.diagnosis import ExpectationFailed
from tests.apis.expression.media import jpeg, silence
from tests.testing.talking import http

SEEDED = 2  # runs of the demo seed


def upload(client: httpx.Client, path: str, content: bytes) -> Any:
    label = "image/jpeg" if path == "video" else "application/octet-stream"
    answer = client.post(f"/v1/expression/{path}/file", files={"file": ("a", content, label)})
    return answer.json()


def begin(evi: Evi) -> Run:
    """Begin a session without a socket, in the server's thread."""
    return evi._bridge.call(lambda: begin_run(evi.world, "audio", "realtime", {}))


def finish(evi: Evi, run: Run) -> None:
    def end() -> None:
        run.record_event("rate_limited", None, evi.world.clock.now_ms())
        run.record_event("invalid_audio_frame", {"detail": "is empty"}, evi.world.clock.now_ms())
        run.end(evi.world.clock.now_ms(), 1000, "client_request")
        evi.world.journal.notify()

    evi._bridge.call(end)


def test_a_script_is_followed(evi: Evi) -> None:
    """By what begins later; an empty one makes all up again."""
    with http(evi) as client:
        evi.expression.script("no speech\nno faces")
        assert upload(client, "audio", silence(4_000))["utterances"] == []
        assert upload(client, "video", jpeg())["measurements"] == [{"frame_id": 0, "faces": []}]
        evi.expression.script("")
        assert len(upload(client, "video", jpeg())["measurements"][0]["faces"]) == 1


def test_a_line_that_cannot_be_read(evi: Evi) -> None:
    """The error says which, and how it would be good."""
    with pytest.raises(UsageError, match=r"Line 2, 'speach from 1 s': a line begins with one of"):
        evi.expression.script("no faces\nspeach from 1 s")


def test_runs_are_expected_in_turn(evi: Evi) -> None:
    """Each meets one expectation, the seed's none."""
    assert len(evi.expression.runs) == SEEDED
    with http(evi) as client:
        ids = [upload(client, "video", jpeg())["run_id"] for _ in range(2)]
    assert evi.expression.expect("video", "file")["run_id"] == ids[0]
    assert evi.expression.expect(status="ended", metered_seconds=10)["run_id"] == ids[1]
    with pytest.raises(ExpectationFailed, match="such a run has met an earlier expectation"):
        evi.expression.expect("video", timeout=0)
    assert [run["run_id"] for run in evi.expression.runs[SEEDED:]] == ids


def test_a_run_counts_once_it_is_over(evi: Evi) -> None:
    """A live one is expected as such; its events by their kinds."""
    run = begin(evi)
    with pytest.raises(ExpectationFailed) as failed:
        evi.expression.expect("audio", timeout=0)
    assert "no run with endpoint='audio' has ended within 0 s" in str(failed.value)
    assert 'such a run is live; status="live" expects that' in str(failed.value)
    later = threading.Timer(0.05, finish, (evi, run))
    later.start()
    found = evi.expression.expect(events=["rate_limited", "invalid_audio_frame"], timeout=5)
    later.join()
    assert (found["close_code"], found["events"][1]["detail"]) == (1000, {"detail": "is empty"})
    live = begin(evi)
    assert evi.expression.expect(status="live")["run_id"] == live.run_id


def test_another_run_is_told(evi: Evi) -> None:
    """The failure says how the nearest differs."""
    finish(evi, begin(evi))
    with pytest.raises(ExpectationFailed) as failed:
        evi.expression.expect(close_reason="idle_timeout", timeout=0)
    assert "close_reason: wanted 'idle_timeout', got 'client_request'" in str(failed.value)
    with pytest.raises(UsageError, match=r"no run has a field 'mod' \(did you mean 'mode'\?\)"):
        evi.expression.expect(mod="file")


def test_after_a_reset_all_begins_anew(evi: Evi) -> None:
    """What was met before is forgotten with the runs."""
    with http(evi) as client:
        upload(client, "video", jpeg())
        evi.expression.expect()
        evi.reset()
        upload(client, "video", jpeg())
    evi.expression.expect("video")


def test_control_routes_show_the_same(evi: Evi) -> None:
    """The newest last, one by its id, and the script."""
    finish(evi, begin(evi))
    with http(evi) as client:
        listed = client.get("/_emulator/expression/runs").json()["runs"]
        assert listed == evi.expression.runs
        assert client.get("/_emulator/expression/runs?limit=1").json()["runs"] == listed[-1:]
        one = client.get(f"/_emulator/expression/runs/{listed[-1]['run_id']}").json()
        assert [event["kind"] for event in one["events"]] == ["rate_limited", "invalid_audio_frame"]
        nobody = client.get("/_emulator/expression/runs/nobody")
        assert (nobody.status_code, nobody.json()["code"]) == (404, "run_not_found")
        path = "/_emulator/expression/script"
        assert client.get(path).json() == {"script": ""}
        assert client.put(path, json={"script": "no speech"}).json() == {"script": "no speech"}
        wrong = client.put(path, json={"script": "sing"})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "script_unreadable")
        assert client.get(path).json() == {"script": "no speech"}
        assert client.delete(path).status_code == 204
        assert client.get(path).json() == {"script": ""}


def test_what_a_seed_says(evi: Evi) -> None:
    """Runs that are over, and a script; mistakes have their places."""
    run = {
        "id": "01902d0c-a0e0-7c5e-9b1f-6f2d1c0a4b11", "endpoint": "video", "mode": "realtime",
        "started_at": 1_718_742_720_736, "ended_at": 1_718_742_730_736, "status": "errored",
        "close_code": 1008, "close_reason": "error", "bytes_received": 5, "metered_seconds": 0.5,
        "events": [{"kind": "message_too_large", "after_ms": 10, "detail": {"limit_bytes": 2}}],
    }  # fmt: skip
    evi.seed({"expression_runs": [run], "expression_script": "no faces"})
    [shown] = evi.expression.runs
    assert (shown["status"], shown["close_code"], shown["metered_seconds"]) == ("errored", 1008, 10)
    assert shown["events"][0]["at"] == "2024-06-18T20:32:00.746Z"
    assert evi.world.state(ExpressionState).script.faces == ()
    with pytest.raises(Exception, match=r"expression_script: Line 1, 'sing'"):
        evi.seed({"expression_script": "sing"})
    for name, most in (("started_at", 9_999_999_999_999), ("metered_seconds", 1_000_000_000)):
        with pytest.raises(Exception, match=f"{name}: .*less than or equal to {most}"):
            evi.seed({"expression_runs": [{**run, name: most + 1}]})
