"""The start-up hook of Python's processes: it redirects, and harms no program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.cli.intercept import PYTHON_FOLDER
from emulator.redirection.startup import NOTES_ENV
from emulator.testing.world import Evi

pytestmark = pytest.mark.process

ASK = """
import urllib.request
request = urllib.request.Request(
    "https://api.hume.ai/v0/evi/configs?page_size=1", headers={"X-Hume-Api-Key": "of-production"}
)
print(urllib.request.urlopen(request).status)
"""


def run(code: str, *folders: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the hook, whose PYTHONPATH then has further folders."""
    path = os.pathsep.join(map(str, (PYTHON_FOLDER, *folders)))
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HUME_API_KEY": "k", **environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_it_redirects_and_runs_the_programs_own_hook(evi: Evi, tmp_path: Path) -> None:
    """A sitecustomize that it hides runs after it, and is what a program finds by that name."""
    (tmp_path / "sitecustomize.py").write_text("print('mine')\nvalue = 3\n")
    notes = tmp_path / "notes"
    notes.touch()
    code = f"{ASK}\nimport sitecustomize, sys; print(sitecustomize.value, sys.path[1])"
    done = run(code, tmp_path, **{**evi.env, NOTES_ENV: str(notes)})
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["mine", "200", f"3 {tmp_path}"]
    assert len(evi.journal.entries("http")) == 1
    assert notes.read_text() == "redirected\thttp.client\n"


def test_what_it_can_not_redirect(evi: Evi, tmp_path: Path) -> None:
    """It is told on stderr and in the notes, once, and does not reach the service."""
    notes = tmp_path / "notes"
    notes.touch()
    connect = "try: socket.create_connection(('api.hume.ai', 443))\nexcept OSError: print('no')\n"
    done = run(f"import socket\n{connect}{connect}", **{**evi.env, NOTES_ENV: str(notes)})
    assert done.stdout == "no\nno\n"
    [told] = done.stderr.splitlines()
    assert told.startswith("evi-emulator: could not redirect a connection to api.hume.ai, and has")
    assert notes.read_text().startswith("refused\tcould not redirect")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "HUME_BASE_URL is not set, so nothing is redirected"),
        ("nowhere", "HUME_BASE_URL must be a URL such as http://127.0.0.1:8484, got 'nowhere'"),
    ],
)
def test_without_an_address(url: str, told: str) -> None:
    """The program is told, and goes on; its requests don't reach the service."""
    done = run("import http.client, urllib.request; print('on')", HUME_BASE_URL=url)
    assert done.stdout == "on\n"
    assert done.stderr.splitlines() == [
        f"evi-emulator: {told}" + ("" if not url else "; nothing is redirected")
    ]


def test_a_hook_that_fails(tmp_path: Path) -> None:
    """A folder that is incomplete, for example: the program goes on, and the user is told."""
    folder = tmp_path / "cli" / "python"
    folder.mkdir(parents=True)
    hook = (PYTHON_FOLDER / "sitecustomize.py").read_text()
    (folder / "sitecustomize.py").write_text(hook)
    done = subprocess.run(
        [sys.executable, "-c", "print('on')"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "on\n"
    assert "the redirection of Python failed: ModuleNotFoundError" in done.stderr
    assert done.stderr.endswith("the program goes on without it\n")
