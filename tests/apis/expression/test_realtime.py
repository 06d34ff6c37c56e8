"""Tests of the sockets: handshakes, runs, limits, time, faults, ends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.expression.media import jpeg, loud, silence
from tests.apis.expression.sessions import types

PATIENCE_S = 10


class Client:
    """One connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, type: str, **fields: object) -> None:
        self.socket.send(json.dumps({"type": type, **fields}))

    def receive(self) -> Any:
        return json.loads(self.socket.recv(timeout=PATIENCE_S))

    def rest(self) -> list[Any]:
        """All that comes until the end."""
        messages = []
        try:
            while True:
                messages.append(self.receive())
        except ConnectionClosed:
            return messages

    @property
    def close(self) -> tuple[int | None, str | None]:
        return self.socket.close_code, self.socket.close_reason


def address(evi: Evi, endpoint: str) -> str:
    return f"ws{evi.url.removeprefix('http')}/v1/expression/{endpoint}/realtime"


@contextmanager
def session(evi: Evi, endpoint: str = "audio", query: str = "") -> Iterator[Client]:
    """Connect, and receive the first message."""
    headers = {"X-Hume-Api-Key": evi.api_key}
    url = address(evi, endpoint) + query
    with connect(url, additional_headers=headers, proxy=None, max_queue=None) as socket:
        client = Client(socket)
        assert client.receive()["type"] == "session.created"
        yield client


def get(evi: Evi, path: str) -> Any:
    headers = {"X-Hume-Api-Key": evi.api_key}
    answer = httpx.get(f"{evi.url}/v1/expression/run{path}", headers=headers, trust_env=False)
    return answer.raise_for_status().json()


def newest(evi: Evi) -> Any:
    """The newest run, in full."""
    return get(evi, f"/{get(evi, '')['runs'][0]['run_id']}")


def events(evi: Evi) -> list[tuple[str, Any]]:
    found = get(evi, f"/{newest(evi)['run_id']}/events")["events"]
    return [(each["kind"], each.get("detail")) for each in found]


def test_a_session_of_audio_is_a_run(evi: Evi) -> None:
    """It has the session's id, the configuration, the bytes, and each error that was sent."""
    with session(evi) as client:
        client.say("session.update", measurement_timer_ms=4_000)
        assert client.receive()["measurement_timer_ms"] == 4_000
        live = newest(evi)
        assert (live["status"], live["bytes_received"], live["ended_at"]) == ("live", None, None)
        client.socket.send(b"abc")
        client.socket.send(loud(1_000))
        client.say("nothing")
        client.socket.send(silence(900))
        client.socket.send(silence(10_000))
        client.say("session.close")
        messages = client.rest()
    assert client.close == (1000, "client_request")
    assert types(messages) == [
        "invalid_audio_frame",
        "utterance.start",
        "message_invalid",
        "measurement.result",
        "utterance.end",
        "rate_limited",
        "session.closed",
    ]
    run = newest(evi)
    assert run["run_id"] == messages[-1]["session_id"]
    assert (run["endpoint"], run["mode"], run["status"]) == ("audio", "realtime", "ended")
    assert (run["close_code"], run["close_reason"]) == (1000, "client_request")
    assert run["config"]["measurement_timer_ms"] == 4_000
    assert run["bytes_received"] == 1_900 * 32
    assert run["metered_seconds"] == 10  # the least
    assert events(evi) == [
        ("invalid_audio_frame", {"detail": messages[0]["message"]}),
        ("rate_limited", None),
    ]


def test_a_session_of_video(evi: Evi) -> None:
    """Metered seconds follow frames while it is live."""
    with session(evi, "video") as client:
        for data in (jpeg(), b"\x89PNG", jpeg(), jpeg()):
            client.socket.send(data)
        assert types(client.receive() for _ in range(4)) == [
            "measurement.result",
            "invalid_image_frame",
            "measurement.result",
            "rate_limited",
        ]
        live = newest(evi)
        assert live["metered_seconds"] == 1
        client.say("session.close")
        assert client.rest()[0]["received"] == {"frames": 2}
    assert [kind for kind, _ in events(evi)] == ["invalid_image_frame", "rate_limited"]
    assert newest(evi)["config"]["face"] == {"threshold": 0.9, "min_size": 60}


