"""What a failed expectation says: the nearest candidate, what differs, a hint, the timeline."""

import json
from typing import Any

import pytest

from emulator.errors import UsageError
from emulator.handles import diagnosis
from emulator.handles.diagnosis import (
    MOST_SHOWN,
    ExpectationFailed,
    describe,
    differences,
    explain,
    matches,
    timeline,
)
from emulator.jsontext import JsonObject
from emulator.testing.world import Evi
from tests.testing.talking import PATIENCE_S, http, talking, within


def entry(seq: int, kind: str, at_ms: int = 0, **fields: Any) -> JsonObject:
    return {"seq": seq, "kind": kind, "at_ms": at_ms, **fields}


# one field after the other


def test_what_matches() -> None:
    """Every wanted field is there and equal; others don't matter."""
    assert matches({"a": 1}, {"a": 1, "b": 2})
    assert matches({}, {"b": 2})
    assert not matches({"a": None}, {})
    assert not matches({"a": 1}, {"a": 2})


def test_what_differs() -> None:
    """A line for each field that is not as wanted; a missing one names the nearest."""
    got = {"type": "user_input", "text": "Hallo", "contents": "x"}
    assert differences({"type": "user_input", "text": "Hello", "content": "x"}, got) == [
        "text: wanted 'Hello', got 'Hallo'",
        "content: wanted 'x', is missing (did you mean 'contents'?)",
    ]
    assert differences({"type": "user_input"}, got) == []


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("x" * 80 + "1", "x" * 80 + "2"),
        ({"celsius": -4, "sky": "snowing" * 9, "wind": 3}, {"celsius": -4, "sky": "snowing" * 9}),
        ([1] * 40 + [2], [1] * 40 + [3]),
    ],
)
def test_long_values_show_where_they_differ(wanted: Any, got: Any) -> None:
    """Two values that begin alike are not shown as if they were the same."""
    [line] = differences({"content": wanted}, {"content": got})
    shown_wanted, _, shown_got = line.removeprefix("content: wanted ").partition(", got ")
    assert shown_wanted != shown_got


def test_nested_fields() -> None:
    """The path of what differs is named, such as variables.town."""
    plan = "a plan with a name of some length"
    wanted = {"variables": {"name": "Ada", "plan": plan, "town": "Bergen"}}
    got = {"variables": {"name": "Ada", "plan": plan, "town": "Oslo"}}
    assert differences(wanted, got) == ["variables.town: wanted 'Bergen', got 'Oslo'"]


# the message


def test_the_whole_message() -> None:
    """What was wanted, the nearest candidate, its differences, the hint, the timeline."""
    message = explain(
        "nothing came",
        {"type": "a", "text": "x", "id": 1},
        [(1, {"type": "b"}), (2, {"type": "a", "text": "y", "id": 1}), (None, {"type": "a"})],
        [],
        "look there",
    )
    assert message == (
        "nothing came\n"
        "nearest: type='a', text='y', id=1\n"
        "  text: wanted 'x', got 'y'\n"
        "hint: look there\n"
        "timeline:\n"
        "  (nothing happened)"
    )


def test_without_candidates() -> None:
    """There is nothing near, and nothing is made up."""
    assert explain("nothing came", {"a": 1}, [], []) == (
        "nothing came\ntimeline:\n  (nothing happened)"
    )


def test_it_is_an_assertion_error() -> None:
    """pytest and unittest count it as a failure, not as an error."""
    assert issubclass(ExpectationFailed, AssertionError)
    assert diagnosis.ExpectationFailed is ExpectationFailed


# the timeline


def test_no_entries() -> None:
    assert timeline([]) == "  (nothing happened)"


def test_the_last_entries() -> None:
    """Number, time since the first, and what happened; the others are counted."""
    entries = [
        entry(n, "clock", 1000 * n, action="advance", mode="manual", ms=1500)
        for n in range(1, MOST_SHOWN + 11)
    ]
    first, *lines = timeline(entries).splitlines()
    assert first == "  ... 10 more"
    assert len(lines) == MOST_SHOWN
    assert lines[0] == "    11   +10.000 s  clock    advance 1.5 s (manual)"
    assert "..." not in timeline(entries[:MOST_SHOWN])


