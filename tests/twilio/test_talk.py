"""The caller's turns, frame by frame, without a call."""

from collections.abc import Iterator

import pytest

from emulator.twilio.messages import FRAME_BYTES, FRAME_MS
from emulator.twilio.order import HangUp, Limits, Press, Say, Step, Wait
from emulator.twilio.talk import SILENT_FRAME, CallerFrame, Mode, Talk
from tests.twilio.phone_server import sound

LIMITS = Limits()


def talk(*steps: Step, mode: Mode = Mode.CONVERSE) -> Talk:
    """Return a caller who says each text in a tenth of a second."""
    made = Talk(steps, lambda text: sound(100), LIMITS)
    made.begin(mode)
    return made


def frames(caller: Talk, ms: int, is_speaking: bool = False) -> list[CallerFrame]:
    return [caller.frame(is_speaking) for _ in range(0, ms, FRAME_MS)]


def silent_ms(caller: Talk, is_speaking: bool = False) -> tuple[int, CallerFrame]:
    """Return for how long the caller does nothing, and what comes then."""
    for number in range(10_000):
        frame = caller.frame(is_speaking)
        if frame != CallerFrame():
            return number * FRAME_MS, frame
    raise AssertionError("nothing comes")


def said(found: Iterator[CallerFrame] | list[CallerFrame]) -> list[str]:
    return [frame.begins.text for frame in found if frame.begins]


def heard(caller: Talk, ms: int) -> None:
    """Let the other side say something."""
    caller.heard()
    assert said(frames(caller, ms, is_speaking=True)) == []


def test_a_turn_is_sound() -> None:
    """It begins with its text; all its sound comes, 20 ms at a time."""
    caller = talk(Say("Hi"))
    _, first = silent_ms(caller)
    assert first.begins is not None
    assert (first.begins.text, first.begins.duration_ms) == ("Hi", 100)
    rest = frames(caller, 80)
    assert [len(frame.sound) for frame in (first, *rest)] == [FRAME_BYTES] * 5
    assert b"".join(frame.sound for frame in (first, *rest)) == sound(100)
    assert caller.is_silent
    assert caller.frame(False).sound == SILENT_FRAME


def test_the_first_turn_waits_for_a_greeting() -> None:
    """Two seconds of silence; or until the greeting is over for as long as a reaction takes."""
    waited, _ = silent_ms(talk(Say("Hi")))
    assert waited == LIMITS.greeting_ms
    greeted = talk(Say("Hi"))
    heard(greeted, 3_000)
    waited, frame = silent_ms(greeted)
    assert waited == LIMITS.reaction_ms
    assert not frame.problem


def test_an_answer_that_does_not_come() -> None:
    """The caller goes on after a while, and a problem says so."""
    caller = talk(Say("Hi"), Say("Hello?"))
    silent_ms(caller)
    frames(caller, 80)
    waited, frame = silent_ms(caller)
    assert waited == LIMITS.patience_ms
    assert frame.problem == "no answer to 'Hi' in 10 s"
    assert said([frame]) == ["Hello?"]


def test_the_last_answer_ends_the_call() -> None:
    """The caller hears it to its end."""
    caller = talk(Say("Hi"))
    silent_ms(caller)
    frames(caller, 80)
    heard(caller, 4_000)
    waited, frame = silent_ms(caller)
    assert (waited, frame) == (LIMITS.reaction_ms, CallerFrame(hangs_up=True))


def test_an_answer_that_begins_while_the_caller_speaks() -> None:
    """Counts as an answer."""
    caller = talk(Say("Hi"))
    silent_ms(caller)
    caller.heard()
    frames(caller, 80, is_speaking=True)
    assert silent_ms(caller)[1] == CallerFrame(hangs_up=True)


def test_a_pause_in_an_answer() -> None:
    """Is no turn, if it is shorter than a reaction."""
    caller = talk(Say("Hi"), Say("Yes"))
    silent_ms(caller)
    frames(caller, 80)
    for _ in range(3):
        heard(caller, 500)
        assert said(frames(caller, LIMITS.reaction_ms - FRAME_MS)) == []
    assert silent_ms(caller)[0] == FRAME_MS


