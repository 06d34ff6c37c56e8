"""What a browser's recorder makes of a microphone is heard, whatever pieces it comes in."""

from collections.abc import Iterator

import pytest
from httpx import Client
from playwright.sync_api import Browser

from emulator.server import Server
from tests.inspector.browsing import Inspector
from tests.inspector.tab import Tab

CALLS = 20
PATIENCE_MS = 60_000
# Each call has a recorder and a socket of its own; all record one voice, which speaks for a second
# once they are all at it. The result is, of each call, the size of its first frame and what came.
CALL = """async ([url, mimeType, calls, patienceMs]) => {
  const context = new AudioContext();
  await context.resume();
  const [voice, loudness] = [context.createOscillator(), context.createGain()];
  const room = context.createMediaStreamDestination();
  loudness.gain.value = 0;
  voice.connect(loudness).connect(room);
  voice.start();
  const begin = async () => {
    const socket = new WebSocket(url);
    await new Promise((resolve) => (socket.onopen = resolve));
    const recorder = new MediaRecorder(room.stream, { mimeType });
    const told = new Promise((resolve) => {
      setTimeout(() => resolve("nothing"), patienceMs);
      socket.onclose = ({ code }) => resolve(`closed ${code}`);
      socket.onmessage = ({ data }) => {
        const { type, code, message } = JSON.parse(data);
        if (type === "error") resolve(code);
        if (type === "user_message") resolve(message.content);
      };
    });
    const first = await new Promise((resolve) => {
      recorder.ondataavailable = ({ data }) => {
        if (data.size && socket.readyState === WebSocket.OPEN) socket.send(data);
        if (data.size) resolve(data.size);
      };
      recorder.start(20);
    });
    return { first, told, recorder, socket };
  };
  const begun = await Promise.all(Array.from({ length: calls }, begin));
  loudness.gain.setValueAtTime(0.5, context.currentTime);
  loudness.gain.setValueAtTime(0, context.currentTime + 1);
  const results = [];
  for (const { first, told, recorder, socket } of begun) {
    results.push([first, await told]);
    recorder.stop();
    socket.close();
  }
  await context.close();
  return results;
}"""


@pytest.fixture
def tab(browser: Browser, server: Server) -> Iterator[Tab]:
    """A new tab for each test: twenty recorders keep up with real time in a new process alone."""
    tab = Tab(browser, server.url)
    yield tab
    tab.close()


@pytest.mark.parametrize("mime", ["audio/webm;codecs=opus", "audio/mp4;codecs=opus"])
def test_every_call_is_heard(inspector: Inspector, remote: Client, mime: str) -> None:
    """Also those whose first frame is a single byte of WebM."""
    page = inspector.page
    page.goto(f"{inspector.url}/openapi.json")
    page.mouse.click(1, 1)  # without which a page may make no sound
    if not page.evaluate("(mime) => MediaRecorder.isTypeSupported(mime)", mime):
        pytest.skip(f"this Chromium does not record {mime}")
    for _ in range(2 * CALLS):  # a busy machine may stutter, which makes two turns of one
        remote.post("/_emulator/heard", json={"text": "Where is my order?"})
    url = f"{inspector.url.replace('http', 'ws')}/v0/evi/chat?api_key={inspector.api_key}"
    results = page.evaluate(CALL, [url, mime, CALLS, PATIENCE_MS])

    assert [told for _, told in results] == ["Where is my order?"] * CALLS
    if "webm" in mime:
        assert 1 in [first for first, _ in results]
