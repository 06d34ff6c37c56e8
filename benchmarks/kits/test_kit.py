"""200 tests with a world, a config and a simulated chat each, as kit.test.mjs has them."""

import json
from urllib.request import Request, urlopen

import pytest

from emulator.testing.world import Evi


@pytest.mark.parametrize("number", range(200))
def test_a_chat(evi: Evi, number: int) -> None:
    evi.script.on_user("Hello").say("Hi there.")
    name = f"Config {number}"
    headers = {"X-Hume-Api-Key": evi.api_key, "Content-Type": "application/json"}
    body = json.dumps({"name": name, "evi_version": "3"}).encode()
    with urlopen(Request(f"{evi.url}/v0/evi/configs", body, headers)) as answer:
        config = json.load(answer)
    chat = evi.simulate(user=["Hello"], config_id=config["id"])
    assert chat.messages == [("user", "Hello"), ("assistant", "Hi there.")]
    assert evi.configs[name]["id"] == config["id"]
