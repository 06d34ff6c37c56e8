"""`evi-emulator call`: its exit codes, what it prints, whom it tells what the caller says."""

import json
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.clock import ManualClock
from tests.cli.shell import run_here
from tests.twilio.moved_time import MovedTime
from tests.twilio.phone_server import PhoneServer
from tests.twilio.test_call import STREAM, answering
from tests.twilio.threads import serving


def fast_time() -> MovedTime:
    """Return a time that passes as fast as messages do."""
    clock = ManualClock(1_780_000_000_000)
    return MovedTime(clock, clock.move_to)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneServer]:
    """A server with a conversation at /; its calls take no time."""
    monkeypatch.setattr("emulator.cli.call.RealTime", fast_time)
    with serving() as server:
        server.twiml("/", "<Say>Hello.</Say>", STREAM)
        server.handlers["/media"] = answering
        yield server


def test_a_good_call(server: PhoneServer, tmp_path: Path) -> None:
    """The exit code is 0; the lines come in time; the file has both sides."""
    file = tmp_path / "call.wav"
    done = run_here("call", server.url, "--user", "Hi", "--user", "Bye", "--save", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = [line.split()[2] for line in done.stdout.splitlines() if " s  " in line]
    assert kinds == [
        "dialled",
        "document",
        "answered",
        "verb",
        "twilio",
        "verb",
        "notice",
        "stream",
        "mark",
        "answer",
        "caller",
        "mark",
        "answer",
        "caller",
        "mark",
        "answer",
        "stream",
        "ended",
        "notice",
    ]
    assert "nobody is told what the caller says" in done.stdout.splitlines()[-1]
    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 8000)
        assert sound.getnframes() > 8000


def test_json(server: PhoneServer) -> None:
    """One object: the record and its events."""
    sid = "CA" + "1" * 32
    options = ("--from", "+4930123456", "--to", "+12025550123", "--call-sid", sid)
    done = run_here("call", server.url, "--user", "Hi", *options, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["status"], found["call_sid"], found["problems"]) == ("completed", sid, [])
    assert (found["from_number"], found["to_number"]) == ("+4930123456", "+12025550123")
    assert [line["who"] for line in found["lines"]] == ["twilio", "answerer", "caller", "answerer"]
    assert found["events"][0]["event"] == "dialled"
    assert "nobody is told" in found["notices"][-1]
    assert server.posted[0].fields["From"] == "+4930123456"


def test_repeatable_ids(server: PhoneServer) -> None:
    """With a random seed, SIDs are the same in every run."""
    runs = [
        run_here("call", server.url, "--random-seed", "7", "--format", "json") for _ in range(2)
    ]
    first, second = (json.loads(done.stdout) for done in runs)
    assert first["call_sid"] == second["call_sid"]
    assert first["stream_sids"] == second["stream_sids"]


def test_a_caller_who_says_nothing(server: PhoneServer) -> None:
    """The command names the flag that makes the caller speak."""
    done = run_here("call", server.url, "--greeting", "1s", "--patience", "1s")
    assert done.stdout.splitlines()[-1].endswith("the caller has said nothing: add --user TEXT")


def test_a_bad_call(server: PhoneServer) -> None:
    """The exit code is 1."""
    done = run_here("call", f"{server.url}/missing", "--user", "Hi")
    assert done.returncode == 1
    assert "/missing' has answered 404: nothing here" in done.stdout
    server.twiml("/busy", "<Reject/>")
    assert run_here("call", f"{server.url}/busy").returncode == 1


def test_steps_in_their_order(server: PhoneServer) -> None:
    """Of flags, whatever they are; those of a script come first."""
    steps = ("--user", "One", "--keys", "12", "--interrupt", "Two", "--user", "Three")
    done = run_here("call", server.url, *steps, "--format", "json")
    events = json.loads(done.stdout)["events"]
    texts = [each["text"] for each in events if each["event"] in ("caller", "key")]
    assert texts == ["One", "1", "2", "Two", "Three"]


