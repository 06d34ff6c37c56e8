"""Words that one understands, where the speech engine is installed."""

import math
import subprocess
import sys
from array import array
from hashlib import sha256
from itertools import pairwise

import pytest

from emulator.audio.timbre import SAMPLE_RATE, Timbre, timbre_of
from tests.audio.speeches import ODD

pytest.importorskip("espeakng_loader", reason="espeakng-loader is not installed")

from emulator.audio.espeak import EspeakSpeaker, _parts, manner_of
from emulator.audio.espeak_engine import _KEPT_BYTES, EngineError, Manner
from emulator.audio.sound import Sound

TEXT = "Hello there, my number is 555-0123. Don't you agree? It's one of a kind."
AVA, COLTON = timbre_of("ava", "Female"), timbre_of("colton", "Male")
SPEAKER = EspeakSpeaker()


def pcm_of(sound: Sound, timbre: Timbre = AVA) -> bytes:
    return b"".join(sound.sound(timbre))


def test_sound_is_as_long_as_it_says() -> None:
    """Also with silence after it; its pieces last a second at most."""
    for speed, silence_s in ((1.0, 0.0), (0.25, 0.0), (3.0, 1.5)):
        sound = SPEAKER.speak(TEXT, AVA, speed, silence_s)
        pieces = list(sound.sound(AVA))
        assert sum(map(len, pieces)) == 2 * sound.samples
        assert max(map(len, pieces)) <= 2 * SAMPLE_RATE
        silence = b"".join(pieces)[-2 * round(silence_s * SAMPLE_RATE) or None :]
        assert any(silence) is (silence_s == 0)


def test_words_are_said_in_order() -> None:
    """Each word has its time and its sounds, which are the engine's."""
    sound = SPEAKER.speak(TEXT, AVA)
    words = list(sound.words())

    said = "Hello there my number is 555-0123 Don't you agree It's one of a kind"
    assert " ".join(word.text for word in words) == said
    for word in words:
        assert word.begin_ms <= word.end_ms
        times = [word.begin_ms, *(p.begin_ms for p in word.phonemes), word.end_ms]
        assert times == sorted(times)
    assert all(before.end_ms <= after.begin_ms for before, after in pairwise(words))
    assert words[-1].end_ms <= sound.samples * 1000 / SAMPLE_RATE
    assert [each.text for each in words[3].phonemes] == ["n", "ʌ", "m", "b", "ɚ", "ɹ"]
    number, word = words[5], words[3]
    assert number.end_ms - number.begin_ms > 4 * (word.end_ms - word.begin_ms)


def test_there_is_sound_where_words_are() -> None:
    """And next to none in the pause between two sentences."""
    sound = SPEAKER.speak("Hello. Goodbye.", AVA)
    samples = array("h", pcm_of(sound))
    hello, goodbye = sound.words()

    def loudness(begin_ms: int, end_ms: int) -> float:
        part = samples[begin_ms * 48 : end_ms * 48]
        return math.sqrt(sum(each * each for each in part) / len(part))

    words = [loudness(word.begin_ms, word.end_ms) for word in (hello, goodbye)]
    assert min(words) > 1_000 > 100 > loudness(hello.end_ms + 50, goodbye.begin_ms - 20)


def test_each_voice_has_its_own_manner() -> None:
    """Genders differ in the engine's voice, and voices in pitch and pace."""
    manners = {manner_of(timbre_of(f"voice {n}", "Female")) for n in range(20)}
    assert len(manners) > 15
    assert {each.voice.split("+")[1][0] for each in manners} == {"f"}
    assert manner_of(COLTON).voice.startswith("en-us+m")
    assert manner_of(timbre_of("x", "Male", "es-419")).voice.startswith("es-419+m")
    assert pcm_of(SPEAKER.speak(TEXT, AVA)) != pcm_of(SPEAKER.speak(TEXT, COLTON))
    assert SPEAKER.speak(TEXT, AVA).samples != SPEAKER.speak(TEXT, AVA, variant=1).samples


def test_speed() -> None:
    """A speed of two takes about half the time; slow speech has gaps, the fastest has an end."""
    plain, slow = manner_of(AVA), manner_of(AVA, 0.25)
    assert manner_of(AVA, 3.0).rate == 450
    assert (slow.rate, slow.gap_ms > 500, plain.gap_ms) == (80, True, 0)
    lasts = [SPEAKER.speak(TEXT, AVA, speed).samples for speed in (0.25, 0.5, 1.0, 2.0)]
    assert lasts == sorted(lasts, reverse=True)
    assert 1.7 < lasts[2] / lasts[3] < 2.3
    assert lasts[0] / lasts[2] > 2.5


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts(text: str) -> None:
    """Whatever a text holds, it has a sound of the length that it says, and words in order."""
    sound = SPEAKER.speak(text, AVA)
    assert len(pcm_of(sound)) == 2 * sound.samples > 0
    words = list(sound.words())
    assert all(before.end_ms <= after.begin_ms for before, after in pairwise(words))


def test_long_texts_are_said_in_parts() -> None:
    """Parts make the whole text; each is a sentence, or at most 400 characters of one."""
    text = f"{TEXT} {'word ' * 200}. {'x' * 900} End."
    parts = list(_parts(text))
    assert "".join(parts) == text
    assert max(map(len, parts)) <= 400
    assert parts[:2] == ["Hello there, my number is 555-0123. ", "Don't you agree? "]


@pytest.mark.process
def test_what_was_said_before_changes_nothing() -> None:
    """The same text has the same bytes, whatever came before, and in another process."""
    engine = SPEAKER._engine
    manner = Manner("en-us+f2", 165, 50)
    takes = []
    for other in ("Something else.", "Was wurde gesagt?", "!"):
        engine.say(other, Manner("de+m1", 300, 20))
        engine._kept.clear()
        engine._kept_bytes = 0
        takes.append(engine.say("How are you today?", manner))
    assert takes[0] == takes[1] == takes[2]

    script = (
        "from hashlib import sha256; from emulator.audio.espeak_engine import Engine, Manner; "
        "print(sha256(Engine().say('How are you today?', Manner('en-us+f2', 165, 50)).pcm)"
        ".hexdigest())"
    )
    said = subprocess.check_output([sys.executable, "-c", script], text=True).strip()
    assert said == sha256(takes[0].pcm).hexdigest()


def test_little_is_kept() -> None:
    """Of all that is said, only the last few megabytes stay in memory."""
    engine = EspeakSpeaker()._engine
    for number in range(60):
        engine.say(f"Sentence number {number} is not as short as it could be.", manner_of(AVA))
    assert len(engine._kept) < 60
    assert sum(len(take.pcm) for take in engine._kept.values()) == engine._kept_bytes <= _KEPT_BYTES


def test_unknown_voice() -> None:
    """The error names the voice."""
    with pytest.raises(EngineError, match="no voice 'xx-yy'"):
        SPEAKER._engine.say("Hello", Manner("xx-yy", 165, 50))