@pytest.mark.parametrize("parameter", ["api_key", "apiKey", "access_token"])
def test_credentials_do_not_count_in_the_query(evi: Evi, parameter: str) -> None:
    """The handshake is refused, and says where the key belongs."""
    with (
        pytest.raises(InvalidStatus) as info,
        connect(f"{address(evi, 'audio')}?{parameter}={evi.api_key}", proxy=None),
    ):
        pass
    assert info.value.response.status_code == 401
    message = json.loads(info.value.response.body or b"")["message"]
    assert "X-Hume-Api-Key" in message


def test_a_query_beside_the_key(evi: Evi) -> None:
    """It does nothing, which a finding says."""
    with session(evi, query=f"?api_key={evi.api_key}&fps=3"):
        pass
    found = evi.journal.wait_for(operation="audio-realtime")["findings"]
    assert [(each["code"], each["place"]) for each in found] == [
        ("parameter_unknown", "/query/api_key"),
        ("parameter_unknown", "/query/fps"),
    ]


def test_a_refused_handshake(evi: Evi) -> None:
    """A fault says the status; the body is the API's, and there is no run."""
    before = len(get(evi, "")["runs"])
    evi.faults.add("socket", "refuse", status=503)
    with pytest.raises(InvalidStatus) as info, session(evi):
        pass
    assert info.value.response.status_code == 503
    assert json.loads(info.value.response.body or b"")["type"] == "error"
    assert len(get(evi, "")["runs"]) == before


@pytest.mark.parametrize(
    ("endpoint", "limit"), [("audio", 1_048_576), ("video", 2_000_000)], ids=["audio", "video"]
)
def test_messages_that_are_too_large(evi: Evi, endpoint: str, limit: int) -> None:
    """One byte more than the limit ends the session, with 1008."""
    with session(evi, endpoint) as client:
        client.socket.send(bytes(limit))
        assert client.receive()["code"].startswith("invalid_")
        client.socket.send(bytes(limit + 1))
        assert types(client.rest()) == ["message_too_large", "session.closed"]
    assert client.close == (1008, "error")
    run = newest(evi)
    assert (run["status"], run["close_code"], run["close_reason"]) == ("errored", 1008, "error")
    assert events(evi)[-1] == ("message_too_large", {"limit_bytes": limit})


def test_a_configuration_that_is_refused(evi: Evi) -> None:
    """It ends the session, and leaves no event; the findings have it."""
    with session(evi) as client:
        client.say("session.update", measurement_timer=1)
        assert types(client.rest()) == ["config_invalid", "session.closed"]
    assert client.close == (1008, "error")
    assert events(evi) == []
    found = [(each["code"], each["got"], each["expected"]) for each in evi.contract.findings]
    assert found == [
        (
            "measurement_refused",
            "config_invalid",
            "The configuration is invalid: session.update has no field 'measurement_timer' (did "
            "you mean 'measurement_timer_ms'?); it takes type, audio, measurement_timer_ms.",
        )
    ]


@pytest.mark.parametrize(
    ("first", "kind"), [(b"RIFF" + bytes(396), "WAV"), (b"OggS" + bytes(396), "Ogg")]
)
def test_a_file_sent_as_samples(evi: Evi, first: bytes, kind: str) -> None:
    """All of it is measured as samples; a finding says so, once."""
    with session(evi) as client:
        for frame in (b"", first, first):
            client.socket.send(frame)
        client.say("session.close")
        assert client.rest()[-1]["received"]["frames"] == 2
    [found] = (each for each in evi.contract.findings if each["code"] == "media_in_container")
    assert (found["got"], found["count"]) == (kind, 1)


