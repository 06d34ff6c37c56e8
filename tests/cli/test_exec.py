"""`evi-emulator exec -- CMD`: a command with an emulator of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath

import pytest

from emulator.cli import intercept
from emulator.cli.main import main
from emulator.redirection.target import read_target
from tests.cli.shell import Done, run_here

pytestmark = pytest.mark.process

EXEC = [sys.executable, "-m", "emulator", "exec"]
PATIENCE_S = 30

ASK = """
import json, os, sys, urllib.error, urllib.request as u
def ask(path, key=os.environ["HUME_API_KEY"], **body):
    url = os.environ["HUME_BASE_URL"] + path
    data = json.dumps(body).encode() if body else None
    headers = {"X-Hume-Api-Key": key, "Content-Type": "application/json"}
    try: answer = u.urlopen(u.Request(url, data, headers))
    except u.HTTPError as error: answer = error
    return answer.status, json.loads(answer.read() or b"null")
"""


def run(*arguments: str, **options: str) -> Done:
    """Run the command to its end; `options` are for its environment."""
    return run_here("exec", *arguments, **options)


# What the vendor's client does in its own examples.
CLIENT = """
from hume import HumeClient
from hume.empathic_voice import UserInput
where = {"base_url": os.environ["HUME_BASE_URL"], "api_key": os.environ["HUME_API_KEY"]}
evi = HumeClient(**where).empathic_voice
for config in evi.configs.list_configs():
    with evi.chat.connect(config_id=config.id) as socket:
        socket.send_user_input(UserInput(text="Hello"))
        next(message for message in socket if message.type == "user_message")
        next(message for message in socket if message.type == "assistant_end")
print(len(list(evi.chats.list_chats())))
"""


def python(code: str) -> list[str]:
    return ["--", sys.executable, "-c", ASK + code]


# the exit code


@pytest.mark.parametrize("code", [0, 1, 3, 77, 255])
def test_the_exit_code_is_the_commands(code: int) -> None:
    """Whatever it is; what the command prints is all there is to read if it is fine."""
    done = run("--seed", "empty", *python(f"print('out'); sys.exit({code})"))
    assert (done.returncode, done.stdout) == (code, "out\n")
    assert (done.stderr == "") == (code == 0)


def test_a_command_that_a_signal_ends() -> None:
    """128 and the signal's number, as shells say."""
    done = run(*python("import signal; os.kill(os.getpid(), signal.SIGTERM)"))
    assert done.returncode == 128 + signal.SIGTERM


def test_a_command_that_does_not_exist() -> None:
    """127 and one line."""
    done = run("--", "no-such-command")
    assert done.returncode == 127
    assert done.stderr.splitlines()[0] == "evi-emulator: no command 'no-such-command'"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("mode", [0o644, 0o755], ids=["not executable", "no program"])
def test_a_file_that_is_no_program(tmp_path: Path, mode: int) -> None:
    """126 and one line, as shells say."""
    path = tmp_path / "data"
    path.write_bytes(b"\0\1\2")
    path.chmod(mode)
    done = run("--", str(path))
    assert done.returncode == 126
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--"], ["--seed", "empty"], ["--seed", "empty", "--"]])
def test_no_command(arguments: list[str]) -> None:
    """2, and how it is used."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "evi-emulator: exec needs a command: evi-emulator exec -- npm test\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--port", "1", "--", "true"], 2),
        (["--sed", "x", "--", "true"], 2),
        (["--clock", "manul", "--", "true"], 2),
        (["--seed", "dmeo", "--", "true"], 3),
    ],
)
def test_wrong_settings(arguments: list[str], code: int) -> None:
    """They are told before the command runs."""
    done = run(*arguments)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert done.stderr


# what the command gets


def test_the_emulator_is_ready() -> None:
    """It answers the first request; the environment says where, and with which keys."""
    done = run(
        *python(
            "print(ask('/v0/evi/configs')[0], os.environ['HUME_WEBHOOK_SIGNING_KEY'],"
            " os.environ['MINE'])"
        ),
        MINE="kept",
    )
    assert (done.returncode, done.stdout) == (0, "200 emulator-signing-key kept\n")


def test_settings() -> None:
    """Flags and variables are the emulator's; a port of the environment is not taken."""
    done = run(
        "--seed",
        "empty",
        *python(
            "print(len(ask('/v0/evi/configs')[1]['configs_page']),"
            " ask('/_emulator/clock')[1]['mode'], '8484' in os.environ['HUME_BASE_URL'])"
        ),
        EVI_EMULATOR_CLOCK="manual",
        EVI_EMULATOR_PORT="8484",
    )
    assert done.stdout == "0 manual False\n", done.stderr


