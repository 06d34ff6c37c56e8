"""Verbs that need no stream and nothing of the caller."""

from emulator.audio.mulaw import RATE
from emulator.twilio.live_call import LiveCall, Rejected, Request
from emulator.twilio.numbers import whole
from emulator.twilio.phone_line import HungUp
from emulator.twilio.posting import resolved
from emulator.twilio.services import speech
from emulator.twilio.stream_plan import read_method
from emulator.twilio.talk import Mode
from emulator.twilio.twiml import Element
from emulator.twilio.verbs import nouns_of

_MOST_LOOPS = 10  # times that Say and Play are heard; 0 stands for as many
_PLAY_MS = 1_000  # of silence, instead of a file
_RINGS_S = 30


async def say(call: LiveCall, verb: Element) -> None:
    """Let the caller hear words."""
    text = verb.words
    if not text:
        call.recorder.problem(f"line {verb.line}: <Say> has no text")
        return
    for _ in range(_loops(call, verb)):
        sound = speech(call.services.say_voice, text)
        begin_ms = call.line.at_ms
        call.recorder.tell("twilio", text, until_ms=begin_ms + len(sound) * 1000 // RATE)
        await call.line.pass_sound(sound)


async def play(call: LiveCall, verb: Element) -> None:
    """Let the caller hear silence instead of a file."""
    call.recorder.notice("<Play> is a second of silence here: the file is not fetched")
    for _ in range(_loops(call, verb)):
        await call.line.pass_silence(_PLAY_MS)


async def pause(call: LiveCall, verb: Element) -> None:
    """Let a time pass; while a copy of the line goes somewhere, the caller may speak."""
    length = whole(verb, "length", 1, call.recorder.problem)
    call.talk.begin(Mode.DICTATE if call.line.copies else Mode.LISTEN)
    try:
        await call.line.pass_silence(length * 1000)
    finally:
        call.talk.begin(Mode.LISTEN)


async def dial(call: LiveCall, verb: Element) -> Request | None:
    """Let the caller hear that nobody answers."""
    for _ in nouns_of(verb, call.recorder.problem):
        pass
    await call.line.pass_silence(whole(verb, "timeout", _RINGS_S, call.recorder.problem) * 1000)
    return call.action(verb, {"DialCallStatus": "no-answer"})


async def redirect(call: LiveCall, verb: Element) -> Request | None:
    """Go on with another document."""
    url = verb.words
    if not url:
        call.recorder.problem(f"line {verb.line}: <Redirect> has no URL in it")
        return None
    method = read_method(verb, "method", call.recorder.problem)
    return Request(resolved(call.url, url), method)


async def reject(call: LiveCall, verb: Element) -> None:
    """Refuse a call that was not answered yet; hang up one that was."""
    if call.answered_ms is None:
        raise Rejected
    call.recorder.problem(
        f"line {verb.line}: <Reject> refuses a call only as its first verb; here it hangs up"
    )
    raise HungUp


async def hang_up(call: LiveCall, verb: Element) -> None:
    """Hang up."""
    raise HungUp


async def enqueue(call: LiveCall, verb: Element) -> None:
    """Let the caller wait in a queue that nobody empties."""
    for _ in nouns_of(verb, call.recorder.problem):
        pass
    call.recorder.notice("nobody takes a call out of a queue here: the caller hangs up")
    await call.line.pass_silence(call.order.limits.patience_ms)
    raise HungUp


def _loops(call: LiveCall, verb: Element) -> int:
    return min(whole(verb, "loop", 1, call.recorder.problem) or _MOST_LOOPS, _MOST_LOOPS)
