"""The versions of the vendor's clients that `make test-clients` runs, and what each needs."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.testing.world import Evi

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parents[1] / ".clients"  # where make puts them
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Client:
    """One version; its environment is described in `environments/` under the same name."""

    name: str
    needs_tls: bool = False  # it opens chats with wss:// alone
    needs_inline_prosody: bool = False  # it knows no assistant_prosody
    has_older_credentials: bool = False  # it sends apiKey and accessToken in handshakes

    @property
    def environment(self) -> Path:
        return ENVIRONMENTS / self.name

    @property
    def is_react(self) -> bool:
        return self.name.startswith("react")

    def why_not(self) -> str:
        """Return what is missing to run it, or nothing."""
        if not (self.environment / "made").is_file():
            return f"run make test-clients: {self.environment} is not there"
        if not self.name.startswith("python") and shutil.which("node") is None:
            return "node is not installed"
        return ""

    def settings(self) -> Mapping[str, Any]:
        """Return the settings of a world for it."""
        return {"prosody": "inline"} if self.needs_inline_prosody else {}

    def run(self, evi: Evi, do: str, **given: Any) -> Any:
        """Return what the client makes of a task of its driver."""
        task = {"url": evi.url, "key": evi.api_key, "do": do, **given}
        if self.name.startswith("python"):
            command = [str(self.environment / "bin" / "python"), "-I", str(HERE / "driver.py")]
        else:
            command = ["node", str(HERE / "driver.mjs")]
        done = subprocess.run(
            command,
            cwd=self.environment,
            env=evi.env,
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
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
)
