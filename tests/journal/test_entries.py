"""The entries of a journal: their JSON, their size, and what is hidden in them."""

import pytest

from emulator.clock import ManualClock
from emulator.contract.findings import find
from emulator.journal.audio_run import AudioEntry, AudioRun
from emulator.journal.entries import (
    KINDS,
    SIZE_OF_FINDING,
    BugEntry,
    CallEntry,
    ClockEntry,
    Entry,
    FaultEntry,
    FrameEntry,
    HttpEntry,
    ScriptEntry,
    WebhookEntry,
    WorldEntry,
)
from emulator.journal.journal import Journal
from emulator.jsontext import Json, JsonText, render
from tests.journal.made import (
    ears_entry,
    frame_entry,
    http_entry,
    model_entry,
    voice_entry,
    webhook_entry,
)

FOUND = (find("socket_unread", ("socket",)),)
FINDING = render([each.to_json() for each in FOUND]).decode()
SECRET = "s3cret"


def run_of(is_binary: bool = True) -> AudioRun:
    """Make a run of one frame."""
    run = AudioRun("c", "sound", joined=True, is_binary=is_binary, findings=FOUND)
    run.add(1, 0, {"type": "sound", "bytes": 3}, 3, 4)
    return run


def text_of(entry: Entry) -> str:
    """What follows the number, the kind and the time in the JSON of an entry."""
    journal = Journal(ManualClock(5), 1)
    journal.add(entry)
    [shown] = journal.entries()
    text = render(shown).decode()
    begin = f'{{"seq":1,"kind":"{entry.kind}","at_ms":5,'
    assert text.startswith(begin)
    return text.removeprefix(begin).removesuffix("}")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            http_entry(response=b"{}", findings=FOUND),
            '"operation":"list-configs","method":"GET","path":"/v0/evi/configs","query":"",'
            '"status":200,"duration_ms":1.5,"request_headers":{},"request":"","response":"{}",'
            f'"findings":{FINDING}',
        ),
        (
            http_entry(
                operation=None, status=None, duration_ms=0.0, more={"reference": "r", "error": "e"},
                request_headers=b"a\nb", findings=FOUND,
            ),
            '"operation":null,"method":"GET","path":"/v0/evi/configs","query":"",'
            '"status":null,"duration_ms":0.0,"request_headers":{"a":"b"},"request":"",'
            f'"response":"","reference":"r","error":"e","findings":{FINDING}',
        ),
        (
            http_entry(duration_ms=None, request=None),
            '"operation":"list-configs","method":"GET","path":"/v0/evi/configs","query":"",'
            '"status":200,"request_headers":{},"response":""',
        ),
        (
            frame_entry(content=JsonText(b'{"b":1,"a":[]}')),
            '"chat_id":"c","direction":"in","content":{"b":1,"a":[]}',
        ),
        (
            frame_entry(chat_id=None, content=b'{"b"', joined=True, findings=FOUND),
            '"chat_id":null,"direction":"in","content":"{\\"b\\"","joined":true,'
            f'"findings":{FINDING}',
        ),
        (
            FrameEntry("c", "out", {"a": 1}, simulated=True),
            '"chat_id":"c","direction":"out","content":{"a":1},"simulated":true',
        ),
        (
            FrameEntry("c", "out", error="cut off", joined=True, findings=FOUND),
            f'"chat_id":"c","direction":"out","error":"cut off","joined":true,"findings":{FINDING}',
        ),
        (FrameEntry("c", "out", close=1000), '"chat_id":"c","direction":"out","close":1000'),
        (
            run_of().entry(),
            f'"chat_id":"c","direction":"in","joined":true,"findings":{FINDING},'
            '"content":{"type":"sound","bytes":3},"run":{"first_seq":1,"count":1,"bytes":3,'
            '"first_ms":0,"last_ms":0}',
        ),
        (
            next(run_of(is_binary=False).entries(0)),
            f'"chat_id":"c","direction":"in","joined":true,"findings":{FINDING},'
            '"content":{"type":"sound","bytes":3}',
        ),
        (
            webhook_entry(status=None, error="e", faults=["stale_timestamp"], findings=FOUND),
            '"delivery_id":"d","event_name":"chat_started","chat_id":"c",'
            '"url":"https://a.example/hook","number":1,"status":null,"error":"e",'
            f'"duration_ms":2,"faults":["stale_timestamp"],"findings":{FINDING}',
        ),
        (
            webhook_entry(duration_ms=0),
            '"delivery_id":"d","event_name":"chat_started","chat_id":"c",'
            '"url":"https://a.example/hook","number":1,"status":200,"error":null,'
            '"duration_ms":0,"faults":[]',
        ),
        (
            WebhookEntry("d", "chat_ended", "c", "http://a/", None, None, "never sent"),
            '"delivery_id":"d","event_name":"chat_ended","chat_id":"c","url":"http://a/",'
            '"error":"never sent"',
        ),
        (
            model_entry(),
            '"chat_id":"c","turn":1,"url":"https://a.example/chat/completions","request":"{}",'
            '"headers":["Content-Type"],"status":null,"first_token_ms":null,"duration_ms":2,'
            '"chunks":0,"text":"","session_id":null,"finish":null,"ended":"failed","error":"e"',
        ),
        (
            model_entry(status=200, error=None, replayed=True, faults=["cut"], stream=b"s",
                        findings=FOUND),
            '"chat_id":"c","turn":1,"url":"https://a.example/chat/completions","request":"{}",'
            '"headers":["Content-Type"],"status":200,"first_token_ms":null,"duration_ms":2,'
            '"chunks":0,"text":"","session_id":null,"finish":null,"ended":"failed","error":null,'
            f'"replayed":true,"faults":["cut"],"stream":"s","findings":{FINDING}',
        ),
        (
            ears_entry(error="e", ended="failed"),
            '"chat_id":"c","url":"http://a","model":"m","language":null,"sound_ms":900,'
            '"status":null,"duration_ms":0,"text":null,"ended":"failed","error":"e"',
        ),
        (
            ears_entry(status=200, duration_ms=5, text=""),
            '"chat_id":"c","url":"http://a","model":"m","language":null,"sound_ms":900,'
            '"status":200,"duration_ms":5,"text":"","ended":"complete","error":null',
        ),
        (
            voice_entry(status=200, duration_ms=5, sound_ms=900),
            '"chat_id":null,"url":"http://a","model":"m","voice":"v","text":"Hi","status":200,'
            '"duration_ms":5,"sound_ms":900,"ended":"complete","error":null',
        ),
        (
            CallEntry("CA1", "caller", 20, "Hello", 620),
            '"call_sid":"CA1","event":"caller","call_ms":20,"text":"Hello","until_ms":620,"data":{}',
        ),
        (
            FaultEntry("r", "http", "reset", {"operation": None, "method": "GET"}),
            '"rule":"r","of":"http","fault":"reset","operation":null,"method":"GET"',
        ),
        (ClockEntry("advance", "manual", 0), '"action":"advance","mode":"manual","ms":0'),
        (ClockEntry("freeze", "manual"), '"action":"freeze","mode":"manual"'),
        (
            ClockEntry("wait", "manual", 200, "An answer"),
            '"action":"wait","mode":"manual","ms":200,"what":"An answer"',
        ),
        (ScriptEntry("c", "f", "m"), '"chat_id":"c","finding":"f","message":"m"'),
        (
            WorldEntry("expired", 7, 60), '"action":"expired","before_ms":7,"idle_minutes":60'
        ),
        (BugEntry(None, "r", "e"), '"chat_id":null,"reference":"r","error":"e"'),
    ],
)  # fmt: skip
def test_json(entry: Entry, text: str) -> None:
    """Fields come in the order of their class; those without a value are left out."""
    assert text_of(entry) == text


