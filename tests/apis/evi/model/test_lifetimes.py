"""Chats that ask a language model, and their worlds, are freed at once and leave no task."""

import asyncio
from collections.abc import Callable

import pytest

from emulator import Emulator
from emulator.apis.evi.chat.channel import Output
from emulator.apis.evi.chat.messages import UserInput
from emulator.apis.evi.state import EviState
from emulator.testing.world import Evi
from tests.apis.evi.model.server import Answer, ModelServer, chunk
from tests.apis.evi.model.talks import answers, chatting, exchange
from tests.world.test_lifetimes import Lives, lives, watch_chats

__all__ = ["lives"]
pytestmark = pytest.mark.slow
HANGS = Answer((chunk("Hello. "),), holds=True)


def tasks(evi: Evi) -> list[str]:
    """Return the names of what runs for language models in the server's loop."""

    def find() -> list[str]:
        names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
        return [name for name in names if "ModelCaller" in name]

    return evi._bridge.call(find)


def url_of(model: ModelServer) -> str:
    return model.url


def ws_url_of(model: ModelServer) -> str:
    return model.ws_url


@pytest.mark.parametrize("url", [url_of, ws_url_of])
def test_a_chat_after_its_end(
    evi: Evi, model: ModelServer, lives: Lives, url: Callable[[ModelServer], str]
) -> None:
    """Whichever way it asks."""
    with chatting(evi, url(model)) as talk:
        exchange(talk, "Hi")
        watch_chats(evi.world, lives)
    assert lives.survivors() == []
    assert tasks(evi) == []


def test_a_chat_in_the_middle_of_an_answer(evi: Evi, model: ModelServer, lives: Lives) -> None:
    """Its end cancels the call."""
    model.answer(HANGS)
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        answers(talk, "assistant_message")
        assert len(tasks(evi)) == 1
        watch_chats(evi.world, lives)
    model.wait(lambda: model.left == 1)
    assert lives.survivors() == []
    assert tasks(evi) == []


def test_a_world_that_is_dropped(model: ModelServer, lives: Lives) -> None:
    """With a call under way."""
    with Emulator() as emulator:
        evi = emulator.world()
        model.answer(HANGS)
        with chatting(evi, model.url) as talk:
            talk.say("Hi")
            answers(talk, "assistant_message")
            lives.watch(evi.world)
            evi.close()
            model.wait(lambda: model.left == 1)
        del evi
        assert lives.survivors() == []


def test_a_server_that_ends(model: ModelServer) -> None:
    """It waits for no model."""
    with Emulator() as emulator:
        model.answer(HANGS)
        with chatting(emulator.world(), model.url) as talk:
            talk.say("Hi")
            answers(talk, "assistant_message")
    model.wait(lambda: model.left == 1)


def test_a_question_that_is_dropped_at_once(evi: Evi, model: ModelServer) -> None:
    """Its task never begins; the clock does not wait for it."""
    with chatting(evi, model.url) as talk:
        [live] = evi.world.state(EviState).live.values()

        def interrupt() -> None:
            live.receive(UserInput(text="Hi"))
            live.receive(UserInput(text="Wait"))

        evi._bridge.call(interrupt)
        answers(talk)
        evi.clock.freeze()
        evi.clock.advance(1)  # which waits for the answer that was wanted
        assert len(model.asked) == 1
        assert list(evi.world.work._jobs) == []


def test_a_chat_that_ends_while_it_hears_words(evi: Evi, model: ModelServer) -> None:
    """The call ends with it."""
    model.answer(HANGS)
    with chatting(evi, model.url) as talk:
        [live] = evi.world.state(EviState).live.values()

        def hang_up(output: Output) -> None:
            if any(each["type"] == "assistant_message" for each in output.messages):
                live.end()

        evi._bridge.call(lambda: live.listeners.append(hang_up))
        talk.say("Hi")
        model.wait(lambda: model.left == 1)
    assert [each["ended"] for each in evi.journal.entries("model")] == ["dropped"]