def test_what_a_client_exercises(evi: Evi) -> None:
    """The coverage counts messages and fields; too much at once is a warning."""
    with session(evi) as client:
        client.say("session.update", measurement_timer_ms=5_000, audio={"channels": 1})
        client.socket.send(silence(10_000))
        client.socket.send(silence(100))
        client.say("session.close")
        client.rest()
    newest(evi)  # an API counts once it has answered a request
    report = evi.contract.report()
    found = [(each["code"], each["level"]) for each in report.findings]
    assert found == [("media_too_fast", "warning")]
    used = {
        part.name: [item.name for item in part.items if item.count]
        for part in report.coverage.parts
        if part.name.startswith("expression_")
    }
    assert used == {
        "expression_sent": ["session.update", "session.close", "audio frame"],
        "expression_fields": ["measurement_timer_ms", "audio.channels"],
        "expression_types": ["session.created", "session.updated", "error", "session.closed"],
    }


def test_a_fault_for_one_session(evi: Evi) -> None:
    """A rule may name a run, as it names a chat."""
    with session(evi) as spared, session(evi) as struck:
        run_id = newest(evi)["run_id"]
        evi.faults.add("socket", "close", type="error", chat_id=run_id)
        for client in (spared, struck):
            client.say("nothing")
        assert spared.receive()["code"] == "message_invalid"
        assert struck.rest() == []


def test_time_is_the_worlds(evi_server: Emulator) -> None:
    """Rates and the idle limit follow its clock."""
    evi = evi_server.world(clock="manual", expression_idle_timeout=30)
    with session(evi, "video") as client:
        for _ in range(4):
            client.socket.send(jpeg())
        assert types(client.receive() for _ in range(4))[-1] == "rate_limited"
        evi.clock.advance(ms=334)
        client.socket.send(jpeg())
        assert client.receive()["frame_id"] == 3
        evi.clock.advance(ms=29_999)
        client.say("nothing")
        assert client.receive()["code"] == "message_invalid"
        evi.clock.advance(seconds=30)
        assert client.rest()[-1]["reason"] == "idle_timeout"
    assert client.close == (1000, "idle_timeout")
    run = newest(evi)
    assert (run["status"], run["close_code"], run["close_reason"]) == (
        "ended",
        1000,
        "idle_timeout",
    )


def test_a_session_that_is_silent_for_five_minutes(evi_server: Emulator) -> None:
    """Its run counts as errored, with the time when it was last heard, until it is heard again."""
    evi = evi_server.world(clock="manual", expression_idle_timeout=3_600)
    with session(evi) as client:
        client.socket.send(silence(100))
        client.say("session.update", measurement_timer_ms=3_000)
        assert types([client.receive()]) == ["config_invalid"]
    with session(evi) as client:
        client.say("session.update")
        client.receive()
        started_at = newest(evi)["started_at"]
        evi.clock.advance(ms=299_999)
        assert newest(evi)["status"] == "live"
        evi.clock.advance(ms=1)
        run = newest(evi)
        assert (run["status"], run["ended_at"]) == ("errored", started_at)
        client.say("session.close")
        client.rest()
    assert newest(evi)["status"] == "ended"


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        ((1000, "done"), ("ended", 1000, "done")),
        ((4321, ""), ("ended", 4321, "")),
        ((1000, "error"), ("ended", 1000, "error")),  # the client's word, not the server's
    ],
)
def test_a_client_that_closes(
    evi: Evi, close: tuple[int, str], expected: tuple[str, int, str]
) -> None:
    """The run has its code and its reason."""
    with session(evi) as client:
        client.socket.close(*close)
    evi.journal.wait_for(close=close[0])
    run = newest(evi)
    assert (run["status"], run["close_code"], run["close_reason"]) == expected


def test_a_connection_that_breaks(evi: Evi) -> None:
    """The run is errored, with 1011."""
    with session(evi) as client:
        client.socket.socket.close()
        evi.journal.wait_for(close=1006)
    run = newest(evi)
    assert (run["status"], run["close_code"], run["close_reason"]) == ("errored", 1011, "error")


