"""The verbs of TwiML, and what the caller does about each: the table that docs/phone.md shows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from emulator.errors import nearest
from emulator.twilio.twiml import Element


@dataclass(frozen=True, slots=True)
class Verb:
    """Says what happens for a verb, what does not, and which attributes and nouns it may have."""

    does: str
    does_not: str = ""
    attributes: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    played: tuple[str, ...] = ()  # of the nouns; the others are problems


VERBS: Mapping[str, Verb] = {
    "Say": Verb(
        "Its words are in the transcript, and last as long as the voice takes; `loop`.",
        "`voice` and `language` change nothing; `loop` 0 says it ten times.",
        ("voice", "loop", "language"),
    ),
    "Play": Verb(
        "A second of silence stands for the sound; `loop`.",
        "The file is not fetched; `digits` are not pressed.",
        ("loop", "digits"),
    ),
    "Pause": Verb(
        "`length` seconds pass (1). While a one-way stream runs, the caller takes its steps, and "
        "hangs up ten seconds after the last.",
        "Without such a stream the caller says nothing: nobody would hear it.",
        ("length",),
    ),
    "Gather": Verb(
        "Plays what is in it, then takes the caller's next step: keys for `dtmf`, a text for "
        "`speech`. Posts `Digits` or `SpeechResult` to `action`; without input, goes on after "
        "`timeout` seconds (5). `numDigits`, `finishOnKey`, `actionOnEmptyResult`.",
        "The caller does not cut in on what is in it. Hints, grammars and partial results change "
        "nothing.",
        (
            "input",
            "action",
            "method",
            "timeout",
            "speechTimeout",
            "maxSpeechTime",
            "profanityFilter",
            "finishOnKey",
            "numDigits",
            "partialResultCallback",
            "partialResultCallbackMethod",
            "language",
            "hints",
            "bargeIn",
            "debug",
            "actionOnEmptyResult",
            "speechModel",
            "enhanced",
        ),
        ("Say", "Pause", "Play"),
        ("Say", "Pause", "Play"),
    ),
    "Dial": Verb(
        "Rings for `timeout` seconds (30), and nobody answers: posts `DialCallStatus` no-answer to "
        "`action`.",
        "Nobody is called.",
        (
            "action",
            "method",
            "timeout",
            "hangupOnStar",
            "timeLimit",
            "callerId",
            "record",
            "trim",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
            "answerOnBridge",
            "ringTone",
            "recordingTrack",
            "sequential",
            "referUrl",
            "referMethod",
            "passports",
            "recordingConfigurationId",
            "events",
        ),
        ("Client", "Conference", "Number", "Queue", "Sim", "Sip", "Application", "WhatsApp"),
        ("Client", "Conference", "Number", "Queue", "Sim", "Sip", "Application", "WhatsApp"),
    ),
    "Redirect": Verb(
        "Posts the form to the URL in it and goes on with that document; `method`.",
        "After 20 documents, the call has failed.",
        ("method",),
    ),
    "Reject": Verb(
        "As the first verb: the call is busy. Later: the call is hung up.",
        "`reason` changes nothing.",
        ("reason",),
    ),
    "Hangup": Verb("The call is hung up."),
    "Record": Verb(
        "Takes the caller's next text, until `timeout` seconds (5) of silence or `maxLength`. "
        "Posts `RecordingUrl` and `RecordingDuration` to `action`.",
        "The recording can't be fetched; nothing is transcribed.",
        (
            "action",
            "method",
            "timeout",
            "finishOnKey",
            "maxLength",
            "playBeep",
            "trim",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
            "transcribe",
            "transcribeCallback",
            "recordingConfigurationId",
        ),
    ),
    "Enqueue": Verb(
        "The caller hears silence and hangs up after ten seconds: nobody takes the call.",
        "`waitUrl` and `action` are not asked.",
        (
            "action",
            "method",
            "maxQueueSize",
            "waitUrl",
            "waitUrlMethod",
            "workflowSid",
        ),
        ("Task",),
        ("Task",),
    ),
    "Connect": Verb(
        "`<Stream>`: the caller talks through a media stream until the server closes it; then "
        "`action`, or the next verb.",
        "Any other noun is a problem.",
        ("action", "method"),
        (
            "Stream",
            "Room",
            "Conversation",
            "VirtualAgent",
            "Autopilot",
            "ConversationRelay",
            "AiSession",
            "ConversationRelaySession",
            "Assistant",
        ),
        ("Stream",),
    ),
    "Start": Verb(
        "`<Stream>`: a media stream gets a copy of the tracks that `track` names, until `<Stop>` "
        "or the call's end; four at most.",
        "Any other noun is a problem. What the server sends is not heard.",
        ("action", "method"),
        ("Stream", "Siprec", "Transcription", "Recording"),
        ("Stream",),
    ),
    "Stop": Verb(
        "`<Stream name>`: the copy of that name ends.",
        "Any other noun is a problem.",
        (),
        ("Stream", "Siprec", "Transcription", "Recording"),
        ("Stream",),
    ),
}
STREAM_ATTRIBUTES = (
    "name",
    "connectorName",
    "url",
    "track",
    "statusCallback",
    "statusCallbackMethod",
    "audioFormat",
    "sampleRate",
)
PARAMETER_ATTRIBUTES = ("name", "value")
# Verbs that Twilio has, and the caller does not play.
OTHER_VERBS = ("Echo", "Leave", "Pay", "Prompt", "Queue", "Refer", "Sms")
Tell = Callable[[str], None]


def known_verb(element: Element, tell: Tell) -> bool:
    """True if the caller plays the verb; tells a problem otherwise, and of misspelt attributes."""
    place = f"line {element.line}: "
    if element.name in OTHER_VERBS:
        tell(f"{place}the caller does not play <{element.name}>; it goes on with the next verb")
        return False
    if element.name not in VERBS:
        hint = nearest(element.name, [*VERBS, *OTHER_VERBS])
        more = f"; {hint}" if hint else ""
        tell(f"{place}TwiML has no verb <{element.name}>{more}")
        return False
    check_attributes(element, VERBS[element.name].attributes, tell)
    return True


def check_attributes(element: Element, known: tuple[str, ...], tell: Tell) -> None:
    """Tell of each attribute that looks like a misspelt one."""
    for name in element.attributes:
        hint = nearest(name, known)
        if name not in known and hint:
            tell(f"line {element.line}: <{element.name}> has no attribute {name!r}; {hint}")


def nouns_of(element: Element, tell: Tell) -> Iterator[Element]:
    """Yield what is in a verb and is played; tell a problem of all else."""
    verb = VERBS[element.name]
    if not element.children and verb.played == ("Stream",):
        tell(f"line {element.line}: <{element.name}> is empty; it should have a <Stream>")
    for child in element.children:
        if child.name in verb.played:
            yield child
        elif child.name in verb.nouns:
            tell(f"line {child.line}: the caller does not play <{child.name}> in <{element.name}>")
        else:
            hint = nearest(child.name, verb.nouns)
            more = f"; {hint}" if hint else ""
            tell(f"line {child.line}: <{element.name}> has no <{child.name}>{more}")
