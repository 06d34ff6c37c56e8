"""The command line, as a user types it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from httpx import Client

from emulator import __version__
from emulator.cli.main import main
from emulator.server import Server
from emulator.settings import SETTINGS
from tests.outgoing.calls import advance, deliveries, drain, new_config, simulate, trigger
from tests.outgoing.receiver import Answer, Receiver, always

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "emulator"]
RECORDED = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"  # a chat of the demo seed


@contextmanager
def served(
    *arguments: str, stderr: Any = subprocess.PIPE
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and the line that it prints."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=stderr, text=True
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    return code, *capsys.readouterr()


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["serve", "--port", "0"], ["--port", "0"]])
def test_serve_prints_its_facts_and_ends_with_ctrl_c(arguments: list[str]) -> None:
    """Without a command it serves; a line each says where and how; Ctrl-C ends it with 0."""
    with served(*arguments) as (process, first):
        assert process.stdout is not None
        match = re.fullmatch(
            r"Serving evi, voices, tts, phone, expression: 50 operations \(seed demo\) "
            r"on (http://127\.0\.0\.1:\d+)\n",
            first,
        )
        assert match is not None, first
        url = match[1]
        facts = dict(process.stdout.readline().strip().split("  ", 1) for _ in range(5))
        assert {name: text.strip() for name, text in facts.items()} == {
            "Inspector": f"{url}/_emulator/",
            "Python": f'HumeClient(base_url="{url}", api_key="any")',
            "TypeScript": f'new HumeClient({{ environment: "{url}", apiKey: "any" }})',
            "React": f'connect({{ auth, hostname: "{url}" }})',
            "Expression": f'ExpressionMeasurementClientEnvironment(base="{url}", '
            f'production="{url.replace("http", "ws", 1)}")',
        }
        assert process.stdout.readline() == "  Signing key  emulator-signing-key (of webhooks)\n"
        for path in ("/_emulator/health", "/__admin/health"):
            with urlopen(url + path) as answer:
                assert answer.status == 200
        with pytest.raises(HTTPError):
            urlopen(Request(f"{url}/v0/evi/configs/x", headers={"X-Hume-Api-Key": "any"}))

        process.send_signal(signal.SIGINT)

        output, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    refused = (
        r"\d\d:\d\d:\d\d  refused  GET /v0/evi/configs/x -> 422 id: Input should be a valid UUID\n"
    )
    assert re.fullmatch(refused, output)


@pytest.mark.process
def test_serve_ends_with_its_standard_input() -> None:
    """With the flag, and with exit code 0 or that of SIGTERM, when the other end is closed."""
    words = [*COMMAND, "serve", "--port", "0", "--until-stdin-ends"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        _, errors = process.communicate(b"what it is told means nothing", timeout=10)
    assert process.returncode in (0, -signal.SIGTERM)
    assert errors == b""


@pytest.mark.process
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it needs a device that is full")
def test_a_log_that_can_not_be_written_stops_nothing(receiver: Receiver) -> None:
    """Requests are answered, and webhooks go out, though the log has no room for them."""
    receiver.answer = lambda received: Answer(500 if received.event_name == "tool_call" else 200)
    with (
        open("/dev/full", "w") as full,
        served("--port", "0", "--seed", "empty", "--log-requests", stderr=full) as (_, line),
        Client(base_url=re.findall(r"http://\S+", line)[0], trust_env=False) as client,
    ):
        client.headers["X-Hume-Api-Key"] = "k"
        failed = trigger(client, "tool_call", receiver.url)
        simulate(client, config_id=new_config(client, receiver.url), script="weather")
        advance(client, 30)
        assert (failed["state"], drain(client)) == ("failed", 0)
        states = [each["state"] for each in deliveries(client)[1:]]
    assert states == ["delivered", "failed", "delivered"]


@pytest.mark.process
def test_environment_variables_are_read() -> None:
    """A setting may come from the environment."""
    environment = {**os.environ, "EVI_EMULATOR_PORT": "nine"}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr == (
        "evi-emulator: port must be an integer, got 'nine' (from EVI_EMULATOR_PORT)\n"
    )


def test_a_port_in_use_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A taken port ends the start with 3, and says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output, errors = run(capsys, "serve", "--port", str(port), "--seed", "empty")

    assert (code, output) == (3, "")
    assert errors == (
        f"evi-emulator: cannot listen on 127.0.0.1:{port}: the port is in use; "
        "stop the other process, or choose a port with --port (0: any)\n"
    )


def test_a_host_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A host that can't be listened on is named."""
    code, _, errors = run(capsys, "serve", "--host", "192.0.2.1", "--seed", "empty")
    assert code == 3
    assert errors.startswith("evi-emulator: cannot listen on 192.0.2.1:8484: ")


