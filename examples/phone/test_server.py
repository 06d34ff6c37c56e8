"""The server, called as Twilio calls it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import Evi

SERVER = Path(__file__).with_name("server.py")
TOKEN = "token-of-my-account"
QUESTION = "Where is my order?"


@pytest.fixture
def server_url(evi: Evi) -> Iterator[str]:
    """Run the server with the emulator's address and key in its environment."""
    tool = evi.client().empathic_voice.tools.create_tool(
        name="find_order", parameters='{"type": "object", "properties": {}}'
    )
    config = evi.client().empathic_voice.configs.create_config(
        evi_version="3", name="order desk", tools=[{"id": tool.id}]
    )
    environment = {
        **os.environ,
        **evi.env,
        "HUME_CONFIG_ID": str(config.id),
        "TWILIO_AUTH_TOKEN": TOKEN,
    }
    command = [sys.executable, "-W", "ignore", str(SERVER), "0"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        found = next(m for line in process.stderr if (m := re.search(r"http://[\d.:]+", line)))
        yield found[0]
    finally:
        process.terminate()
        process.communicate()


def test_a_caller_hears_what_the_tool_has_found(evi: Evi, server_url: str) -> None:
    evi.clock.freeze()  # the call moves it
    rule = evi.script.on_user("order").call_tool("find_order", {"order": "1042"})
    rule.say("{tool_result}")
    call = evi.call(f"{server_url}/twiml", [QUESTION], auth_token=TOKEN)
    assert call.heard == ["Welcome to the order desk.", "It left our warehouse this morning."]
    assert evi.chats[-1].messages[0] == ("user", QUESTION)


def test_an_order_that_nobody_knows(evi: Evi, server_url: str) -> None:
    evi.clock.freeze()
    evi.script.on_user("order").call_tool("find_order", {"order": "7"}).say("{tool_result}")
    evi.call(f"{server_url}/twiml", [QUESTION], auth_token=TOKEN)
    evi.next_chat().expect("tool_error", error="No order has the number 7.")


def test_somebody_else_is_refused(evi: Evi, server_url: str) -> None:
    call = evi.call(f"{server_url}/twiml", [QUESTION], auth_token="another", check=False)
    assert call.status == "failed"
    assert "403" in call.problems[0]
