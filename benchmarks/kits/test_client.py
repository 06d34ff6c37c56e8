"""200 tests: a world, a config and a chat of the vendor's client, as in client.test.mjs."""

import pytest
from hume.empathic_voice import UserInput

from emulator.testing.world import Evi


@pytest.mark.parametrize("number", range(200))
def test_a_chat(evi: Evi, number: int) -> None:
    evi.script.on_user("Hello").say("Hi there.")
    client = evi.client().empathic_voice
    name = f"Config {number}"
    config = client.configs.create_config(name=name, evi_version="3")
    with client.chat.connect(config_id=config.id) as socket:
        socket.send_user_input(UserInput(text="Hello"))
        next(message for message in socket if message.type == "assistant_end")
    chat = evi.next_chat()
    chat.expect("user_input", text="Hello")
    assert chat.messages == [("user", "Hello"), ("assistant", "Hi there.")]
    assert evi.configs[name]["id"] == config.id
