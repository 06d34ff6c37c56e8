"""Cassettes: what counts in a request, and what is said about one that is missing."""

from pathlib import Path
from typing import Any

from emulator.apis.evi.model.cassette import Cassette, Kept, asked, recorded
from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import Over, Reply, SessionId, ToolWanted, Words
from emulator.apis.evi.model.report import Report
from emulator.apis.evi.model.source import ModelSource
from emulator.jsontext import JsonObject, render

REPLIES = Kept([{"words": "Hello."}], 200, "stop")


def body(*texts: str, at: int = 0, **more: Any) -> dict[str, Any]:
    messages = [
        {
            "role": "user",
            "content": text,
            "models": {"prosody": {"scores": {"Joy": at / 10}}},
            "time": {"begin": at, "end": at},
        }
        for text in texts
    ]
    return {"messages": messages, "model": "hume", "stream": True, **more}


BAD_WORDS = '{"request": {}, "replies": [{"words": 3}]}'


def test_times_and_scores_do_not_count(tmp_path: Path) -> None:
    """The same words find the same answer."""
    cassette = Cassette(str(tmp_path / "c.jsonl"))
    cassette.add(body("Hi", at=1), REPLIES)
    assert cassette.find(body("Hi", at=2)) == REPLIES


def test_the_last_answer_counts(tmp_path: Path) -> None:
    """So a recording can be renewed."""
    cassette = Cassette(str(tmp_path / "c.jsonl"))
    cassette.add(body("Hi"), REPLIES)
    assert cassette.find(body("Hi")) == REPLIES
    cassette.add(body("Hi"), Kept([{"words": "Good day."}], 200))
    assert cassette.find(body("Hi")) == Kept([{"words": "Good day."}], 200)


def test_a_missing_answer_is_told(tmp_path: Path) -> None:
    """With what differs from the nearest request."""
    cassette = Cassette(str(tmp_path / "c.jsonl"))
    missing = cassette.find(body("Hi"))
    assert isinstance(missing, str)
    assert missing.endswith(": it is empty")
    cassette.add(body("Hi", "there"), REPLIES)
    cassette.add(body("Hi", "You", model="x"), REPLIES)
    missing = cassette.find(body("Hi", "you"))
    assert isinstance(missing, str)
    assert "messages[1].content: asked 'you', the cassette has 'there'" in missing
    missing = cassette.find(body("Hi", "there", "then"))
    assert isinstance(missing, str)
    assert "messages: asked 3, the cassette has 2" in missing
    missing = cassette.find(body("Hi", "there", tools=[]))
    assert isinstance(missing, str)
    assert "tools: asked [], the cassette has none" in missing


def test_the_nearest_request_is_as_long(tmp_path: Path) -> None:
    """One that differs in its last words is nearer than one that lacks the rest."""
    cassette = Cassette(str(tmp_path / "c.jsonl"))
    for texts in (("a",), ("x", "b", "c"), ("a", "b", "d"), ("a", "b")):
        cassette.add(body(*texts), REPLIES)
    missing = cassette.find(body("a", "b", "c!"))
    assert isinstance(missing, str)
    assert "messages[2].content: asked 'c!', the cassette has 'd'" in missing


def test_a_file_from_before_has_no_status(tmp_path: Path) -> None:
    """Its answers are found all the same."""
    path = tmp_path / "c.jsonl"
    path.write_bytes(render({"request": asked(body("Hi")), "replies": []}))
    assert Cassette(str(path)).find(body("Hi")) == Kept([])


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    """With the line."""
    path = tmp_path / "c.jsonl"
    for line in ("{", "[]", '{"request": {}}', '{"request": {}, "replies": [3]}', BAD_WORDS):
        path.write_text(f"\n{line}\n")
        missing = Cassette(str(path)).find(body("Hi"))
        assert isinstance(missing, str)
        assert "can't be read: line 2" in missing


def test_ids_of_tool_calls_are_numbered() -> None:
    """They are drawn anew in each chat."""

    def call(id: str) -> dict[str, Any]:
        called = {"id": id, "type": "function", "function": {"name": "a", "arguments": "{}"}}
        return {
            "messages": [
                {"role": "assistant", "content": None, "tool_calls": [called]},
                {"role": "tool", "content": "x", "tool_call_id": id},
            ]
        }

    assert asked(call("one")) == asked(call("two"))


def test_replies_as_they_are_kept() -> None:
    """Their end needs no word."""
    replies: list[Reply] = [SessionId("s"), Words("a"), ToolWanted("t", {"x": 1}), Over()]
    report = Report("chat", Question("q", 1, ModelSource("https://a.example"), {}), "")
    report.status, report.reader.finish = 200, "tool_calls"
    shown: list[JsonObject] = [
        {"session_id": "s"},
        {"words": "a"},
        {"tool": "t", "arguments": {"x": 1}},
    ]
    assert recorded(replies, report) == Kept(shown, 200, "tool_calls")
