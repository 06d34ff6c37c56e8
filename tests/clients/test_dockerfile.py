"""The Dockerfile: its steps, run in a folder in place of the image's root, make a server.

No Docker is needed, and none is used: the folder's Python is this machine's.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from scripts.installed import user_environment as environment
from tests.clients.fresh import ROOT, run
from tests.docs.test_ci_page import DOCKERFILE

_FOLDERS = "opt|data|src"  # of the image that our instructions name


@dataclass
class Image:
    """An image that is being made: its root is a folder, at one path for every stage."""

    root: Path
    cwd: str = "/"
    variables: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # USER, CMD and so on, as they are
    _stage: str = ""

    def follow(self, word: str, rest: str) -> None:
        """Do what an instruction says."""
        step = getattr(self, f"_{word.lower()}", None)
        if step is None:
            self.words[word] = rest
        else:
            step(rest)

    def _from(self, rest: str) -> None:
        """Begin a stage with an empty root. The root of the one before is kept beside it."""
        if self.root.exists():
            self.root.rename(self._kept(self._stage))
        self._stage = rest.rpartition(" AS ")[2] if " AS " in rest else ""
        self.root.mkdir()
        self.cwd, self.variables = "/", {}

    def _kept(self, stage: str) -> Path:
        return self.root.with_name(f"stage-{stage}")

    def _workdir(self, rest: str) -> None:
        self.cwd = rest
        self.path(rest).mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        """Copy files of the checkout, or of an earlier stage."""
        flag = re.match(r"--from=(\w+) ", rest)
        *sources, target = rest[flag.end() :].split() if flag else rest.split()
        for source in sources:
            path = self._kept(flag[1]) / source[1:] if flag else ROOT / source
            to = self.path(target) if path.is_dir() else self.path(target) / path.name
            to.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, to, symlinks=True)
            else:
                shutil.copy(path, to)

    def _env(self, rest: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", rest):
            before = environment()["PATH"]
            self.variables[name] = self.inside(value).replace("$PATH", before)

    def _run(self, rest: str) -> None:
        run(["sh", "-ec", self.inside(rest)], self.path(self.cwd), self.environment())

    def path(self, name: str) -> Path:
        """Return a path of the image in its root."""
        full = name if name.startswith("/") else os.path.join(self.cwd, name)
        return Path(f"{self.root}{os.path.normpath(full)}")

    def inside(self, text: str) -> str:
        """Return a text with the image's paths led into its root."""
        return re.sub(rf"(?<![\w./])/({_FOLDERS})\b", rf"{self.root}/\1", text)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of the image, with a Python that is called `python`."""
        given: Mapping[str, str] = {"PATH": self._python_first(), **self.variables}
        return environment(**given, **more)

    def _python_first(self) -> str:
        tools = self.root.with_name("tools")
        if not tools.exists():
            tools.mkdir()
            (tools / "python").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
        return f"{tools}:{environment()['PATH']}"


def words(text: str) -> list[str]:
    """Return the words of an instruction in the form of a JSON list."""
    found: list[str] = json.loads(text[text.index("[") :])
    return found


def status(url: str, host: str) -> int:
    """Return the status of the answer to a GET for a Host."""
    try:
        with urlopen(Request(url, headers={"X-Hume-Api-Key": "any", "Host": host})) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


@pytest.mark.process
def test_the_steps_make_a_server_that_is_healthy(tmp_path: Path) -> None:
    """It serves under the names of the page, and its health check passes once it serves."""
    image = Image(tmp_path / "root")
    for word, rest in DOCKERFILE.lines:
        image.follow(word, rest)
    assert list(image.root.iterdir()) != []
    assert not (image.root / "src").exists()

    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = str(unused.getsockname()[1])
    variables = image.environment(EVI_EMULATOR_PORT=port)
    check = [word.replace("8484", port) for word in words(image.words["HEALTHCHECK"])]
    command = words(image.words["ENTRYPOINT"]) + words(image.words["CMD"])
    program = shutil.which(command[0], path=variables["PATH"])
    assert program == f"{image.root}/opt/evi-emulator/bin/evi-emulator"
    check[-1] = "30s"  # in place of Docker's retries
    with subprocess.Popen(
        [program, *command[1:]], cwd=image.path(image.cwd), env=variables, stdout=subprocess.PIPE
    ) as process:
        try:
            printed = run([program, *check[1:]], image.path(image.cwd), variables)
            assert printed.startswith("ready: ")
            health = f"http://127.0.0.1:{port}/_emulator/health"
            for host in ("evi-emulator:8484", "host.docker.internal:8484", "192.0.2.7:8484"):
                assert status(health, host) == 200
            assert status(health, "elsewhere.example") == 403
        finally:
            process.send_signal(signal.SIGTERM)