def test_ready_finds_a_server(capsys: pytest.CaptureFixture[str], server: Server) -> None:
    """`ready` ends with 0 as soon as the emulator answers."""
    code, output, _ = run(capsys, "ready", "--url", server.url, "--timeout", "10s")
    assert (code, output) == (0, f"ready: evi-emulator {__version__} on {server.url}\n")


def test_ready_gives_up(capsys: pytest.CaptureFixture[str]) -> None:
    """`ready` ends with 1 at its timeout, and says why."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        code, _, errors = run(capsys, "ready", "--url", url, "--timeout", "1ms")
    assert code == 1
    assert f"no emulator answered at {url} within 1 ms" in errors


def test_ready_wants_a_duration(capsys: pytest.CaptureFixture[str]) -> None:
    """A timeout that is no duration is a usage error."""
    code, _, errors = run(capsys, "ready", "--timeout", "soon")
    assert code == 2
    assert errors == "evi-emulator: a duration must look like 10s, 500ms or 2m, got 'soon'\n"


def test_operations_are_all_implemented(capsys: pytest.CaptureFixture[str]) -> None:
    """`operations` lists each operation of the document, and ends with 0 if all are there."""
    code, output, _ = run(capsys, "operations")
    lines = output.splitlines()

    assert code == 0
    assert "evi: 35 operations, 35 implemented" in lines
    assert "voices: 3 operations, 3 implemented" in lines
    assert "phone: 1 operations, 1 implemented" in lines
    assert lines[-1] == "expression: 5 operations, 5 implemented"
    assert len(lines) == 35 + 1 + 3 + 1 + 6 + 1 + 1 + 1 + 5 + 1
    assert sum(line.startswith("yes  ") for line in lines) == 50


def test_operations_tells_what_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    """An operation without a handler is marked, and makes the command fail."""
    text = server.app.document.path.read_text()
    path = tmp_path / "other.yaml"
    path.write_text(text.replace("operationId: list-configs\n", "operationId: list-things\n"))

    code, output, _ = run(capsys, "operations", "--spec", str(path))

    assert code == 1
    assert "NO   list-things" in output
    assert "evi: 35 operations, 34 implemented\n" in output


def test_seed_check_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """`seed check` of a good seed says what is in it."""
    code, output, _ = run(capsys, "seed", "check", "demo")
    assert code == 0
    speech = "1 custom voices, 1 generations, 0 sounds, 2 expression runs"
    assert re.fullmatch(rf"demo: 4 configs, .*, 12 chats, 6 chat groups, {speech}\n", output)


def test_seed_check_finds_mistakes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`seed check` of a bad seed prints its mistakes and fails."""
    path = tmp_path / "bad.yaml"
    path.write_text("prompts: 3\n")

    code, _, errors = run(capsys, "seed", "check", str(path))

    assert code == 1
    assert errors == "evi-emulator: bad.yaml:1: /prompts: Input should be a valid list, got 3\n"