def test_every_kind_is_listed() -> None:
    """Each class of entries has its kind; a run of audio is a frame, too."""
    assert KINDS == (
        "http", "frame", "webhook", "fault", "model", "ears", "voice", "call", "clock", "script",
        "world", "bug",
    )  # fmt: skip
    assert tuple(dict.fromkeys(each.kind for each in Entry.__subclasses__())) == KINDS
    assert AudioEntry.kind == "frame"


@pytest.mark.parametrize(
    ("entry", "name", "shown", "plain"),
    [
        (
            http_entry(query=b"api_key=s3cret&a=%C3%A4"), "query",
            "api_key=(hidden)&a=%C3%A4", "api_key=s3cret&a=%C3%A4",
        ),
        (
            http_entry(request_headers=b"authorization\nBearer s3cret\na\n1\na\n2"),
            "request_headers",
            {"authorization": "Bearer (hidden)", "a": "1, 2"},
            {"authorization": "Bearer s3cret", "a": "1, 2"},
        ),
        (
            http_entry(request=b'{"token": "s3cret"}'), "request",
            '{"token": "(hidden)"}', '{"token": "s3cret"}',
        ),
        (
            http_entry(response=b'{"token": "s3cret", "cut'), "response",
            '{"token": "(hidden)", "cut', '{"token": "s3cret", "cut',
        ),
        (http_entry(request=b"\xff"), "request", "�", "�"),
        (
            frame_entry(content=JsonText(b'{"token":"s3cret"}')), "content",
            {"token": "(hidden)"}, {"token": "s3cret"},
        ),
        (
            frame_entry(content={"token": "s3cret"}), "content",
            {"token": "(hidden)"}, {"token": "s3cret"},
        ),
        (
            frame_entry(content=b'{"token":"s3cret",'), "content",
            '{"token":"(hidden)",', '{"token":"s3cret",',
        ),
        (
            webhook_entry(url="https://a.example/?token=s3cret"), "url",
            "https://a.example/?token=(hidden)", "https://a.example/?token=s3cret",
        ),
        (webhook_entry(findings=FOUND), "findings", [FOUND[0].to_json()], [FOUND[0].to_json()]),
    ],
)  # fmt: skip
def test_shown_and_plain(entry: Entry, name: str, shown: object, plain: object) -> None:
    """Everybody sees a field without its credentials; a test compares it with them."""
    value = entry.own_fields()[name]
    assert (entry.shown(name, value), entry.plain(name, value)) == (shown, plain)
    assert SECRET not in repr(entry)


