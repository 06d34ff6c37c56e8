"""Chats with ears, and their worlds, are freed at once and leave no task."""

import threading

import pytest

from emulator.testing.emulator import Emulator
from tests.apis.evi.ears.test_caller import speak
from tests.apis.evi.model.test_brain import config
from tests.apis.evi.open_ai import PATIENCE_S, OpenAi
from tests.testing.talking import talking
from tests.world.test_lifetimes import Lives, lives, watch_chats

__all__ = ["lives"]
pytestmark = pytest.mark.slow


def test_a_chat_after_its_end(evi_server: Emulator, openai_server: OpenAi, lives: Lives) -> None:
    """Its turns have been understood."""
    evi = evi_server.world(ears=openai_server.url)
    with talking(evi, config_id=config(evi)) as talk:
        speak(talk)
        talk.read_until("user_message")
        watch_chats(evi.world, lives)
    assert lives.survivors() == []


def test_a_chat_in_the_middle_of_a_turn(
    evi_server: Emulator, openai_server: OpenAi, lives: Lives
) -> None:
    """Its end cancels the call."""
    began, goes_on = threading.Event(), threading.Event()

    def never() -> str:
        began.set()
        goes_on.wait(PATIENCE_S)
        return "Too late."

    openai_server.transcripts.append(never)
    evi = evi_server.world(ears=openai_server.url)
    with talking(evi, config_id=config(evi)) as talk:
        speak(talk)
        assert began.wait(PATIENCE_S)
        watch_chats(evi.world, lives)
    assert evi.journal.wait_for(kind="ears", ended="dropped")
    assert lives.survivors() == []
    goes_on.set()