def test_a_shown_seed_can_be_checked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What `seed show` prints is a seed file to start from."""
    _, text, _ = run(capsys, "seed", "show")
    path = tmp_path / "mine.yaml"
    path.write_text(text)

    code, output, _ = run(capsys, "seed", "check", str(path))

    assert code == 0
    assert "12 chats" in output


def test_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """`serve --help` has every setting with its flag and its variable."""
    with pytest.raises(SystemExit, match="0"):
        main(["serve", "--help"])

    text = capsys.readouterr().out
    for setting in SETTINGS:
        assert setting.flag in text
        assert setting.env in text


@pytest.mark.parametrize("arguments", [["sevre"], ["--prot", "1"], ["seed"]])
def test_wrong_usage_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """An unknown command or flag ends with 2."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: evi-emulator" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the package's version."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"evi-emulator {__version__}\n"


def unused_url() -> str:
    """The URL of a port that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


# trigger


@pytest.mark.parametrize("event_name", ["chat_started", "tool_call", "chat_ended"])
def test_trigger_needs_no_server(
    capsys: pytest.CaptureFixture[str], receiver: Receiver, event_name: str
) -> None:
    """One command sends one valid event, and prints what its receiver answered."""
    receiver.answer = lambda received: Answer(200, b"thank you")
    code, output, errors = run(capsys, "trigger", event_name, "--to", f"{receiver.url}/hook")

    [received] = receiver.log()
    assert (received.event_name, received.verdict, received.path) == (event_name, "valid", "/hook")
    assert (code, errors) == (0, "")
    chat_id = received.event["chat_id"]
    assert re.fullmatch(
        rf"{event_name} of chat {chat_id} to {receiver.url}/hook\n"
        r"request 1: 200, \d+ ms\nthank you\n",
        output,
    )


def test_trigger_fails_if_it_is_refused(
    capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    """A receiver that refuses the event, or is not there, makes the command end with 1."""
    receiver.answer = lambda received: Answer(403, b"no such customer")
    code, output, _ = run(capsys, "trigger", "chat_ended", "--to", receiver.url)
    assert code == 1
    assert "request 1: 403, " in output
    assert output.endswith("no such customer\n")
    assert len(receiver.log()) == 1

    code, output, _ = run(capsys, "trigger", "chat_ended", "--to", unused_url())
    assert code == 1
    assert "request 1: ClientConnectorError: " in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chat_endet"], "no webhook event 'chat_endet' (did you mean 'chat_ended'?); known: "),
        (
            ["chat_ended", "--fault", "dorp"],
            "no webhook fault 'dorp' (did you mean 'drop'?)",
        ),
        (["chat_ended", "--set", "end_reason"], "--set takes FIELD=VALUE, got 'end_reason'"),
        (["chat_ended", "--delay", "soon"], "a duration must look like 10s"),
        (["chat_ended", "--webhook-timeout", "0"], "webhook_timeout must be at least 1"),
    ],
)
def test_trigger_knows_what_it_is_given(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """A name or value that does not exist is wrong usage: 2, and what was probably meant."""
    code, output, errors = run(capsys, "trigger", *arguments, "--to", "http://127.0.0.1:9")
    assert (code, output) == (2, "")
    assert errors.startswith(f"evi-emulator: {message}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--set", "end_resaon=ERROR"],
            "set.end_resaon: The payload has no field 'end_resaon' (did",
        ),
        (["--set", "end_reason=BORED"], "set.end_reason: Input should be 'ACTIVE'"),
        (["--chat", "nobody"], "Chat (ID: nobody) was not found."),
        (["--to", "http://example.com"], "The webhook URL 'http://example.com' must begin with "),
    ],
)
def test_trigger_says_why_an_event_cannot_be_made(
    capsys: pytest.CaptureFixture[str], receiver: Receiver, arguments: list[str], message: str
) -> None:
    """What only the emulator can tell ends with 1, in one line, and nothing is sent."""
    to = [] if "--to" in arguments else ["--to", receiver.url]
    code, output, errors = run(capsys, "trigger", "chat_ended", *arguments, *to)
    assert (code, output) == (1, "")
    assert errors.startswith(f"evi-emulator: {message}")
    assert errors.count("\n") == 1
    assert receiver.log() == []


def test_trigger_reaches_a_host_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--call-hosts` the event is sent to it, though nobody is there to take it."""
    code, output, _ = run(
        capsys, "trigger", "chat_ended", "--to", "http://emulator.invalid:9/hook",
        "--call-hosts", "other.invalid", "--call-hosts", "emulator.invalid",
    )  # fmt: skip
    assert code == 1
    assert "request 1: " in output


