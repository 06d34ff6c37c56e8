"""A conversation played to a client that says the same, or something else."""

from collections.abc import Sequence

from emulator.extras.recording.format import Body, Closed, Conversation, Frame, Opened
from emulator.extras.recording.playback import Playback

OPENED = Opened(at_ms=0, path="/v0/evi/chat", socket=1, status=101, line=1)
SOUND = b"\x01\x02"


def frame(sender: str, said: object, line: int = 0) -> Frame:
    content = Body(base64="AQI=") if said is SOUND else Body(json={"type": said})
    return Frame(at_ms=line * 10, line=line, socket=1, sender=sender, content=content)  # type: ignore[arg-type]


def conversation(*said: object, code: int | None = None, by: str = "client") -> Conversation:
    """'>x' is a client's frame, '<x' a server's; bytes are the client's sound."""
    frames = []
    for number, word in enumerate(said, 2):
        sender = "server" if isinstance(word, str) and word.startswith("<") else "client"
        frames.append(frame(sender, word[1:] if isinstance(word, str) else word, number))
    closed = None
    if code is not None:
        closed = Closed(at_ms=900, line=90, socket=1, sender=by, code=code)  # type: ignore[arg-type]
    return Conversation(OPENED, tuple(frames), closed)


def heard(play: Playback, *said: object) -> list[str]:
    """What the server says at first, and then to each."""
    dues = list(play.due())
    for word in said:
        dues += play.receive(frame("client", word))
    return [
        due.step.type if isinstance(due.step, Frame) else f"close {due.step.code}" for due in dues
    ]


def told(play: Playback) -> Sequence[tuple[str, object, object]]:
    return [(each.place, each.expected, each.got) for each in play.differences]


def test_the_same_again() -> None:
    """Server frames follow the client's that came before them; nothing differs."""
    play = Playback(conversation("<a", ">x", "<b", "<c", ">y", code=1000))
    assert heard(play) == ["a"]
    assert heard(play, "x") == ["b", "c"]
    assert heard(play, "y") == []
    play.close(1000)
    assert told(play) == []


def test_the_gaps_are_those_of_the_recording() -> None:
    """Each from what came right before."""
    play = Playback(conversation("<a", ">x", "<b"))
    assert [due.after_ms for due in play.due()] == [20]
    assert [due.after_ms for due in play.receive(frame("client", "x"))] == [10]


def test_another_frame() -> None:
    """Its place and both sides; the conversation goes on."""
    play = Playback(conversation(">x", "<b"))
    assert heard(play, "z") == ["b"]
    assert told(play) == [("/frames/0/type", "x", "z")]


def test_one_frame_more() -> None:
    """Nothing was expected there."""
    play = Playback(conversation("<a", code=1000))
    heard(play, "x")
    [(place, expected, got)] = told(play)
    assert (place, repr(expected), got) == ("/close", "nothing", {"type": "x"})


def test_what_was_never_sent() -> None:
    """Each frame; of a run of sound the first."""
    play = Playback(conversation(">x", "<b", ">y", SOUND, SOUND, ">z", code=1000))
    heard(play, "x")
    play.close(1000)
    assert [place for place, _, _ in told(play)] == ["/frames/2", "/frames/3", "/frames/5"]


def test_another_close() -> None:
    """The code counts."""
    play = Playback(conversation("<a", code=1000))
    heard(play)
    play.close(1006)
    assert told(play) == [("/close/code", 1000, 1006)]


def test_the_server_closes() -> None:
    """As it did, after what it said."""
    assert heard(Playback(conversation(">x", "<b", code=4001, by="server")), "x") == [
        "b",
        "close 4001",
    ]


def test_more_sound_and_less() -> None:
    """How much there is means nothing, as long as there is some."""
    said = (">x", SOUND, SOUND, SOUND, "<heard", ">y")
    less = Playback(conversation(*said))
    assert heard(less, "x", SOUND, "y") == ["heard"]
    assert told(less) == []
    more = Playback(conversation(*said))
    assert heard(more, "x", *[SOUND] * 5, "y") == ["heard"]
    assert told(more) == []


def test_silence_where_sound_was() -> None:
    """Once no more sound comes, what followed it comes."""
    play = Playback(conversation(SOUND, SOUND, "<heard"))
    assert heard(play, SOUND) == []
    assert play.waits_for_sound
    assert [due.step.line for due in play.end_sound()] == [4]
    assert told(play) == []


def test_no_sound_at_all() -> None:
    """That is a difference, and so is sound where none was."""
    without = Playback(conversation(SOUND, "<heard", ">y", "<b"))
    assert heard(without, "y") == ["heard", "b"]
    assert told(without) == [("/frames/0", "sound (binary)", "y")]
    unexpected = Playback(conversation(">y", "<b"))
    assert heard(unexpected, SOUND, SOUND, "y") == ["b"]
    assert [got for _, _, got in told(unexpected)] == ["sound (binary)"]
