"""A client that talks: its audio frames share journal entries, and each can be waited for."""

import asyncio
from typing import Any

import pytest

from emulator.handles.diagnosis import ExpectationFailed, matches_message
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.testing.talking import PATIENCE_S, Started, Talk, http, talking, until_it_waits

SILENCE = bytes(640)  # 20 ms
BASE64 = "AAAA" * 4


def speak(talk: Talk, frames: int) -> None:
    for _ in range(frames):
        talk.socket.send(SILENCE)


def runs(evi: Evi) -> list[tuple[str, int]]:
    """The type and the number of frames of each run in the journal."""
    entries = evi.journal.entries("frame", direction="in")
    return [(each["content"]["type"], each["run"]["count"]) for each in entries if "run" in each]


def test_talking_pushes_nothing_out() -> None:
    """What else happened stays in the journal, however long the client talks."""
    with Emulator(seed="empty", clock="manual", journal_limit=20) as server:
        evi = server.world()
        with http(evi) as client, talking(evi) as talk:
            client.get("/v0/evi/configs")
            speak(talk, 300)
            talk.say("Hello")
            talk.read_until("assistant_end")
        assert evi.journal.entries(operation="list-configs")
        assert runs(evi) == [("audio", 300)]


def test_another_frame_ends_a_run(evi: Evi) -> None:
    """A message of either side, or sound of another type."""
    with talking(evi) as talk:
        speak(talk, 2)
        talk.send(type="audio_input", data=BASE64)
        talk.send(type="audio_input", data=BASE64)
        talk.say("Hello")
        talk.read_until("assistant_end")
        speak(talk, 1)
        talk.say("Goodbye")
        talk.read_until("assistant_end")
    types = [
        (each["direction"], each["content"]["type"])
        for each in evi.journal.entries("frame")
        if each["direction"] == "in" and "content" in each
    ]
    assert types == [
        ("in", "audio"), ("in", "audio_input"), ("in", "user_input"),
        ("in", "audio"), ("in", "user_input"),
    ]  # fmt: skip
    assert runs(evi) == [("audio", 2), ("audio_input", 2), ("audio", 1)]


@pytest.mark.parametrize("data", [BASE64, "AAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAA="])
def test_bytes_of_base64(evi: Evi, data: str) -> None:
    """A run counts the bytes of sound, also of messages that bring it as text."""
    with talking(evi) as talk:
        talk.send(type="audio_input", data=data)
        evi.next_chat().expect("audio_input")
    [entry] = evi.journal.entries(
        direction="in", content={"type": "audio_input", "data": "(16 characters)"}
    )
    assert entry["run"]["bytes"] == 12 - data.count("=")


def test_a_second_ends_a_run(evi: Evi) -> None:
    """Of the world's clock: a client that goes on talking shows once a second."""
    evi.clock.freeze()
    with http(evi) as client, talking(evi) as talk:
        chat = evi.next_chat()
        waiting = Started(lambda: wait(client, kind="frame", direction="in", audio="runs"))
        until_it_waits(evi)
        speak(talk, 3)
        for _ in range(3):
            chat.expect("audio")
        evi.clock.advance(ms=1_000)
        [entry] = waiting.result()
        assert entry["run"]["count"] == 3


def wait(client: Any, **query: Any) -> Any:
    answer = client.get("/_emulator/journal/wait", params={"timeout": 60, **query})
    return answer.json()["entries"]


def test_the_end_of_a_chat_ends_a_run(evi: Evi) -> None:
    """The client's close comes after its sound."""
    evi.clock.freeze()
    with talking(evi) as talk:
        chat = evi.next_chat()
        speak(talk, 2)
    chat.closed()
    sound, close = evi.journal.entries("frame", direction="in")
    assert (sound["run"]["count"], close["close"]) == (2, 1000)


def test_a_list_ends_a_run(evi: Evi) -> None:
    """Who asks for what there is sees all of it, on a clock that stands, too."""
    evi.clock.freeze()
    with http(evi) as client, talking(evi) as talk:
        chat = evi.next_chat()
        speak(talk, 2)
        for _ in range(2):
            chat.expect("audio")
        query = {"kind": "frame", "direction": "in"}
        listed = client.get("/_emulator/journal", params=query).json()
        [entry] = listed["entries"]
        assert (entry["run"]["count"], listed["last_seq"]) == (2, entry["seq"])
        singly = client.get("/_emulator/journal", params={**query, "audio": "each"}).json()
        assert [each["content"] for each in singly["entries"]] == [
            {"type": "audio", "bytes": len(SILENCE)}
        ] * 2
        speak(talk, 1)
        chat.expect("audio")
    assert runs(evi) == [("audio", 2), ("audio", 1)]
    assert "audio x 2 (1,280 bytes in 0 s)" in evi.timeline()