def test_trigger_sets_fields(capsys: pytest.CaptureFixture[str], receiver: Receiver) -> None:
    """A value is JSON where it can be read as such, else a text; it may have an equals sign."""
    code, _, _ = run(
        capsys, "trigger", "tool_call", "--to", receiver.url,
        "--set", "custom_session_id=a=b",
        "--set", "timestamp=7",
        "--set", 'twilio_metadata={"from_city": "Oslo"}',
        "--set", "tool_call_message.name=book_table",
    )  # fmt: skip
    [received] = receiver.log()
    assert (code, received.verdict) == (0, "valid")
    assert received.event["custom_session_id"] == "a=b"
    assert received.event["timestamp"] == 7
    assert received.event["twilio_metadata"] == {"from_city": "Oslo"}
    assert received.event["tool_call_message"]["name"] == "book_table"


def test_trigger_tells_of_a_seeded_chat(
    capsys: pytest.CaptureFixture[str], receiver: Receiver, tmp_path: Path
) -> None:
    """A chat of the seed needs no server either; another seed has other chats."""
    code, output, _ = run(capsys, "trigger", "chat_ended", "--chat", RECORDED, "--to", receiver.url)
    [received] = receiver.log()
    assert (code, received.verdict) == (0, "valid")
    assert received.event["end_time"] == 1716244958546
    assert output.startswith(f"chat_ended of chat {RECORDED} to ")

    arguments = ["trigger", "chat_ended", "--chat", RECORDED, "--to", receiver.url]
    code, _, errors = run(capsys, *arguments, "--seed", "empty")
    assert code == 1
    assert f"Chat (ID: {RECORDED}) was not found." in errors


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("stale_timestamp", "timestamp stale"),
        ("wrong_key", "signature wrong"),
        ("tampered_body", "signature wrong"),
        ("missing_headers", "headers missing"),
    ],
)
def test_trigger_misbehaves_on_request(
    capsys: pytest.CaptureFixture[str], receiver: Receiver, fault: str, verdict: str
) -> None:
    """A receiver that refuses a bad event makes the command end with 1, and says why."""
    code, output, _ = run(capsys, "trigger", "chat_ended", "--fault", fault, "--to", receiver.url)
    assert code == 1
    assert [received.verdict for received in receiver.log()] == [verdict]
    assert f"request 1 with {fault}: 401, " in output
    assert output.endswith(f"{verdict}\n")


