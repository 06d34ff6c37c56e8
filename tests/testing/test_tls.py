"""The certificate made on the spot: its file, its end, and the commands that are told of it."""

import os
import re
import signal
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from emulator import Emulator, __version__
from emulator.cli.main import main
from emulator.errors import StartupError
from emulator.server import Server
from emulator.settings import Settings
from tests.outgoing.receiver import Receiver

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "emulator"]
PATIENCE_S = 30


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator(tls=True) as server:
        yield server


@pytest.fixture
def ca(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """The CA's file; nothing in the environment names it."""
    monkeypatch.delenv("EVI_EMULATOR_CA_FILE", raising=False)
    return str(server.ca_file)


def test_its_folder_is_private_and_goes() -> None:
    """Nobody else reads the private key beside the CA, and nothing is left behind."""
    with Emulator(seed="empty", tls=True) as server:
        folder = Path(str(server.ca_file)).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert "PRIVATE KEY" not in Path(str(server.ca_file)).read_text()
    assert not folder.exists()


def test_it_is_new_each_time() -> None:
    """No two emulators share a CA, so trusting one is to trust no other."""
    with Emulator(seed="empty", tls=True) as one, Emulator(seed="empty", tls=True) as other:
        assert Path(str(one.ca_file)).read_text() != Path(str(other.ca_file)).read_text()


def test_whom_it_is_for(server: Emulator) -> None:
    """This machine, the bound host, and the allowed hosts."""
    settings = Settings(
        seed="empty", port=0, tls=True, host="127.0.0.9", allowed_hosts=("emulator.test",)
    )
    with Server(settings) as own:
        port = int(own.url.rsplit(":", 1)[1])
        pem = ssl.get_server_certificate(("127.0.0.9", port), ca_certs=own.ca_file)
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == {
        "localhost", "127.0.0.1", "::1", "127.0.0.9", "emulator.test"
    }  # fmt: skip


def test_without_tls_there_is_none() -> None:
    """No file, no variable."""
    with Emulator(seed="empty") as server:
        evi = server.world()
        assert (server.ca_file, evi.ca_file) == (None, None)
        assert evi.env.get("EVI_EMULATOR_CA_FILE") == os.environ.get("EVI_EMULATOR_CA_FILE")


def test_without_trustme(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what to install, and leaves no socket behind."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(StartupError, match=r"pip install 'evi-emulator\[tls\]'"):
        Server(Settings(seed="empty", port=0, tls=True))
    assert main(["serve", "--port", "0", "--seed", "empty", "--tls"]) == 3
    assert "pip install 'evi-emulator[tls]'" in capsys.readouterr().err


def test_a_name_that_no_certificate_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named."""
    with pytest.raises(StartupError, match="no certificate for .*täst_ü"):
        Server(Settings(seed="empty", port=0, tls=True, allowed_hosts=("-täst_ü.",)))


@pytest.mark.process
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_where_the_ca_is(end: signal.Signals) -> None:
    """On a line of its own; the folder goes with Ctrl-C, and when the process is told to end."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--seed", "empty", "--tls"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(8)]
        match = re.search(
            r" on (https://127\.0\.0\.1:\d+)\n.*\n  CA file +(\S+)$", "".join(lines), re.S
        )
        assert match is not None, lines
        url, ca_file = match.groups()
        assert main(["ready", "--url", url, "--ca", ca_file]) == 0
        process.send_signal(end)
        assert process.communicate(timeout=PATIENCE_S) == ("", "")
    finally:
        process.kill()
        process.communicate()
    assert not Path(ca_file).parent.exists()


@pytest.mark.process
def test_exec_passes_it_on() -> None:
    """The variables that common clients read name the file, and this one's own commands use it."""
    code = (
        "import os, subprocess, sys, urllib.request as u\n"
        "names = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']\n"
        "print({os.environ[each] for each in names} == {os.environ['EVI_EMULATOR_CA_FILE']})\n"
        "url = os.environ['HUME_BASE_URL']\n"
        "print(u.urlopen(url + '/_emulator/health').status, flush=True)\n"
        "emulator = [sys.executable, '-m', 'emulator']\n"
        "subprocess.run([*emulator, 'ready', '--url', url], stdout=2, check=True)\n"
        "subprocess.run([*emulator, 'seed', 'check', 'demo'], stdout=2, check=True)\n"
    )
    done = subprocess.run(
        [*COMMAND, "exec", "--tls", "--", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env={name: v for name, v in os.environ.items() if name != "HTTPS_PROXY"},
    )
    assert (done.returncode, done.stdout) == (0, "True\n200\n"), done.stderr


# commands


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    return code, *capsys.readouterr()


def test_ready(server: Emulator, ca: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the CA's file it answers; without it says that the certificate isn't trusted."""
    code, output, _ = run(capsys, "ready", "--url", server.url, "--ca", ca)
    assert (code, output) == (0, f"ready: evi-emulator {__version__} on {server.url}\n")
    code, _, errors = run(capsys, "ready", "--url", server.url, "--timeout", "1ms")
    assert code == 1
    assert "CERTIFICATE_VERIFY_FAILED" in errors


def test_simulate(
    server: Emulator,
    ca: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file may come from the environment."""
    monkeypatch.setenv("EVI_EMULATOR_CA_FILE", ca)
    code, output, _ = run(capsys, "simulate", "weather", "--url", server.url)
    assert code == 0
    assert "status USER_ENDED" in output


def test_trigger(
    server: Emulator, ca: str, capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    """At a running emulator, or with one of its own."""
    to = ("chat_ended", "--to", receiver.url)
    code, *_ = run(capsys, "trigger", *to, "--url", server.url, "--ca", ca)
    assert code == 0
    code, *_ = run(capsys, "trigger", *to)
    assert (code, len(receiver.log())) == (0, 2)


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file or directory"), ("no certificate", "it is not a certificate in PEM")],
)
def test_a_bad_file(
    content: str | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is wrong usage, told at once."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    code, _, errors = run(capsys, "ready", "--url", "https://127.0.0.1:1", "--ca", str(path))
    assert code == 2
    assert errors == f"evi-emulator: the CA's file {str(path)!r} can't be read: {why}\n"


# listening for others


@pytest.mark.process
@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("localhost", False)])
def test_serve_warns_when_others_can_reach_it(host: str, warned: bool) -> None:
    """Everybody there can change all worlds, and stderr says so."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--seed", "empty", "--host", host],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split(" on ")[1].split()[0]
        assert main(["ready", "--url", url]) == 0  # before that, Ctrl-C may meet Python itself
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.communicate()
    assert errors == (
        "evi-emulator: it listens on 0.0.0.0, not on this machine alone: everybody who reaches it "
        "can read and change all worlds; --host 127.0.0.1 keeps others out\n"
        if warned
        else ""
    )
