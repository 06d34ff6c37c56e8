"""A page that names the service's host, in a browser with a rule of its own for that host."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOST = "api.hume.ai"
PATIENCE_S = 60

PAGE = """<!doctype html><script type="module">
const told = {};
try {
  const headers = { "X-Hume-Api-Key": "KEY" };
  const answer = await fetch("https://HOST/v0/evi/configs", { headers });
  told.status = answer.status;
  const socket = new WebSocket("wss://HOST/v0/evi/chat?api_key=KEY");
  told.type = await new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
    socket.onerror = () => reject(new Error("no socket"));
  });
} catch (error) {
  told.error = String(error);
}
await fetch("/", { method: "POST", body: JSON.stringify(told) });
</script>"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


class App:
    """Serves a page, and waits for what it tells."""

    def __init__(self, api_key: str) -> None:
        self.told: dict[str, Any] = {}
        self.is_over = threading.Event()
        page = PAGE.replace("HOST", HOST).replace("KEY", api_key).encode()
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(page)

            def do_POST(self) -> None:
                app.told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(b"")
                app.is_over.set()

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = HTTPServer(("localhost", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def secure() -> Iterator[Emulator]:
    with Emulator(tls=True, allowed_hosts=[HOST]) as server:
        yield server


def test_chromium(secure: Emulator, tmp_path: Path) -> None:
    """The host leads to the emulator's port, for requests and sockets: docs/unchanged-apps.md."""
    port = secure.url.rpartition(":")[2]
    with closing(secure.world()) as evi, closing(App(evi.api_key)) as app:
        browser = subprocess.Popen(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",
                f"--user-data-dir={tmp_path}",
                f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{port}",
                "--ignore-certificate-errors",
                app.url,
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            app.is_over.wait(PATIENCE_S)
        finally:
            browser.terminate()
            browser.wait()
        assert app.told == {"status": 200, "type": "chat_metadata"}
        assert [entry["status"] for entry in evi.journal.entries("http")][-2:] == [200, 101]