def test_trigger_sends_twice_late_or_never(
    capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    """Schedules can be faulty too; each request is a line, and so is that there was none."""
    to = ["--to", receiver.url]
    code, output, _ = run(capsys, "trigger", "chat_ended", "--fault", "duplicate", *to)
    assert (code, len(receiver.log())) == (0, 2)
    assert "request 2 with duplicate: 200, " in output

    code, _, _ = run(capsys, "trigger", "chat_ended", "--fault", "delay", "--delay", "20ms", *to)
    assert (code, len(receiver.log())) == (0, 3)

    code, output, _ = run(capsys, "trigger", "chat_ended", "--fault", "drop", *to)
    assert (code, len(receiver.log())) == (0, 3)
    assert output.endswith("dropped on request: it was never sent\n")


def test_trigger_needs_somewhere_to_go(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a URL, and without a chat whose config has one, it says what to do."""
    code, _, errors = run(capsys, "trigger", "chat_ended")
    assert code == 1
    assert errors == (
        "evi-emulator: No webhook of the chat's config subscribes to chat_ended; "
        "say where to send it: 'url', or --to on the command line.\n"
    )


def test_trigger_signs_with_the_key_it_is_given(
    capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    """The signing key may be another one, or the API key."""
    receiver.key = "mine"
    trigger = ["trigger", "chat_ended", "--to", receiver.url]
    assert run(capsys, *trigger)[0] == 1
    assert run(capsys, *trigger, "--signing-key", "mine")[0] == 0
    assert run(capsys, *trigger, "--sign-webhooks-with", "api_key", "--api-key", "mine")[0] == 0


def test_trigger_may_use_a_server(
    capsys: pytest.CaptureFixture[str], server: Server, remote: Client, receiver: Receiver
) -> None:
    """With --url the event comes from a running emulator, and is in its record."""
    key = remote.headers["X-Hume-Api-Key"]
    chat_id = remote.post("/_emulator/simulate", json={"user": ["Hello"]}).json()["chat_id"]
    arguments = ["--url", server.url, "--api-key", key, "--chat", chat_id, "--to", receiver.url]
    code, output, _ = run(capsys, "trigger", "chat_ended", *arguments)

    [delivery] = remote.get("/_emulator/webhooks/deliveries").json()["deliveries"]
    assert (code, delivery["state"], delivery["chat_id"]) == (0, "delivered", chat_id)
    assert output.startswith(f"chat_ended of chat {chat_id} to {receiver.url}\n")


def test_trigger_says_that_no_server_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """With --url, an emulator that is not there is one clear line."""
    url = unused_url()
    code, output, errors = run(capsys, "trigger", "chat_ended", "--url", url)
    assert (code, output) == (1, "")
    assert errors.startswith(f"evi-emulator: no emulator answers at {url}: ")
    assert "start one with `evi-emulator serve`" in errors


def test_trigger_works_where_keys_are_limited(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """Environment variables that are meant for `serve` don't make `trigger` fail."""
    monkeypatch.setenv("EVI_EMULATOR_API_KEY", "secret")
    assert run(capsys, "trigger", "chat_ended", "--to", receiver.url)[0] == 0


# simulate


def test_simulate_prints_the_conversation(
    capsys: pytest.CaptureFixture[str], server: Server, remote: Client
) -> None:
    """What is said and done is printed with its time; the chat is then in the emulator."""
    key = remote.headers["X-Hume-Api-Key"]
    code, output, errors = run(capsys, "simulate", "weather", "--url", server.url, "--api-key", key)
    first, *lines, last = output.splitlines()

    match = re.fullmatch(r"chat (\S+) of group (\S+)", first)
    assert match is not None
    chat = remote.get(f"/v0/evi/chats/{match[1]}?page_size=100").json()
    assert (code, errors, chat["chat_group_id"]) == (0, "", match[2])
    assert last == f"status USER_ENDED, {len(chat['events_page'])} events"
    shown = [re.fullmatch(r" *(\d+\.\d) s  (.{12})  ?(.*)", line.ljust(27)) for line in lines]
    assert all(shown), lines
    who = [(each[2].strip(), each[3].strip()) for each in shown if each]
    assert who[:2] == [("user", "Hello!"), ("assistant", "Hi!")]
    assert ("tool call", 'get_current_weather({"location": "Oslo"})') in who
    assert ("tool answer", '{"sky":"snowing","celsius":-4}') in who or (
        "tool answer",
        '{"sky": "snowing", "celsius": -4}',
    ) in who
    assert ("assistant", "In Oslo it is snowing, at -4 degrees.") in who
    assert who[-1] == ("end", "")
    times = [float(each[1]) for each in shown if each]
    assert times == sorted(times)


def test_simulate_takes_flags_before_the_script(
    capsys: pytest.CaptureFixture[str], server: Server, remote: Client, receiver: Receiver
) -> None:
    """Flags replace what the script says; webhooks are told as of any chat."""
    webhooks = [{"url": receiver.url, "events": ["chat_ended"]}]
    body = {"name": "hooked", "evi_version": "3", "webhooks": webhooks}
    config_id = remote.post("/v0/evi/configs", json=body).json()["id"]
    code, output, _ = run(
        capsys, "simulate", "weather", "--url", server.url,
        "--api-key", remote.headers["X-Hume-Api-Key"],
        "--user", "Thanks", "--user", "Thanks again",
        "--config-id", config_id,
        "--config-version", "0",
        "--end-reason", "USER_TIMEOUT",
        "--caller-number", "+4712345678",
    )  # fmt: skip

    [received] = receiver.wait_for(1)
    assert code == 0
    assert [line[12:].split()[1:] for line in output.splitlines() if "  user  " in line] == [
        ["Thanks"],
        ["Thanks", "again"],
    ]
    assert output.splitlines()[-1].startswith("status USER_TIMEOUT, ")
    assert received.event["end_reason"] == "USER_TIMEOUT"
    assert received.event["caller_number"] == "+4712345678"


def test_simulate_follows_a_chat_that_goes_on(
    capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    """A chat with a pace is printed as it goes, until its end; one without an end, for --wait."""
    arguments = ["--url", server.url, "--api-key", "test-cli-pace", "--user", "Hello!"]
    code, output, _ = run(capsys, "simulate", "weather", *arguments, "--pace", "1000")
    assert code == 0
    assert "  user          Hello!\n" in output
    assert output.splitlines()[-1].startswith("status USER_ENDED, ")

    arguments += ["--end-reason", "ACTIVE", "--wait", "0s"]
    code, output, _ = run(capsys, "simulate", "weather", *arguments)
    assert code == 0
    assert output.splitlines()[-2].startswith("status ACTIVE, ")
    assert "/send speaks into it" in output.splitlines()[-1]


def test_simulate_takes_a_file(
    capsys: pytest.CaptureFixture[str], server: Server, tmp_path: Path
) -> None:
    """A script may be a file of one's own, in YAML or JSON."""
    yaml, json = tmp_path / "mine.yaml", tmp_path / "mine.json"
    yaml.write_text("user: [Moo]\nrules:\n  - answer: Said the cow.\n")
    json.write_text('{"user": ["Moo"], "rules": [{"answer": "Said the cow."}]}')
    for path in (yaml, json):
        code, output, _ = run(
            capsys, "simulate", str(path), "--url", server.url, "--api-key", "test-cli-file"
        )
        assert code == 0
        assert "  assistant     Said the cow.\n" in output


def test_simulate_lets_the_worlds_script_answer(
    capsys: pytest.CaptureFixture[str], server: Server, remote: Client
) -> None:
    """Without a script of its own; its pace counts, too. Somebody has to speak."""
    script = {"pace": 1000, "rules": [{"answer": "So says the world."}]}
    remote.put("/_emulator/script", json=script)
    world = ["--url", server.url, "--api-key", remote.headers["X-Hume-Api-Key"]]
    code, output, _ = run(capsys, "simulate", "--user", "Who answers?", *world)
    assert code == 0
    assert "  assistant     So says the world.\n" in output
    assert output.splitlines()[-1].startswith("status USER_ENDED, ")

    code, _, errors = run(capsys, "simulate", *world)
    assert code == 2
    assert "nobody speaks: name a SCRIPT, or add --user TEXT" in errors


def test_simulate_finds_mistakes_in_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each mistake is a line with file and line number; no server is asked."""
    path = tmp_path / "bad.yaml"
    path.write_text("user:\n  - Hello\nrules:\n  - when: hi\n    anser: x\nend_reason: BORED\n")

    code, output, errors = run(capsys, "simulate", str(path), "--url", unused_url())

    assert code != 0
    assert output == ""
    lines = sorted(errors.removeprefix("evi-emulator: ").splitlines())
    assert [line.partition(": ")[0] for line in lines] == ["bad.yaml:4", "bad.yaml:5", "bad.yaml:6"]
    assert "bad.yaml:6: /end_reason: Input should be " in errors
    assert "bad.yaml:5: /rules/0/anser: unknown key (did you mean 'answer'?)" in errors
    assert "the key 'answer' is missing" in errors


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bad.yaml", "user: [\n", "bad.yaml:2: "),
        ("bad.yaml", "user:\n  - a\n - b\n", "bad.yaml:3: "),
        ("bad.json", '{"user": ["a"]', "bad.json"),
        ("twice.yaml", "user: [a]\nuser: [b]\n", "twice.yaml:2: /user: this key appears twice"),
    ],
)
def test_simulate_reads_only_what_can_be_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, text: str, message: str
) -> None:
    """A file that is no YAML or JSON, or says one thing twice, is named with the line."""
    path = tmp_path / name
    path.write_text(text)
    code, _, errors = run(capsys, "simulate", str(path), "--url", unused_url())
    assert code != 0
    assert message in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("name", "message"), [("bad.yaml", "bad.yaml:2: "), ("nothing.yaml", "no script ")]
)
def test_simulate_does_not_stammer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, message: str
) -> None:
    """What is wrong with a file as a whole is told without a pointer into it."""
    (tmp_path / "bad.yaml").write_text("user: [\n")
    _, _, errors = run(capsys, "simulate", str(tmp_path / name), "--url", unused_url())
    assert errors.startswith(f"evi-emulator: {message}")


def test_simulate_knows_the_bundled_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is neither a script nor a file is answered with those that there are."""
    code, _, errors = run(capsys, "simulate", "wether")
    assert code != 0
    assert "no script 'wether' (did you mean 'weather'?); expected one of " in errors
    assert "support-call" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--end-reason", "BORED"], "end_reason: Input should be 'USER_ENDED'"),
        (["--caller-number", "123"], "caller_number: String should match pattern"),
        (["--pace", "slow"], "pace: pace is instant, realtime or a number"),
        (["--config-id", "nobody"], "Config (ID: nobody) was not found."),
        (["--resumed-chat-group-id", "nobody"], "Chat group (ID: nobody) was not found."),
    ],
)
def test_simulate_says_what_the_emulator_refuses(
    capsys: pytest.CaptureFixture[str], server: Server, arguments: list[str], message: str
) -> None:
    """What the emulator does not take ends with 1, in its words."""
    code, output, errors = run(
        capsys, "simulate", "weather", "--url", server.url, "--api-key", "test-cli-bad", *arguments
    )
    assert (code, output) == (1, "")
    assert errors.startswith(f"evi-emulator: {message}")


def test_simulate_wants_a_duration(capsys: pytest.CaptureFixture[str]) -> None:
    """A time to wait that is no duration is a usage error."""
    code, _, errors = run(capsys, "simulate", "weather", "--wait", "long")
    assert (code, "a duration must look like 10s" in errors) == (2, True)


def test_simulate_needs_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a running emulator it says so, and how to start one."""
    url = unused_url()
    code, output, errors = run(capsys, "simulate", "weather", "--url", url)
    assert (code, output) == (1, "")
    assert errors.startswith(f"evi-emulator: no emulator answers at {url}: ")
    assert "start one with `evi-emulator serve`" in errors
    assert "Traceback" not in errors


def test_a_server_that_is_no_emulator_is_not_taken_for_one(
    capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    """Something else that answers there makes the command fail in one line."""
    for answer in (always(404), always(200)):
        receiver.answer = answer
        code, _, errors = run(capsys, "simulate", "weather", "--url", receiver.url)
        assert code == 1
        assert errors.startswith("evi-emulator: ")
        assert "Traceback" not in errors