def test_an_interruption() -> None:
    """It begins as soon as the answer is heard; what was cleared is no answer to it."""
    caller = talk(Say("Tell me a story"), Say("Stop", interrupt=True))
    silent_ms(caller)
    frames(caller, 80)
    assert silent_ms_until_heard(caller) == "Stop"
    frames(caller, 40, is_speaking=True)
    caller.heard()  # the rest of the story
    caller.cleared()
    frames(caller, 40)
    waited, frame = silent_ms(caller)
    assert (waited, frame.problem) == (LIMITS.patience_ms, "no answer to 'Stop' in 10 s")


def silent_ms_until_heard(caller: Talk) -> str:
    assert said(frames(caller, 1_000)) == []
    caller.heard()
    [text] = said([caller.frame(True)])
    return text


def test_a_clear_before_an_answer() -> None:
    """Is no interruption, and so the answer counts."""
    caller = talk(Say("Hi"))
    silent_ms(caller)
    frames(caller, 80)
    caller.heard()
    caller.cleared()
    assert silent_ms(caller)[0] == LIMITS.reaction_ms


def test_keys() -> None:
    """One after the other, w for a pause; nobody has to answer them."""
    caller = talk(Press("1w#"), Say("Hi"))
    _, frame = silent_ms(caller)
    assert frame.key == "1"
    waited, frame = silent_ms(caller)
    assert (waited, frame.key) == (720, "#")
    waited, frame = silent_ms(caller)
    assert (waited, frame.problem) == (LIMITS.greeting_ms, "")
    assert said([frame]) == ["Hi"]


def test_waiting() -> None:
    """In its turn, whoever speaks; then the next step comes at once."""
    caller = talk(Wait(3_000), Say("Hi"))
    heard(caller, 100)
    waited, frame = silent_ms(caller)
    assert waited == LIMITS.reaction_ms + 3_000
    assert said([frame]) == ["Hi"]


def test_hanging_up() -> None:
    """In its turn, though steps are left."""
    caller = talk(HangUp(), Say("Hi"))
    assert silent_ms(caller) == (LIMITS.greeting_ms, CallerFrame(hangs_up=True))


def test_a_caller_without_steps() -> None:
    """Listens to the greeting, or waits for one, then hangs up without a problem."""
    assert silent_ms(talk()) == (LIMITS.patience_ms, CallerFrame(hangs_up=True))
    greeted = talk()
    heard(greeted, 1_000)
    assert silent_ms(greeted) == (LIMITS.reaction_ms, CallerFrame(hangs_up=True))


def test_nobody_can_answer() -> None:
    """The next turn comes after a reaction; after the last, the caller waits a while."""
    caller = talk(Say("One"), Say("Two"), mode=Mode.DICTATE)
    waited, frame = silent_ms(caller)
    assert (waited, said([frame])) == (LIMITS.reaction_ms, ["One"])
    frames(caller, 80)
    waited, frame = silent_ms(caller)
    assert (waited, said([frame]), frame.problem) == (LIMITS.reaction_ms, ["Two"], "")
    frames(caller, 80)
    assert silent_ms(caller) == (LIMITS.patience_ms, CallerFrame(hangs_up=True))


def test_listening() -> None:
    """The caller says nothing, unless a verb takes a step."""
    caller = talk(Say("One"), mode=Mode.LISTEN)
    assert said(frames(caller, 60_000)) == []
    assert caller.next_step == Say("One")
    assert caller.take() == Say("One")
    assert not caller.is_silent
    assert said(frames(caller, 100)) == ["One"]
    assert caller.is_silent
    assert caller.next_step is None


@pytest.mark.parametrize("left", ["", "34"])
def test_keys_that_are_not_needed(left: str) -> None:
    """They can be taken back."""
    caller = talk(Press(f"12{left}"), mode=Mode.LISTEN)
    caller.take()
    assert [frame.key for frame in frames(caller, 260) if frame.key] == ["1", "2"]
    assert caller.stop_pressing() == left
    assert caller.is_silent


def test_more_steps_during_a_call() -> None:
    """They come behind the others."""
    caller = talk(Say("One"))
    caller.add([Say("Two")])
    silent_ms(caller)
    frames(caller, 80)
    heard(caller, 100)
    assert said([silent_ms(caller)[1]]) == ["Two"]