def test_a_script(server: PhoneServer, tmp_path: Path) -> None:
    """What its user says, types or says into an answer; pauses, too."""
    script = tmp_path / "script.yaml"
    script.write_text("user:\n- Hello\n- type: Typed\n- wait: 1s\n- interrupt: Stop\n")
    done = run_here("call", server.url, "--script", str(script), "--format", "json")
    lines = json.loads(done.stdout)["lines"]
    assert [line["text"] for line in lines if line["who"] == "caller"] == ["Hello", "Typed", "Stop"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("rules: [{answer: Hi}]", "a call needs what its user says: the script has no 'user'"),
        ("user: [{send: {type: pause_assistant_message}}]", "a caller can't send messages of a ch"),
        ("user: [{sya: Hi}]", "(did you mean 'say'?)"),
    ],
)
def test_a_script_that_cannot_call(content: str, words: str, tmp_path: Path) -> None:
    """It says what is wrong, and where."""
    script = tmp_path / "script.yaml"
    script.write_text(content)
    done = run_here("call", "http://127.0.0.1:1/", "--script", str(script))
    assert done.returncode == 3
    assert words in done.stderr
    assert "script.yaml" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["example"], "URL must begin with https:// or http://"),
        (["http://127.0.0.1/", "--keys", "x"], "argument --keys: keys are digits, *, #"),
        (["http://127.0.0.1/", "--user", " "], "argument --user: say should be a text"),
        (["http://127.0.0.1/", "--format", "xml"], "--format must be one of text, json, got 'xml'"),
        (["http://127.0.0.1/", "--voice", "tone"], "got 'tone' (did you mean 'tones'?)"),
        (["http://127.0.0.1/", "--call-sid", "1"], "a call SID must be CA and 32 hexadecimal"),
        (["http://127.0.0.1/", "--patience", "x"], "--patience: a duration must look like 10s"),
        (["http://127.0.0.1/", "--fault", "dorp"], "no call fault 'dorp' (did you mean 'drop'?)"),
        (["http://127.0.0.1/", "--fault", "drop,at=1"], "a call fault 'drop' has no field 'at'"),
        (["http://127.0.0.1/", "--fault", "drop,at_ms"], "--fault takes FIELD=VALUE, got 'at_ms'"),
        (["http://127.0.0.1/", "--fault", "drop,at_ms=x"], "--fault: at_ms is wrong: "),
        (["http://127.0.0.1/", "--fault", "drop,times=1"], "--fault takes no 'times'"),
        (["http://127.0.0.1/", "--emulator", "127.0.0.1"], "must start with http:// or https://"),
    ],
)
def test_wrong_usage(options: list[str], words: str) -> None:
    """The exit code is 2."""
    done = run_here("call", *options)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_fault(server: PhoneServer) -> None:
    """With its fields."""
    fault = ("--fault", "drop,at_ms=1000")
    done = run_here("call", server.url, "--user", "Hi", *fault, "--format", "json")
    events = json.loads(done.stdout)["events"]
    [struck] = [each for each in events if each["event"] == "fault"]
    assert (struck["text"], struck["at_ms"] >= 1000) == ("drop", True)


def test_status_callbacks_and_a_map(server: PhoneServer) -> None:
    """Posted in order, to where --map-url leads them."""
    server.twiml("/status")
    done = run_here(
        "call",
        "https://voice.example.com/",
        "--map-url",
        f"https://voice.example.com={server.url}",
        "--status-callback",
        "https://voice.example.com/status",
        "--patience",
        "1s",
        "--greeting",
        "1s",
    )
    assert done.returncode == 0, done.stdout
    statuses = [each.fields["CallStatus"] for each in server.of("/status")]
    assert statuses == ["initiated", "ringing", "in-progress", "completed"]


@pytest.mark.parametrize("is_given", [True, False])
def test_an_emulator_is_told_what_the_caller_says(server: PhoneServer, is_given: bool) -> None:
    """The one that --emulator names, or that of the URL."""
    server.is_emulator = True
    server.twiml("/v0/evi/twilio", STREAM)
    sid = "CA" + "2" * 32
    if is_given:
        options = [server.url, "--emulator", server.url, "--key", "k1"]
    else:
        options = [f"{server.url}/v0/evi/twilio?api_key=k1"]
    done = run_here("call", *options, "--user", "Hi", "--call-sid", sid)
    assert done.returncode == 0, done.stdout
    assert server.told == [(f"/_emulator/calls/{sid}/heard", "k1", {"text": "Hi"})]
    assert "nobody is told" not in done.stdout
    assert "k1" not in done.stdout.replace(sid, "")


def test_an_emulator_that_does_not_listen(server: PhoneServer) -> None:
    """Is a problem of the call."""
    done = run_here("call", server.url, "--user", "Hi", "--emulator", server.url)
    assert done.returncode == 1
    assert "the emulator was not told what the caller says: 404" in done.stdout


def test_a_file_that_cannot_be_written(server: PhoneServer, tmp_path: Path) -> None:
    """The exit code is 2, and nobody is called, where that is known before; else it is 1."""
    server.twiml("/", "<Hangup/>")
    done = run_here("call", server.url, "--save", str(tmp_path / "missing" / "call.wav"))
    assert (done.returncode, server.posted) == (2, [])
    assert "there is no folder" in done.stderr
    done = run_here("call", server.url, "--save", str(tmp_path / "call.mp3"))
    assert (done.returncode, server.posted) == (2, [])
    assert "whose name ends with .wav" in done.stderr
    (tmp_path / "call.wav").mkdir()
    done = run_here("call", server.url, "--save", str(tmp_path / "call.wav"))
    assert done.returncode == 1
    assert "the call can't be written to" in done.stderr