def bytes_of(entry: Entry) -> int:
    Journal(ManualClock(0), 1).add(entry)
    return entry.size


def test_sizes() -> None:
    """Texts count with their length, and findings with what they take, about."""
    request = http_entry(
        path="/a", query=b"b" * 3, request_headers=b"c" * 4, request=b"d" * 5, response=b"e" * 6
    )
    assert bytes_of(request) == 20
    assert bytes_of(http_entry(path="/", request=None)) == 1
    assert bytes_of(http_entry(path="/", findings=FOUND * 2)) == 1 + 2 * SIZE_OF_FINDING
    assert bytes_of(frame_entry(content=b"abc", findings=FOUND)) == 3 + SIZE_OF_FINDING
    assert bytes_of(frame_entry(content={"a": 1})) == 0
    assert bytes_of(ScriptEntry("chat", "found", "message")) == 16
    attempt = webhook_entry(url="u", event_name="chat_ended")
    assert bytes_of(attempt) == len("d" + "chat_ended" + "c" + "u")
    assert bytes_of(webhook_entry(findings=FOUND)) > SIZE_OF_FINDING
    assert bytes_of(run_of().entry()) == 830 + SIZE_OF_FINDING


def test_an_entry_takes_little_room() -> None:
    """Every request and frame leaves one, so none has a dictionary of its own."""
    for entry in (http_entry(), frame_entry(), run_of().entry()):
        assert not hasattr(entry, "__dict__")


def test_filters_look_at_what_an_entry_has() -> None:
    """A fault's facts are fields like any other; what an entry lacks is not as wanted."""
    journal = Journal(ManualClock(0), 10)
    journal.add(http_entry(status=404))
    journal.add(FaultEntry("r", "http", "reset", {"operation": "list-configs", "path": "/x"}))
    journal.add(frame_entry())

    def numbers(**wanted: Json) -> list[int]:
        assert [each["seq"] for each in journal.singly(**wanted)] == [
            each["seq"] for each in journal.entries(**wanted)
        ]
        return [each["seq"] for each in journal.entries(**wanted)]

    assert numbers(operation="list-configs") == [1, 2]
    assert numbers(operation="list-configs", kind="fault") == [2]
    assert numbers(path="/x") == [2]
    assert numbers(status=404) == [1]
    assert numbers(chat_id="c", direction=None) == [3]
    assert numbers(size=0) == []


def test_entries_of_kinds_are_values_of_their_class() -> None:
    """What is kept can be read by its attributes."""
    journal = Journal(ManualClock(7), 10)
    journal.add(http_entry(status=404))
    [entry] = journal.kept(kind="http")
    assert isinstance(entry, HttpEntry)
    assert (entry.seq, entry.at_ms, entry.status) == (1, 7, 404)