def test_faults_of_audio(evi: Evi) -> None:
    """An internal error ends it, after what was sent before."""
    evi.faults.add("socket", "error", error="internal_error", type="utterance.start", times=1)
    with session(evi) as client:
        client.socket.send(loud(500))
        assert types(client.rest()) == ["utterance.start", "internal_error", "session.closed"]
    assert client.close == (1008, "error")
    assert events(evi) == [("inference_failed", {"retryable": False, "consecutive": 1})]


def test_faults_of_video(evi: Evi) -> None:
    """An internal error is the reply to a frame, and blames nobody."""
    evi.faults.add("socket", "error", error="internal_error", frame=2)
    with session(evi, "video") as client:
        client.socket.send(jpeg())
        assert types([client.receive()]) == ["measurement.result"]
        client.socket.send(jpeg())
        assert types([client.receive()]) == ["internal_error"]
    assert events(evi) == [("inference_failed", {"retryable": True, "consecutive": 1})]
    assert [each["code"] for each in evi.contract.findings] == []


def test_five_internal_errors_by_a_fault(evi_server: Emulator) -> None:
    """One after each message: the fifth is the last one, and the end follows it."""
    evi = evi_server.world(clock="manual")
    evi.faults.add("socket", "error", error="internal_error")
    with session(evi, "video") as client:
        for number in range(5):
            client.socket.send(jpeg())
            error = client.receive()
            assert (error["code"], error["retryable"]) == ("internal_error", number < 4)
            evi.clock.advance(ms=334)
        assert types(client.rest()) == ["session.closed"]
    assert client.close == (1008, "error")


@pytest.mark.parametrize(
    ("fault", "options", "close", "run_close"),
    [
        ("close", {"code": 1012, "reason": "restart"}, (1012, "restart"), 1012),
        ("vanish", {}, (1006, ""), 1011),
    ],
)
def test_connections_that_faults_break(
    evi: Evi, fault: str, options: Any, close: tuple[int, str], run_close: int
) -> None:
    """The run ends with the code, or as a lost one."""
    evi.faults.add("socket", fault, type="utterance.start", **options)
    with session(evi) as client:
        client.socket.send(loud(500))
        assert client.rest() == []
        assert (client.socket.close_code, client.socket.close_reason) == close
    evi.journal.wait_for(kind="frame", close=1006 if fault == "vanish" else close[0])
    run = newest(evi)
    assert (run["status"], run["close_code"]) == ("errored", run_close)


def test_a_reset_ends_sessions(evi: Evi) -> None:
    """As a server that stops does; the run is forgotten with all others."""
    with session(evi) as client:
        client.socket.send(loud(500))
        assert types([client.receive()]) == ["utterance.start"]
        evi.reset()
        assert types(client.rest()) == ["measurement.result", "utterance.end", "session.closed"]
    assert client.close == (1001, "server_shutdown")


@pytest.mark.parametrize("endpoint", ["audio", "video"])
def test_a_server_that_stops(endpoint: str) -> None:
    """It says so before it closes; a client that reads nothing holds nothing up."""
    with Emulator() as emulator:
        evi = emulator.world()
        headers = {"X-Hume-Api-Key": evi.api_key}
        socket = connect(
            address(evi, endpoint), additional_headers=headers, proxy=None, legacy=True
        )
        client = Client(socket)
        client.receive()
    (closed,) = client.rest()
    assert closed["reason"] == "server_shutdown"
    assert client.close == (1001, "server_shutdown")


def test_the_journal_of_a_session(evi: Evi) -> None:
    """Frames of audio are entries of a second each; a run's are found by its id."""
    with session(evi) as client:
        for _ in range(8):
            client.socket.send(silence(100))
        client.say("session.close")
        run_id = client.rest()[-1]["session_id"]
    entries = [each for each in evi.journal.entries() if each.get("chat_id") == run_id]
    contents = [(each["direction"], each.get("content") or {}) for each in entries]
    assert [(direction, content.get("type")) for direction, content in contents] == [
        ("out", "session.created"),
        ("in", "audio"),
        ("in", "session.close"),
        ("out", "session.closed"),
        ("out", None),
    ]
