"""The versions of the clients that `make test-clients` runs, and what each needs."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.testing.world import Evi

HERE = Path(__file__).resolve().parent
ENVIRONMENT_FILES = HERE / "environments"
ENVIRONMENTS = HERE.parents[1] / ".clients"  # where make puts them
TIMEOUT_S = 60
SLOW_S = 180  # an agents framework takes half a minute to import, where other things run, too


@dataclass(frozen=True, slots=True)
class Client:
    """One version; its environment is described in `environments/` under the same name."""

    name: str
    needs_tls: bool = False  # it opens chats with wss:// alone
    needs_inline_prosody: bool = False  # it knows no assistant_prosody
    has_older_credentials: bool = False  # it sends apiKey and accessToken in handshakes
    driver: str = ""  # its own, which does several tasks at once; it has no other

    @property
    def environment(self) -> Path:
        return ENVIRONMENTS / self.name

    @property
    def is_react(self) -> bool:
        return self.name.startswith("react")

    @property
    def is_package(self) -> bool:
        """Return True for the vendor's packages for Python and Node."""
        return not (self.is_react or self.driver)

    def why_not(self) -> str:
        """Return what is missing to run it, or nothing."""
        if not (self.environment / "made").is_file():
            return f"run make test-clients: {self.environment} is not there"
        if not self.runs_python and shutil.which("node") is None:
            return "node is not installed"
        return ""

    @property
    def runs_python(self) -> bool:
        return (ENVIRONMENT_FILES / f"{self.name}.txt").is_file()

    def settings(self) -> Mapping[str, Any]:
        """Return the settings of a world for it."""
        return {"prosody": "inline"} if self.needs_inline_prosody else {}

    def run(self, evi: Evi, do: str, **given: Any) -> Any:
        """Return what the client makes of a task of its driver."""
        task = {"url": evi.url, "key": evi.api_key, "do": do, **given}
        driver = "driver.py" if self.runs_python else "driver.mjs"
        return self._done(driver, task, evi.env, TIMEOUT_S)

    def run_all(self, tasks: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return what it makes of tasks of its own driver, all in one process."""
        results: list[Any] = self._done(self.driver, list(tasks), dict(os.environ), SLOW_S)
        return results

    def _done(self, driver: str, task: Any, env: Mapping[str, str], timeout_s: float) -> Any:
        python = [str(self.environment / "bin" / "python"), "-I"]
        done = subprocess.run(
            [*(python if self.runs_python else ["node"]), str(HERE / driver)],
            cwd=self.environment,
            env=env,
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


CLIENTS = (
    Client("python-0.9", needs_inline_prosody=True, has_older_credentials=True),
    Client("python-0.12", has_older_credentials=True),
    Client("python-0.14"),
    Client("node-0.9", needs_tls=True, needs_inline_prosody=True, has_older_credentials=True),
    Client("node-0.14", has_older_credentials=True),
    Client("node-0.16"),
    Client("react-0.1", needs_tls=True, needs_inline_prosody=True, has_older_credentials=True),
    Client("react-0.2"),
    Client("livekit-1.8", driver="driver_livekit.py"),
    Client("pipecat-1.14", driver="driver_pipecat.py"),
    Client("aisdk-3.0", driver="driver_ai_sdk.mjs"),
)
NODE_KIT = Client("node-kit")  # no client, but a project that tests with our package for Node
NODE_KIT_OLDER = Client("node-kit-older")  # the same with the oldest frameworks that it works with
NEXTJS = Client("nextjs")  # an example's project, whose package.json describes it
RELEASE = Client("release")  # no client, but the tools of a release
RECOGNISER = Client("pocketsphinx-5.1", driver="driver_pocketsphinx.py")  # no client, but ears
