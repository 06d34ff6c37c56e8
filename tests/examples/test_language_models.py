"""The examples of custom language models pass the check, and chats of the emulator ask them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulator.testing.world import Evi
from tests.examples.test_examples import EXAMPLES
from tests.testing.talking import http, talking

NODE = shutil.which("node")
COMMANDS = [
    pytest.param([sys.executable, "clm-python/server.py", "0"], id="python"),
    pytest.param(
        [str(NODE), "clm-node/server.mjs", "0"],
        id="node",
        marks=pytest.mark.skipif(NODE is None, reason="node is not installed"),
    ),
]
KEY = "key-of-the-example"
WEATHER = {
    "type": "function",
    "name": "get_current_weather",
    "parameters": '{"type": "object", "properties": {"location": {"type": "string"}}}',
}

pytestmark = pytest.mark.process


@contextmanager
def started(command: list[str], folder: Path = EXAMPLES) -> Iterator[str]:
    """Start a server on any port; yield its URL once it says where it listens."""
    environment = {**os.environ, "CLM_KEY": KEY, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            told = ""
            for line in process.stdout:
                told += line
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield f"{found[0]}/chat/completions"
                    break
            else:
                pytest.fail(f"the server has ended: {told}")
        finally:
            process.terminate()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_check_passes(command: list[str], evi: Evi) -> None:
    """Without a warning; no case is skipped, as there are tools and a key."""
    with started(command) as url:
        results = evi.clm_check(url, key=KEY)
    assert [each for each in results if each.level != "pass"] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_chat(command: list[str], evi: Evi) -> None:
    """A config names the server; its words are spoken, its tool is called, its id is kept."""
    with started(command) as url, http(evi) as client:
        model = {"model_provider": "CUSTOM_LANGUAGE_MODEL", "model_resource": url}
        config = {"evi_version": "3", "name": "Mine", "language_model": model}
        answer = client.post("/v0/evi/configs", json=config)
        assert answer.status_code == 201, answer.text
        with talking(evi, config_id=answer.json()["id"]) as talk:
            talk.send(type="session_settings", language_model_api_key=KEY, tools=[WEATHER])
            talk.say("Good morning.")
            first = talk.read_until("assistant_message")
            assert first["message"]["content"] == "You said: Good morning."
            talk.read_until("assistant_end")
            talk.say("What is the weather?")
            call = talk.read_until("tool_call")
            assert json.loads(call["parameters"]) == {"location": "Oslo"}
            result = json.dumps({"celsius": -4, "sky": "snow"})
            talk.send(type="tool_response", tool_call_id=call["tool_call_id"], content=result)
            second = talk.read_until("assistant_message")
            assert second["message"]["content"] == "It has -4 degrees, with snow."
            talk.read_until("assistant_end")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_shows_the_command(command: list[str]) -> None:
    """The folder's README starts the server as it is started here."""
    folder, file = command[1].split("/")
    page = (EXAMPLES / folder / "README.md").read_text()
    assert f" {file} 8000\n" in page
    assert "evi-emulator clm-check http://127.0.0.1:8000/chat/completions" in page
