"""The phone server of the examples, called as Twilio calls it: words, a tool call, sound both ways."""

import os
import re
import subprocess
import sys
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from emulator.audio.mulaw import decode
from emulator.handles.diagnosis import ExpectationFailed
from emulator.testing.world import Evi
from tests.examples.test_examples import EXAMPLES

pytestmark = pytest.mark.process

TOKEN = "token-of-the-example"
TOOL = {"name": "find_order", "type": "function", "parameters": '{"type": "object"}'}
QUESTION = "Where is my order ten forty-two?"


@contextmanager
def serving(evi: Evi, **more: str) -> Iterator[str]:
    """Start the server on a free port; yield the URL of its TwiML."""
    environment = {**os.environ, **evi.env, "TWILIO_AUTH_TOKEN": TOKEN, **more}
    command = [sys.executable, "-W", "ignore", "phone/server.py", "0"]
    with subprocess.Popen(
        command, cwd=EXAMPLES, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield f"{found[0]}/twiml"
                    break
        finally:
            process.terminate()


def loudest(sound: bytes) -> int:
    return max(array("h", decode(sound)), default=0)


def new_config(evi: Evi) -> Mapping[str, str]:
    """Make a config with the tool; return the variables that name it."""
    tools = evi.client().empathic_voice.tools.create_tool(
        name="find_order", parameters='{"type": "object", "properties": {}}'
    )
    config = evi.client().empathic_voice.configs.create_config(
        evi_version="3", name="order desk", tools=[{"id": tools.id}]
    )
    return {"HUME_CONFIG_ID": str(config.id)}


def test_a_caller_hears_what_the_tool_has_found(evi: Evi) -> None:
    evi.clock.freeze()
    rule = evi.script.on_user("order").call_tool("find_order", {"order": "1042"})
    rule.say("{tool_result}")
    with serving(evi, **new_config(evi)) as url:
        call = evi.call(url, [QUESTION], auth_token=TOKEN)
    assert call.heard == ["Welcome to the order desk.", "It left our warehouse this morning."]
    chat = evi.chats[-1]
    assert chat.messages == [
        ("user", QUESTION),
        ("assistant", "It left our warehouse this morning."),
    ]
    assert loudest(call.record.caller_sound) > 3_000
    assert loudest(call.record.answerer_sound) > 3_000


def test_a_signature_that_is_wrong_is_refused(evi: Evi) -> None:
    with serving(evi) as url, pytest.raises(ExpectationFailed, match="403: The signature"):
        evi.call(url, [QUESTION], auth_token="another")