def test_expecting_each_frame(evi: Evi) -> None:
    """Each frame of a run meets one expectation, while the run is open and when it is over."""
    evi.clock.freeze()
    with talking(evi) as talk:
        chat = evi.next_chat()
        speak(talk, 2)
        assert chat.expect("audio") == {"type": "audio", "bytes": len(SILENCE)}
        assert chat.expect("audio", bytes=len(SILENCE))
        with pytest.raises(ExpectationFailed) as failed:
            chat.expect("audio", timeout=0.01)
        assert "such a frame came before" in str(failed.value)
        assert "audio x 2" in str(failed.value)
        speak(talk, 2)
        talk.say("Hello")
        chat.expect("audio")
        chat.expect("audio")
        chat.expect("user_input", text="Hello")


def test_waiting_for_each_frame(evi: Evi) -> None:
    """wait_for sees a frame when it comes; the one after it has a number of its own."""
    content = {"type": "audio", "bytes": len(SILENCE)}
    with talking(evi) as talk:
        waiting = Started(lambda: evi.journal.wait_for(content=content, timeout=PATIENCE_S))
        speak(talk, 2)
        first = waiting.result()
        second = asyncio.run(evi.journal.await_for(content=content, after=first["seq"]))
        assert second["seq"] == first["seq"] + 1
        with pytest.raises(ExpectationFailed):
            evi.journal.wait_for(content=content, after=second["seq"], timeout=0.01)


def test_a_long_poll_sees_each_frame(evi: Evi) -> None:
    """Unless it asks for runs."""
    evi.clock.freeze()
    with http(evi) as client, talking(evi) as talk:
        chat = evi.next_chat()
        waiting = Started(lambda: wait(client, kind="frame", direction="in"))
        until_it_waits(evi)
        speak(talk, 1)
        [entry] = waiting.result()
        assert entry["content"] == {"type": "audio", "bytes": len(SILENCE)}
        chat.expect("audio")
        assert wait(client, kind="frame", direction="in", audio="runs", timeout=0) == []
        answer = client.get("/_emulator/journal/wait", params={"audio": "run"})
        [problem] = answer.json()["detail"]
        assert "did you mean 'runs'" in problem["msg"]


def test_findings_of_a_run(evi: Evi) -> None:
    """A mistake in each frame is told once in the journal, and counted in the contract."""
    evi.clock.freeze()
    with talking(evi) as talk:
        chat = evi.next_chat()
        for _ in range(3):
            talk.send(type="audio_input", data=BASE64, sample_rate=16_000)
        for _ in range(3):
            chat.expect("audio_input")
    [entry] = evi.journal.entries(
        direction="in", content={"type": "audio_input", "data": "(48 characters)"}
    )
    assert [each["code"] for each in entry["findings"]] == ["field_unknown"]
    [found] = evi.contract.findings
    first = entry["run"]["first_seq"]
    assert (found["count"], found["first_seq"], found["last_seq"]) == (3, first, first + 2)


def test_a_wait_looks_at_each_frame_once(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that came before would be looked at again with each frame of a client that talks."""
    looked_at = []

    def look(wanted: Any, content: Any) -> bool:
        looked_at.append(content["type"])
        return matches_message(wanted, content)

    monkeypatch.setattr("emulator.apis.evi.testing.chat.matches_message", look)
    evi.clock.freeze()
    frames = 30
    with talking(evi) as talk:
        chat = evi.next_chat()
        waiting = Started(lambda: chat.expect("user_input", timeout=PATIENCE_S))
        until_it_waits(evi)
        after = 0
        for _ in range(frames):
            speak(talk, 1)
            after = evi.journal.wait_for("frame", direction="in", after=after)["seq"]
        talk.say("Hello")
        assert waiting.result()["text"] == "Hello"
    assert looked_at == ["audio"] * frames + ["user_input"]
