"""What the opening of a chat brings: plain chats load nothing of models, ears and engines."""

import subprocess
import sys

import pytest

WHILE_SERVING = """
import sys
from urllib.request import Request, urlopen

from websockets.sync.client import connect

from emulator import Emulator

AWAITED = {
    "aiohttp",
    "espeakng_loader",
    "emulator.apis.evi.ears.caller",
    "emulator.apis.evi.ears.transcription",
    "emulator.apis.evi.model.caller",
    "emulator.apis.evi.model.event_stream_call",
    "emulator.apis.evi.model.socket_call",
    "emulator.audio.espeak",
    "emulator.audio.espeak_engine",
}


def turn(world, last):
    with connect(f"{world.ws_url}?api_key={world.api_key}", proxy=None) as socket:
        socket.send('{"type": "user_input", "text": "Hello"}')
        while f'"type":"{last}"' not in socket.recv(timeout=30):
            pass


with Emulator(seed="empty") as server:
    plain = server.world()
    url = f"{plain.url}/v0/evi/configs"
    urlopen(Request(url, headers={"X-Hume-Api-Key": plain.api_key})).read()
    turn(plain, "assistant_end")
    plain.simulate(user=["Hello"])
    print(sorted(AWAITED & sys.modules.keys()))
    with_brain = server.world(brain="http://127.0.0.1:9", ears="http://127.0.0.1:9")
    turn(with_brain, "error")  # nobody is there
    print(sorted(AWAITED & sys.modules.keys()))
"""


@pytest.mark.process
def test_nothing_of_models_and_engines_is_loaded_before_it_is_asked_for() -> None:
    """A request, a chat and a simulated one do without; the names are those that a brain brings."""
    command = [sys.executable, "-c", WHILE_SERVING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    plain, asked_for = done.stdout.splitlines()
    assert plain == "[]"
    assert asked_for == str(
        [
            "aiohttp",
            "emulator.apis.evi.ears.caller",
            "emulator.apis.evi.ears.transcription",
            "emulator.apis.evi.model.caller",
            "emulator.apis.evi.model.event_stream_call",
            "emulator.apis.evi.model.socket_call",
        ]
    )
