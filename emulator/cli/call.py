"""`evi-emulator call`: calls a TwiML URL as Twilio would, and shows what happens."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from emulator.audio.live_voices import USER_TONES, LiveVoice, SpokenVoice
from emulator.audio.speakers import speaker_of
from emulator.audio.timbre import timbre_of
from emulator.cli.call_order import interrupting, read_faults, step_of, steps_of_script
from emulator.cli.call_output import line_of
from emulator.cli.call_words import CallWords
from emulator.cli.http import Remote
from emulator.cli.parser import FAILED, OK, add_settings, settings_of
from emulator.credentials import DEFAULT_KEY
from emulator.durations import duration_ms
from emulator.errors import EmulatorError, UsageError, closest
from emulator.faults.table import KINDS
from emulator.hosts import MODEL_SCHEMES, WEBHOOK_SCHEMES, call_problem, form_problem, mapped
from emulator.ids import IdSource
from emulator.jsontext import JsonObject, render
from emulator.outgoing.http_client import HttpClient
from emulator.redaction.text import hide_in_text
from emulator.settings import Settings
from emulator.twilio.call import place_call
from emulator.twilio.events import CallEvent, Watch
from emulator.twilio.order import (
    AUTH_TOKEN,
    FROM_NUMBER,
    TO_NUMBER,
    CallOrder,
    Limits,
)
from emulator.twilio.pacing import RealTime
from emulator.twilio.posting import Urls
from emulator.twilio.record import CallRecord
from emulator.twilio.services import Announce, CallServices
from emulator.twilio.wav import stereo_wav

_SETTINGS = ("map_url", "call_hosts", "call_hosts_only", "random_seed")
_VOICES = ("tones", "espeak")
_FORMATS = ("text", "json")
_ENDPOINT = "/v0/evi/twilio"  # of the service, and of an emulator
_SERVICE = "hume.ai"  # which has no routes of an emulator
_NOBODY_SPEAKS = "the caller has said nothing: add --user TEXT"
_NOBODY_TOLD = (
    "nobody is told what the caller says: an emulated EVI hears only that somebody speaks; say "
    "where it is with --emulator URL --key KEY"
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=call)
    parser.add_argument(
        "url",
        metavar="URL",
        help="the address that answers with TwiML: https, or http on this machine and --call-hosts",
    )
    _add_step_flags(parser)
    parser.add_argument(
        "--from", dest="caller", default=FROM_NUMBER, metavar="NUMBER", help="the caller's number"
    )
    parser.add_argument(
        "--to", dest="called", default=TO_NUMBER, metavar="NUMBER", help="the number called"
    )
    parser.add_argument("--call-sid", metavar="SID", help="the call's SID (default a new one)")
    parser.add_argument(
        "--auth-token",
        default=AUTH_TOKEN,
        metavar="TOKEN",
        help=f"the token that signs X-Twilio-Signature (default {AUTH_TOKEN})",
    )
    parser.add_argument(
        "--status-callback",
        metavar="URL",
        help="where to post initiated, ringing, answered and completed",
    )
    parser.add_argument(
        "--emulator",
        metavar="URL",
        help="the emulator that gets the caller's words (default: the emulator at URL)",
    )
    parser.add_argument(
        "--key", metavar="KEY", help="its API key (default: the key in URL, or any)"
    )
    parser.add_argument(
        "--patience", default="10s", help="how long to wait for an answer (default 10s)"
    )
    parser.add_argument(
        "--greeting", default="2s", help="how long to wait for the first words (default 2s)"
    )
    parser.add_argument(
        "--voice", default="tones", metavar="|".join(_VOICES), help="how the caller sounds"
    )
    parser.add_argument("--save", metavar="FILE", help="write both sides to a WAV file")
    parser.add_argument(
        "--fault",
        dest="faults",
        action="append",
        default=[],
        metavar="NAME[,FIELD=VALUE...]",
        help="break the call: " + "; ".join(KINDS["call"].faults),
    )
    parser.add_argument("--format", default="text", help=f"print {', '.join(_FORMATS)}")
    add_settings(parser, _SETTINGS)


def _add_step_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of steps, which are taken in the order in which they are written."""
    parser.set_defaults(steps=[])
    for flag, metavar, read, help in (
        ("--user", "TEXT", step_of("say"), "what the caller says, turn by turn"),
        ("--interrupt", "TEXT", interrupting, "what the caller says into the next answer"),
        ("--keys", "DIGITS", step_of("keys"), "the keys that the caller presses"),
    ):
        parser.add_argument(
            flag, dest="steps", action="append", metavar=metavar, type=read, help=help
        )
    parser.add_argument(
        "--script", metavar="NAME", help="a bundled script, or a file, whose 'user' is the caller"
    )


def call(arguments: argparse.Namespace) -> int:
    """Print the call as it happens; return 1 if it was not completed, or had problems."""
    _check_choice("--voice", arguments.voice, _VOICES)
    _check_choice("--format", arguments.format, _FORMATS)
    _check_file(arguments.save)
    settings = settings_of(arguments)
    order = _order(arguments, settings)
    voice = _voice(arguments.voice)
    is_json = arguments.format == "json"
    remote = _remote(arguments, settings)
    announce = None if remote is None else partial(_tell, remote)
    words = None if remote is None else CallWords(remote)
    watch = _watch(words, is_quiet=is_json)
    record = asyncio.run(_place(order, settings, voice, announce, watch))
    for notice in _afterwards(record, order, words):
        event = CallEvent("notice", record.events[-1].at_ms, notice)
        record = replace(record, notices=(*record.notices, notice), events=(*record.events, event))
        watch(event)
    chat_id = None if words is None else words.find_chat()
    if is_json:
        print(render(_as_json(record, words)).decode())
    elif chat_id is not None:
        print(f"            chat        {chat_id}")
    if arguments.save is not None:
        _save(arguments.save, record)
    return OK if record.is_fine else FAILED


