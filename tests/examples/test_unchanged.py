"""Programs that know nothing of the emulator run as they are, by `exec --intercept`."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

import emulator
from tests.cli.shell import Done, run_here

EXAMPLES = Path(emulator.__file__).parent.parent / "examples"
PROGRAMS = EXAMPLES / "unchanged"
APP = EXAMPLES / "nextjs" / "app"  # the fifth kind
VENDORS = EXAMPLES.parent / "tests" / "node" / "node_modules" / "hume"
ABOUT_US = re.compile(
    r"emulator|intercept|base_?url|environment:|127\.0\.0\.1|proxy", re.IGNORECASE
)
QUIET = {"PYTHONWARNINGS": "ignore"}  # of what the vendor's client imports

# Starts the service, holds a chat whose end is told to it, and prints what the service prints.
CALLER = """
import subprocess, sys
from hume import HumeClient
from hume.empathic_voice import UserInput
service = subprocess.Popen([sys.executable, sys.argv[1], "0"], stdout=subprocess.PIPE, text=True)
url = service.stdout.readline().split()[-1]
hume = HumeClient(api_key="of-production").empathic_voice
webhooks = [{"url": url, "events": ["chat_ended"]}]
config = hume.configs.create_config(evi_version="3", name="Told", webhooks=webhooks)
with hume.chat.connect(config_id=config.id) as chat:
    chat.send_publish(UserInput(text="Good morning"))
    next(event for event in chat if event.type == "assistant_end")
print(service.stdout.readline(), service.stdout.readline(), sep="", end="")
service.terminate()
service.wait()
"""


def intercept(*words: str, typed: str = "") -> Done:
    """Run a program in whose input somebody has typed."""
    reading = f"printf %s '{typed}' | {' '.join(words)}" if typed else ""
    command = ["sh", "-c", reading] if reading else list(words)
    return run_here("exec", "--intercept", "--fail-on", "error", "--", *command, **QUIET)


def test_no_program_knows_of_the_emulator() -> None:
    """No word in them is about it, or leads a client elsewhere."""
    files = [path for path in [*PROGRAMS.rglob("*"), *APP.rglob("*")] if path.is_file()]
    kinds = {path.suffix for path in files if path.name != "README.md"}
    assert kinds == {".py", ".mjs", ".json", ".ts", ".tsx"}
    found = {
        str(path.relative_to(EXAMPLES)): match[0]
        for path in files
        if path.name != "README.md" and (match := ABOUT_US.search(path.read_text()))
    }
    assert found == {}


@pytest.mark.process
def test_python_chat() -> None:
    """Each line is answered; the contract finds no error."""
    done = intercept(
        sys.executable, str(PROGRAMS / "python-chat" / "chat.py"), typed="Hello\nGood morning\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("assistant: ") >= 2
    assert "redirected from the service: websockets 1\n" in done.stderr


@pytest.mark.process
def test_python_webhooks() -> None:
    """The service checks the signature of an event, and asks what was said."""
    service = str(PROGRAMS / "python-webhooks" / "service.py")
    done = intercept(sys.executable, "-c", CALLER, service)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "user: Good morning"
    assert second.startswith("assistant: ")


@pytest.mark.process
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(not VENDORS.is_dir(), reason="tests/node/node_modules is missing (npm)")
def test_node_chat(tmp_path: Path) -> None:
    """Each line is answered, with the package that the program names."""
    shutil.copytree(PROGRAMS / "node-chat", tmp_path, dirs_exist_ok=True)
    package = json.loads((tmp_path / "package.json").read_text())
    assert list(package["dependencies"]) == ["hume"]
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "hume").symlink_to(VENDORS)
    done = intercept("node", str(tmp_path / "chat.mjs"), typed="Hello\nGood morning\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("assistant: ") >= 2
    assert "redirected from the service: Node 1\n" in done.stderr