def test_an_api_key_of_ones_own() -> None:
    """The one that the server is told to accept is the one that the command gets."""
    done = run(
        "--api-key",
        "mine",
        *python(
            "print(os.environ['HUME_API_KEY'], ask('/v0/evi/configs')[0],"
            " ask('/v0/evi/configs', 'x')[0])"
        ),
    )
    assert done.stdout == "mine 200 401\n", done.stderr


def test_arguments_are_passed_on() -> None:
    """All of them as they are, flags and a second -- too; the first -- may be left out."""
    show = [sys.executable, "-c", "import sys; print(sys.argv[1:])", "--seed", "--", "-x", "a b"]
    for command in (["--", *show], show):
        done = run(*command)
        assert done.stdout == "['--seed', '--', '-x', 'a b']\n", done.stderr


def test_input_is_passed_on() -> None:
    """The command reads what the caller gives."""
    done = subprocess.run(
        [*EXEC, "--", sys.executable, "-c", "print(input())"],
        input="typed\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (done.returncode, done.stdout) == (0, "typed\n")


def test_several_at_once() -> None:
    """Each has a port of its own."""
    command = [*EXEC, *python("print(os.environ['HUME_BASE_URL'], ask('/v0/evi/configs')[0])")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [each.communicate(timeout=PATIENCE_S)[0].split() for each in running]
    assert [output[1] for output in outputs] == ["200", "200"]
    assert outputs[0][0] != outputs[1][0]


# a failure


def test_a_failure_shows_what_happened() -> None:
    """The timeline goes to stderr; a command that is fine shows nothing."""
    code = "ask('/v0/evi/configs'); ask('/v0/evi/configs/x'); sys.exit({})"
    done = run(*python(code.format(1)))
    assert done.stdout == ""
    first, *lines = done.stderr.splitlines()
    assert first == "what happened in the emulator:"
    assert lines[0].endswith("http     GET /v0/evi/configs -> 200")
    assert "http     GET /v0/evi/configs/x -> 422 " in lines[1]
    assert run(*python(code.format(0))).stderr == ""


def test_stubs_and_waiting_over_http() -> None:
    """What the fixtures do is there for other languages, too."""
    done = run(
        *python(
            "ask('/_emulator/stubs', operation='list-tools', status=503)\n"
            "print(ask('/v0/evi/tools')[0], ask('/v0/evi/tools')[0])\n"
            "found = ask('/_emulator/journal/wait?operation=list-tools&timeout=5')[1]['entries']\n"
            "print([each['status'] for each in found])"
        )
    )
    assert done.stdout == "503 200\n[503, 200]\n", done.stderr


def test_stubs_that_nobody_used() -> None:
    """As in a test: they are told, and the run fails."""
    done = run(*python("ask('/_emulator/stubs', operation='list-tools', status=503)"))
    assert done.returncode != 0
    assert "list-tools -> 503: used 0 of 1 times" in done.stderr


# signals to exec itself


@contextmanager
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """exec with a command that goes on for long, and the command's process id."""
    code = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    process = subprocess.Popen(
        [*EXEC, "--", sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        yield process, child
    finally:
        for each in (child, process.pid):
            if is_running(each):
                os.kill(each, signal.SIGKILL)
        process.communicate()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def ends(pid: int) -> bool:
    """Whether a process ends within a while."""
    give_up = time.monotonic() + 3
    while is_running(pid) and time.monotonic() < give_up:
        pass
    return not is_running(pid)


def test_ctrl_c(tmp_path: Path) -> None:
    """The terminal sends it to both; the run was not fine: 130, as shells say."""
    with running(tmp_path) as (process, child):
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_S) == 128 + signal.SIGINT
        assert ends(child)


def test_it_is_told_to_end(tmp_path: Path) -> None:
    """As CI does after its timeout: the command is told to end too, and is not left behind."""
    with running(tmp_path) as (process, child):
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
        assert ends(child)
        assert process.returncode in (128 + signal.SIGTERM, -signal.SIGTERM)


# what is found


def test_the_vendors_client_does_nothing_wrong() -> None:
    """It talks with every config of the demo seed, and there is nothing to complain of."""
    done = run("--fail-on", "error", *python(CLIENT), NO_PROXY="127.0.0.1")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 16  # the seed's 12 chats, and these


# programs that name the service's host

NODE_PROGRAM = """
fetch("https://api.hume.ai/v0/evi/configs?api_key=of-production")
  .then(async (answer) => console.log(answer.status, (await answer.json()).configs_page.length));
"""


PYTHON_PROGRAM = """
import hume, sys
print(len(hume.HumeClient(api_key="of-production").empathic_voice.tools.list_tools().items))
"""
CURL = (
    "curl -sS -o /dev/null -w '%{http_code}' https://api.hume.ai/v0/evi/tools -H X-Hume-Api-Key:a"
)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_intercept(tmp_path: Path) -> None:
    """Programs of Python, of Node and others reach one world; what they had set before stays."""
    (tmp_path / "app.js").write_text(NODE_PROGRAM)
    (tmp_path / "app.py").write_text(PYTHON_PROGRAM)
    (tmp_path / "mine.py").write_text("")
    python = f"{sys.executable} {tmp_path}/app.py && {sys.executable} -c 'import mine'"
    show = "echo $NODE_OPTIONS && echo $NO_PROXY"
    shell = ["--", "sh", "-c", f"node {tmp_path}/app.js && {python} && {show} && {CURL}"]
    before = {
        "NODE_OPTIONS": "--no-deprecation",
        "PYTHONPATH": str(tmp_path),
        "NO_PROXY": "mine.example",
        "PYTHONWARNINGS": "ignore",
    }
    done = run("--intercept", *shell, **before)
    assert done.returncode == 0, done.stderr
    node, found, options, direct, status = done.stdout.splitlines()
    assert (node, found, status) == ("200 4", "4", "200")
    assert options.startswith("--no-deprecation --require ")
    assert direct == "mine.example,localhost,127.0.0.1,::1"
    assert done.stderr == (
        "evi-emulator: redirected from the service: Node 1, httpx 1, the proxy 1\n"
    )


def test_intercept_without_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hooks of Python and Node work, and the user is told what brings the rest."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    code = "import http.client, os; print(os.environ.get('HTTPS_PROXY'))"
    done = run("--intercept", "--", sys.executable, "-c", code, HTTPS_PROXY="http://mine:3128")
    assert (done.returncode, done.stdout) == (0, "http://mine:3128\n")
    first, second = done.stderr.splitlines()
    assert first == (
        "evi-emulator: only programs of Python and Node are redirected: the others need the "
        "package trustme: pip install 'evi-emulator[tls]'"
    )
    assert second == (
        "evi-emulator: redirected from the service: nothing; only programs that name api.hume.ai "
        "or api.cloud.hume.ai are redirected"
    )


def test_intercept_where_other_proxies_are(tmp_path: Path) -> None:
    """One that can't be passed stays, and hosts that go by none are told of; both in a line."""
    show = ["--", "sh", "-c", "echo $HTTPS_PROXY"]
    done = run("--intercept", *show, HTTPS_PROXY="socks5://mine:1080", https_proxy="")
    assert done.stdout == "socks5://mine:1080\n"
    assert "redirected: HTTPS_PROXY must be an http proxy such as" in done.stderr
    done = run("--intercept", *show, NO_PROXY=".hume.ai", no_proxy="")
    assert done.stdout.startswith("http://127.0.0.1:")
    assert "NO_PROXY is '.hume.ai', so programs that honour it reach the service" in done.stderr


def test_the_inspector_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person sees where to look at the command's world; a log does not have it."""
    assert main(["exec", "--", "true"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["exec", "--", "true"]) == 0
    [told] = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"evi-emulator: the inspector is at http://\S+/_emulator/#key=\S+", told)


def test_intercept_where_one_proxy_is_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Where HTTPS_PROXY is not set, clients use ALL_PROXY; so that one is passed through."""
    target = read_target("http://127.0.0.1:9", "k")
    with intercept.intercepting({"ALL_PROXY": "socks5://mine:1080"}, target) as found:
        assert found.proxy is None
    assert "redirected: ALL_PROXY must be an http proxy such as" in capsys.readouterr().err
    with intercept.intercepting({"ALL_PROXY": "http://mine:3128"}, target) as found:
        assert found.environment["HTTPS_PROXY"].startswith("http://127.0.0.1:")
    assert capsys.readouterr().err == ""


def test_intercept_from_a_path_with_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Node splits its options at blanks that are not in quotes."""
    monkeypatch.setattr(intercept, "NODE_SCRIPTS", PureWindowsPath(r"C:\a b\node"))
    found = intercept.with_hooks({"A": "1"})
    assert found == {
        "A": "1",
        "NODE_OPTIONS": r'--require "C:\\a b\\node\\preload.cjs"',
        "PYTHONPATH": str(intercept.PYTHON_FOLDER),
    }
