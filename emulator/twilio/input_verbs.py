"""Verbs that take what the caller says or presses: Gather and Record."""

from emulator.twilio.live_call import LiveCall, Request
from emulator.twilio.messages import FRAME_MS
from emulator.twilio.numbers import whole, words
from emulator.twilio.order import HangUp, Press, Say, Wait
from emulator.twilio.phone_line import CallerHungUp
from emulator.twilio.plain_verbs import pause, play, say
from emulator.twilio.talk import Mode
from emulator.twilio.twiml import Element
from emulator.twilio.verbs import VERBS, check_attributes, nouns_of

_INPUTS = ("dtmf", "speech")
_TIMEOUT_S = 5
_CONFIDENCE = "0.9"  # of speech that was recognized
_NESTED = {"Say": say, "Play": play, "Pause": pause}


async def gather(call: LiveCall, verb: Element) -> Request | None:
    """Take keys, or a text, from the caller."""
    problem = call.recorder.problem
    for noun in nouns_of(verb, problem):
        check_attributes(noun, VERBS[noun.name].attributes, problem)
        await _NESTED[noun.name](call, noun)
    inputs = words(verb, "input", "dtmf")
    for name in set(inputs) - set(_INPUTS):
        problem(f"line {verb.line}: input of <Gather> should be dtmf, speech or both, got {name!r}")
    found: dict[str, str] | None = None
    timeout_ms = whole(verb, "timeout", _TIMEOUT_S, problem) * 1000
    if await _waited(call):
        step = call.talk.next_step
        if isinstance(step, Press) and "dtmf" in inputs:
            found = {"Digits": await _digits(call, verb, timeout_ms)}
        elif isinstance(step, Say) and "speech" in inputs:
            found = await _speech(call)
    if found is None:
        await call.line.pass_silence(timeout_ms)
        if verb.attributes.get("actionOnEmptyResult", "false").lower() != "true":
            return None
        found = {"Digits": ""} if "dtmf" in inputs else {"SpeechResult": ""}
    return call.action(verb, found, default=call.url)


async def record(call: LiveCall, verb: Element) -> Request | None:
    """Take a message from the caller."""
    timeout_ms = whole(verb, "timeout", _TIMEOUT_S, call.recorder.problem) * 1000
    most_ms = whole(verb, "maxLength", 3_600, call.recorder.problem) * 1000
    begin_ms = call.line.at_ms
    if not await _waited(call) or not isinstance(call.talk.next_step, Say):
        await call.line.pass_silence(timeout_ms)
        return None  # nothing was recorded, so nobody is told
    call.talk.take()
    while not call.talk.is_silent and call.line.at_ms - begin_ms < most_ms:
        await call.line.frame()
    await call.line.pass_silence(min(timeout_ms, max(0, begin_ms + most_ms - call.line.at_ms)))
    sid = "RE" + call.services.ids.secret()
    account = f"https://api.twilio.com/2010-04-01/Accounts/{call.facts.account_sid}"
    return call.action(
        verb,
        {
            "RecordingSid": sid,
            "RecordingUrl": f"{account}/Recordings/{sid}",
            "RecordingDuration": str(round((call.line.at_ms - begin_ms) / 1000)),
        },
        default=call.url,
    )


async def _waited(call: LiveCall) -> bool:
    """Pass the caller's steps that only wait. True if another step is left.

    Raises CallerHungUp if that step hangs up.
    """
    call.talk.begin(Mode.LISTEN)
    while isinstance(step := call.talk.next_step, Wait):
        call.talk.take()
        await call.line.pass_silence(step.ms)
    if isinstance(step, HangUp):
        raise CallerHungUp
    return step is not None


async def _digits(call: LiveCall, verb: Element, timeout_ms: int) -> str:
    """Return the keys that the caller presses, until there are enough."""
    most = whole(verb, "numDigits", 1_000, call.recorder.problem)
    finish = verb.attributes.get("finishOnKey", "#")
    digits, quiet_ms = "", 0
    call.talk.take()
    while len(digits) < most and quiet_ms < timeout_ms:
        said = await call.line.frame(alone=not call.line.copies)
        quiet_ms = 0 if said.key else quiet_ms + FRAME_MS
        if said.key and said.key in finish:
            break
        digits += said.key
    left = call.talk.stop_pressing()
    if left:
        call.recorder.problem(
            f"line {verb.line}: <Gather> has taken {digits!r}; the caller's keys {left!r} came too "
            "late for it"
        )
    return digits


async def _speech(call: LiveCall) -> dict[str, str]:
    """Return what the caller says, as it is posted."""
    step = call.talk.take()
    assert isinstance(step, Say)
    while not call.talk.is_silent:
        await call.line.frame()
    await call.line.pass_silence(call.order.limits.reaction_ms)
    return {"SpeechResult": step.text, "Confidence": _CONFIDENCE}
