"""Firefox, driven over WebDriver BiDi: https://w3c.github.io/webdriver-bidi/."""

import json
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.inspector.tab import TELL_VIOLATIONS

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
PATIENCE_MS = 30_000  # of a busy machine
START_S = 60
_ATTEMPTS = 3
ENTER = "\ue007"  # among the keys that are pressed
_LISTENING = "WebDriver BiDi listening on "

# Settles once the function gives a value that counts as true, and with it.
_WAIT = """(async () => {
  const end = performance.now() + %d;
  for (;;) {
    const found = (%s)();
    if (found) return found;
    if (performance.now() > end) throw new Error(`never true: ${%s}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
})()"""
_VISIBLE = "(each) => each.checkVisibility({ visibilityProperty: true })"


class BidiError(AssertionError):
    """What Firefox has answered to a command, or an exception of a script."""


class Firefox:
    """One tab. Elements are named by a CSS selector, and a text that they contain."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self.errors: list[str] = []  # of the console
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        self._send("script.addPreloadScript", functionDeclaration=f"() => {{ {TELL_VIOLATIONS} }}")
        tree = self._send("browsingContext.getTree")
        self._tab: str = tree["contexts"][0]["context"]

    def _send(self, method: str, **parameters: Any) -> Any:
        """Return the result of a command. Raises BidiError."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=START_S))
            if message.get("id") == number:
                if message["type"] == "error":
                    raise BidiError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]
            self._note(message)

    def _note(self, message: Any) -> None:
        if message.get("method") == "log.entryAdded":
            entry = message["params"]
            if entry["level"] in ("error", "warn"):
                self.errors.append(f"{entry['level']}: {entry['text']}")

    def open(self, url: str) -> None:
        """Open a page anew, even one that differs by its fragment alone."""
        for each in ("about:blank", url):
            self._send("browsingContext.navigate", context=self._tab, url=each, wait="complete")

    def resize(self, width: int, height: int = 740) -> None:
        viewport = {"width": width, "height": height}
        self._send("browsingContext.setViewport", context=self._tab, viewport=viewport)

    def evaluate(self, script: str) -> Any:
        """Return the JSON value of an expression, or of the promise that it gives."""
        text = f"Promise.resolve({script}).then((value) => JSON.stringify(value ?? null))"
        return json.loads(self._run(text)["value"])

    def _run(self, script: str) -> Any:
        done = self._send(
            "script.evaluate",
            expression=script,
            target={"context": self._tab},
            awaitPromise=True,
            userActivation=True,
        )
        if done["type"] == "exception":
            raise BidiError(done["exceptionDetails"]["text"])
        return done["result"]

    def wait_for(self, condition: str) -> Any:
        """Wait until an expression is true."""
        function = f"() => {condition}"
        return self.evaluate(_WAIT % (PATIENCE_MS, function, json.dumps(condition)))

    def _find(self, selector: str, text: str) -> Any:
        """Return the first visible element, once there is one."""
        found = (
            f"[...document.querySelectorAll({json.dumps(selector)})].filter({_VISIBLE})"
            f".find((each) => (each.innerText ?? '').includes({json.dumps(text)}))"
        )
        told = json.dumps(f"{selector} with {text!r}")
        return self._run(_WAIT % (PATIENCE_MS, f"() => {found}", told))

    def expect(self, selector: str, text: str = "") -> None:
        """Wait until such an element is in sight."""
        self._find(selector, text)

    def click(self, selector: str, text: str = "") -> None:
        """Click an element, as a mouse does; one that was drawn anew meanwhile is found again."""
        for attempt in range(_ATTEMPTS):
            try:
                self._click(self._find(selector, text)["sharedId"])
                return
            except BidiError:
                if attempt == _ATTEMPTS - 1:
                    raise

    def _click(self, shared_id: str) -> None:
        self._send(
            "script.callFunction",
            functionDeclaration="(each) => each.scrollIntoView({ block: 'center' })",
            arguments=[{"sharedId": shared_id}],
            target={"context": self._tab},
            awaitPromise=False,
        )
        origin = {"type": "element", "element": {"sharedId": shared_id}}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": steps})

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.click(selector)
        self.press(*text)

    def press(self, *keys: str) -> None:
        steps = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": steps})

    def _act(self, *sources: Any) -> None:
        self._send("input.performActions", context=self._tab, actions=list(sources))


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """Start Firefox without a window, on an empty profile; it ends with the block."""
    assert FIREFOX is not None
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(profile)]
    process = subprocess.Popen(
        [*command, "--remote-debugging-port=0", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines = process.stderr
    rest = Thread(target=lambda: deque(lines, maxlen=0))  # read, so that Firefox never waits
    try:
        told = (line.partition(_LISTENING)[2].strip() for line in lines if _LISTENING in line)
        address = next(told, None)
        assert address, "Firefox has ended without listening for WebDriver BiDi"
        rest.start()
        with connect(f"{address}/session", max_size=None, proxy=None) as socket:
            yield Firefox(socket)
    finally:
        process.terminate()
        process.wait()
        if rest.ident is not None:
            rest.join()
        lines.close()
