"""What `evi-emulator call` knows of the other side's words."""

from emulator.cli.call_words import CallWords
from emulator.cli.http import Remote
from emulator.testing.world import Evi
from emulator.twilio.events import CallEvent
from tests.testing.talking import talking

SPOKE = CallEvent("answerer", 5_000, "(speech of 1.0 s)", 6_000)


def dialled(call_sid: str) -> CallEvent:
    return CallEvent("dialled", 0, data={"call_sid": call_sid})


def test_words_of_a_call_to_the_emulator(evi: Evi) -> None:
    """All that was said since the last time, once."""
    evi.clock.freeze()
    evi.script.on_anything().say("It is on its way.").say("Good day.")
    call = evi.call(user=["Where is my order?"])
    words = CallWords(Remote(evi.url, evi.api_key))
    assert words.look_at(dialled(call.call_sid)) == ""
    assert words.look_at(SPOKE) == "It is on its way. Good day."
    assert words.look_at(SPOKE) == ""


def test_words_of_the_only_chat_that_is_live(evi: Evi) -> None:
    """A server between has opened it; the call is not known to the emulator."""
    words = CallWords(Remote(evi.url, evi.api_key))
    words.look_at(dialled("CA" + "1" * 32))
    assert words.look_at(SPOKE) == ""
    evi.script.on_anything().say("Hello yourself.")
    with talking(evi) as talk:
        talk.send(type="user_input", text="Hello")
        talk.read_until("assistant_end")
        assert words.look_at(SPOKE) == "Hello yourself."


def test_an_emulator_that_is_gone_takes_no_words_away() -> None:
    """How long somebody spoke is shown then."""
    words = CallWords(Remote("http://127.0.0.1:9", "any"))
    assert words.look_at(SPOKE) == ""


def test_why_a_call_was_refused(evi: Evi) -> None:
    """In the words of the finding; a call that began a chat was not refused."""
    evi.clock.freeze()
    refused = evi.call(user=["Hello"], config_id="nobody", check=False)
    words = CallWords(Remote(evi.url, evi.api_key))
    words.look_at(dialled(refused.call_sid))
    assert words.refusals() == ["Config (ID: nobody) was not found."]
    assert words.find_chat() is None

    call = evi.call(user=["Hello"])
    words = CallWords(Remote(evi.url, evi.api_key))
    words.look_at(dialled(call.call_sid))
    assert words.refusals() == []
    assert words.find_chat() == call.chat_id