HTTP: JsonObject = {"method": "GET", "path": "/p", "query": "", "status": 200, "response": "{}"}
FRAME: JsonObject = {"chat_id": "c", "direction": "in"}
EARS: JsonObject = {"sound_ms": 1_500, "url": "http://h/", "text": None, "error": None}
WEBHOOK: JsonObject = {"event_name": "chat_ended", "url": "http://h/"}


@pytest.mark.parametrize(
    ("kind", "fields", "line"),
    [
        ("http", HTTP, "http     GET /p -> 200"),
        ("http", {**HTTP, "query": "a=1"}, "http     GET /p?a=1 -> 200"),
        (
            "http",
            {**HTTP, "status": 404, "response": "not\n here"},
            "http     GET /p -> 404 not here",
        ),
        ("frame", {**FRAME, "content": {"type": "pause"}}, "frame <- pause"),
        (
            "frame",
            {**FRAME, "direction": "out", "content": {"type": "t", "text": "x", "id": None}},
            "frame -> t text='x'",
        ),
        ("frame", {**FRAME, "content": "no\njson"}, "frame <- no json"),
        ("frame", {**FRAME, "direction": "out", "error": "cut off"}, "frame -> cut off"),
        ("frame", {**FRAME, "close": 1000}, "frame <- close 1000"),
        (
            "webhook",
            {**WEBHOOK, "number": 2, "status": 200, "error": None},
            "webhook  chat_ended attempt 2 to http://h/: 200",
        ),
        ("webhook", {**WEBHOOK, "error": "dropped"}, "webhook  chat_ended to http://h/: dropped"),
        ("clock", {"action": "freeze", "mode": "manual"}, "clock    freeze (manual)"),
        (
            "clock",
            {"action": "wait", "mode": "manual", "ms": 200, "what": "An answer"},
            "clock    An answer waits for the clock, which is frozen: advance it by 0.2 s",
        ),
        ("script", {"finding": "unused", "message": "a rule"}, "script   unused: a rule"),
        (
            "ears",
            {**EARS, "ended": "complete", "text": "Hi."},
            "ears     1.5 s of sound to http://h/: Hi.",
        ),
        (
            "ears",
            {**EARS, "ended": "complete", "text": ""},
            "ears     1.5 s of sound to http://h/: (nothing)",
        ),
        (
            "ears",
            {**EARS, "ended": "failed", "error": "status 500"},
            "ears     1.5 s of sound to http://h/: status 500",
        ),
        ("ears", {**EARS, "ended": "dropped"}, "ears     1.5 s of sound to http://h/: dropped"),
    ],
)
def test_a_line(kind: str, fields: JsonObject, line: str) -> None:
    """Each kind of entry has its own."""
    assert describe(entry(1, kind, **fields)) == line


def test_a_kind_that_has_no_line_of_its_own() -> None:
    """It is shown as it is, in one line."""
    assert describe(entry(1, "other", name="x")).count("\n") == 0


def test_lines_are_short() -> None:
    """However long a body or a frame is."""
    long = {**HTTP, "status": 500, "response": "x" * 5000}
    assert len(describe(entry(1, "http", **long))) < 200
    frame = {**FRAME, "content": {"type": "t", "a": "x" * 5000, "b": "y" * 5000, "c": "z" * 99}}
    assert len(describe(entry(1, "frame", **frame))) < 200


def test_every_kind_that_happens_has_a_line(evi: Evi) -> None:
    """No entry of a real run is shown as a raw object."""
    receiver = evi.webhook_receiver()
    evi.clock.freeze()
    evi.script.on_user("weather").call_tool("unknown_tool")
    evi.simulate(user=["The weather?"])
    evi.webhooks.trigger("chat_ended", url=receiver.url)
    with talking(evi) as client, http(evi) as rest:
        client.say("Hello")
        client.read_until("assistant_end")
        rest.get("/v0/evi/configs/nothing")
    assert {each["kind"] for each in evi.journal.entries()} == {
        "clock",
        "frame",
        "http",
        "script",
        "webhook",
    }
    assert "{'seq'" not in evi.timeline()


# as a test sees it