def _afterwards(record: CallRecord, order: CallOrder, words: CallWords | None) -> list[str]:
    """Return what only shows when the call is over."""
    if words is not None and record.problems:
        return [f"the emulator has refused the call: {reason}" for reason in words.refusals()]
    if words is None and any(line.who == "caller" for line in record.lines):
        return [_NOBODY_TOLD]
    return [] if order.steps else [_NOBODY_SPEAKS]


def _as_json(record: CallRecord, words: CallWords | None) -> JsonObject:
    """Return what the control route answers, with the events."""
    if words is not None:
        record = replace(record, lines=tuple(map(words.in_words, record.lines)))
    chat_id = None if words is None else words.chat_id
    events = [event.to_json() for event in record.events]
    return {**record.to_json(), "chat_id": chat_id, "events": events}


async def _place(
    order: CallOrder,
    settings: Settings,
    voice: LiveVoice,
    announce: Announce | None,
    watch: Callable[[CallEvent], None],
) -> CallRecord:
    client = HttpClient()
    hosts, only = settings.call_hosts, settings.call_hosts_only
    urls = Urls(
        lambda url: call_problem(url, MODEL_SCHEMES, hosts, only),
        lambda url: mapped(url, settings.map_url),
    )
    services = CallServices(
        client=client,
        time=RealTime(),
        urls=urls,
        voice=voice,
        watch=watch,
        ids=IdSource(settings.random_seed),
    )
    if announce is not None:
        services = replace(services, announce=announce)
    try:
        return await place_call(order, services)
    finally:
        await client.close()


def _order(arguments: argparse.Namespace, settings: Settings) -> CallOrder:
    problem = form_problem(arguments.url, WEBHOOK_SCHEMES)
    if problem is not None:
        raise UsageError(hide_in_text(f"URL {problem}, got {arguments.url!r}"))
    steps = steps_of_script(arguments.script) if arguments.script else []
    return CallOrder(
        url=arguments.url,
        steps=[*steps, *arguments.steps],
        from_number=arguments.caller,
        to_number=arguments.called,
        call_sid=arguments.call_sid,
        auth_token=arguments.auth_token,
        status_callback=arguments.status_callback,
        faults=read_faults(arguments.faults, settings.random_seed),
        limits=Limits(
            greeting_ms=_duration("--greeting", arguments.greeting),
            patience_ms=_duration("--patience", arguments.patience),
        ),
    )


def _remote(arguments: argparse.Namespace, settings: Settings) -> Remote | None:
    """Return the emulator that is told the caller's words; None if none is known."""
    url, key = arguments.emulator, arguments.key
    parts = urlsplit(mapped(arguments.url, settings.map_url))
    is_service = f".{parts.hostname}".endswith(f".{_SERVICE}")
    if parts.path == _ENDPOINT and not is_service:
        url = url or f"{parts.scheme}://{parts.netloc}"
        key = key or parse_qs(parts.query).get("api_key", [None])[0]
    if url is None:
        return None
    return Remote(url, key or DEFAULT_KEY, flag="--emulator")


async def _tell(remote: Remote, call_sid: str, text: str) -> None:
    path = f"/_emulator/calls/{call_sid}/heard"
    try:
        await asyncio.to_thread(remote.call, "POST", path, {"text": text})
    except EmulatorError as error:
        raise EmulatorError(f"the emulator was not told what the caller says: {error}") from None


def _voice(name: str) -> LiveVoice:
    if name == "tones":
        return USER_TONES
    return SpokenVoice(speaker_of(name), timbre_of("user", "Male"))


def _save(name: str, record: CallRecord) -> None:
    try:
        Path(name).write_bytes(stereo_wav(record.caller_sound, record.answerer_sound))
        print(f"both sides are in {name}", file=sys.stderr)
    except OSError as error:
        raise EmulatorError(f"the call can't be written to {name}: {error.strerror}") from None


def _watch(words: CallWords | None, is_quiet: bool) -> Watch:
    """Return what prints events; with an emulator, the other side has words."""

    def watch(event: CallEvent) -> None:
        said = "" if words is None else words.look_at(event)
        if not is_quiet:
            print(line_of(replace(event, text=said) if said else event), flush=True)

    return watch


def _duration(flag: str, text: str) -> int:
    try:
        return duration_ms(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from None


def _check_file(name: str | None) -> None:
    """Raise UsageError for a file that can't be written, before anybody is called."""
    if name is None:
        return
    if Path(name).suffix.lower() != ".wav":
        raise UsageError(f"--save writes a WAV file, whose name ends with .wav; got {name!r}")
    if not Path(name).absolute().parent.is_dir():
        raise UsageError(f"--save: there is no folder {str(Path(name).parent)!r}")


def _check_choice(flag: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        hint = closest(given, known)
        raise UsageError(f"{flag} must be one of {', '.join(known)}, got {given!r}{hint}")