def test_a_reply_that_differs(evi: Evi) -> None:
    """The issue's own wish, all at once."""
    with talking(evi) as client:
        chat = evi.next_chat()
        client.send(type="session_settings", context=None)
        client.say("Hallo")
        client.read_until("user_message")
        with pytest.raises(ExpectationFailed) as failed:
            chat.expect("user_input", text="Hello", timeout=0.01)
    lines = str(failed.value).splitlines()
    assert lines[:4] == [
        "the client sent no type='user_input', text='Hello' within 0.01 s",
        "nearest: type='user_input', text='Hallo'",
        "  text: wanted 'Hello', got 'Hallo'",
        "timeline:",
    ]
    assert "frame <- user_input text='Hallo'" in str(failed.value)
    assert "frame -> user_message" in str(failed.value)


def test_a_frame_that_was_met_already(evi: Evi) -> None:
    """The hint says that the order is the matter."""
    with talking(evi) as client:
        chat = evi.next_chat()
        client.say("one")
        client.say("two")
        chat.expect("user_input", text="two")
        with pytest.raises(ExpectationFailed, match="hint: such a frame came before one that"):
            chat.expect("user_input", text="one", timeout=0.01)


def test_a_frame_that_was_met_already_with_others_after_it(evi: Evi) -> None:
    """The order is the matter all the same."""
    with talking(evi) as client:
        chat = evi.next_chat()
        for text in ("one", "two", "three"):
            client.say(text)
        chat.expect("user_input", text="two")
        with pytest.raises(ExpectationFailed, match="hint: such a frame came before one that"):
            chat.expect("user_input", text="one", timeout=0.01)


@pytest.mark.parametrize(
    ("type", "hint"),
    [
        ("user_inptu", "did you mean 'user_input'"),
        ("assistant_message", "What the assistant said is in chat.messages"),
    ],
)
def test_a_type_that_no_client_sends(evi: Evi, type: str, hint: str) -> None:
    """A misspelt type, or one of the server's, is told at once: it could never come."""
    with talking(evi):
        chat = evi.next_chat()
        with pytest.raises(UsageError, match=hint):
            chat.expect(type, timeout=60)


def test_a_simulated_chat(evi: Evi) -> None:
    """It is over, so nothing can be expected of a client: that is said at once."""
    chat = evi.simulate(user=["Hello"])
    with pytest.raises(ExpectationFailed, match="before the chat was over"):
        within(PATIENCE_S, lambda: chat.expect("tool_response", timeout=60))


def test_a_chat_that_was_refused(evi: Evi) -> None:
    """A client that came with a wrong config_id is what next_chat's message is about."""
    unknown = "00000000-0000-4000-8000-000000000000"
    with talking(evi, config_id=unknown) as client:
        client.read_until("error")
    with pytest.raises(ExpectationFailed, match="hint: .*refused"):
        evi.next_chat(timeout=0.01)


def test_the_timeline_is_around_the_nearest(evi: Evi) -> None:
    """In a long chat, what is shown has the candidate in it."""
    with talking(evi) as client:
        chat = evi.next_chat()
        client.send(type="tool_response", tool_call_id="call_1", content="nearly")
        for number in range(MOST_SHOWN):
            client.say(f"turn {number}")
        chat.expect("user_input", text=f"turn {MOST_SHOWN - 1}")
        again = evi.chat(chat.id)
        with pytest.raises(ExpectationFailed) as failed:
            again.expect_tool_response(
                tool_call_id="call_1", content=json.dumps("exactly"), timeout=0.01
            )
    assert "nearest: type='tool_response'" in str(failed.value)
    assert "frame <- tool_response" in str(failed.value)


def test_a_request_without_an_answer() -> None:
    """One whose connection was reset has no status, and can be shown all the same."""
    request: JsonObject = {"operation": "list-configs", "method": "GET", "path": "/x", "query": ""}
    unanswered = entry(1, "http", **request, status=None, duration_ms=1, request="", response="")
    assert "GET /x" in describe(unanswered)


def test_a_fault_in_the_timeline() -> None:
    """It has its line as other entries have: what it was, and what it struck."""
    struck: JsonObject = {"operation": "list-configs", "method": "GET", "path": "/x"}
    line = describe(entry(1, "fault", rule="1234", of="http", fault="status", **struck))
    assert line.startswith("fault ")
    assert "{" not in line
    assert "status" in line
    assert "/x" in line
