"""Who says the texts of a world: tones, eSpeak NG, or a server that is asked."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from time import monotonic

from emulator.audio.served import (
    Answer,
    KeptSpeech,
    NotSpoken,
    ServedSound,
    ServedSpeaker,
    SpeechSource,
    Wanted,
)
from emulator.audio.sound import Sound, Speaker
from emulator.audio.speakers import is_server, speaker_of
from emulator.audio.timbre import SAMPLE_RATE
from emulator.audio.wav import SAMPLE_BYTES
from emulator.hosts import WEBHOOK_SCHEMES, call_problem, mapped
from emulator.journal.entries import VoiceEntry
from emulator.outgoing.open_ai import route
from emulator.redaction.urls import without_keys
from emulator.world.world import World

_USUAL_MODEL, _USUAL_VOICE = "tts-1", "alloy"  # names that many servers know
_MARGIN_S = 5  # that a thread waits longer than its request may take
_BYTES_PER_MS = SAMPLE_RATE * SAMPLE_BYTES // 1000
DROPPED, FAILED = "dropped", "failed"


def voice_of(world: World) -> Speaker:
    """Return who says the texts of a world."""
    settings = world.settings
    if not is_server(settings.voice):
        return speaker_of(settings.voice)
    if world.speech is None:
        world.speech = KeptSpeech()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    ask = partial(_ask_from_thread, world, loop)
    return ServedSpeaker(world.speech, settings.voice_name, _USUAL_VOICE, ask)


def _ask_from_thread(world: World, loop: asyncio.AbstractEventLoop | None, wanted: Wanted) -> None:
    """Wait until the server has said a text, or failed to; the loop's own thread never waits."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        if loop is not None and loop.is_running():
            future = asyncio.run_coroutine_threadsafe(_ask(world, wanted, None), loop)
            with suppress(TimeoutError, CancelledError):
                future.result(world.settings.voice_timeout + _MARGIN_S)


async def prepare(world: World, sounds: Iterable[Sound], chat_id: str | None = None) -> None:
    """Have the world's server say what it has not said yet; other voices need no preparation.

    Where it fails, the rest is not asked for: all that is missing then is in tones.
    """
    goes_on = True
    for sound in sounds:
        if isinstance(sound, ServedSound):
            if goes_on and sound.is_missing:
                goes_on = await _ask(world, sound.wanted, chat_id)
            sound.settle()


async def _ask(world: World, wanted: Wanted, chat_id: str | None) -> bool:
    """Ask for a text, keep what is said, and note it in the journal; False if nothing is."""
    source, journal, begin_s = _source(world), world.journal, monotonic()
    entry = VoiceEntry(
        chat_id=chat_id,
        url=without_keys(source.url),
        model=source.model,
        voice=wanted.voice,
        text=wanted.text,
    )
    with world.working("the voice's server", source.timeout_s):
        try:
            answer = await _answer(world, source, wanted)
            entry.status = answer.status
            if isinstance(answer, NotSpoken):
                entry.ended, entry.error = FAILED, f"{answer.problem}; tones take its place"
            else:
                entry.sound_ms = len(answer.pcm) // _BYTES_PER_MS
        except asyncio.CancelledError:
            entry.ended = DROPPED
            raise
        finally:
            entry.duration_ms = round((monotonic() - begin_s) * 1000)
            journal.add(entry)
    if isinstance(answer, NotSpoken) or world.speech is None:
        return False
    world.speech.keep(wanted, answer.pcm)
    return True


def _source(world: World) -> SpeechSource:
    settings = world.settings
    url = mapped(route(settings.voice, "/audio/speech"), settings.map_url)
    model, key = settings.voice_model or _USUAL_MODEL, settings.voice_key or None
    return SpeechSource(url, model, key, settings.voice_timeout)


async def _answer(world: World, source: SpeechSource, wanted: Wanted) -> Answer:
    hosts, only = world.settings.call_hosts, world.settings.call_hosts_only
    problem = call_problem(source.url, WEBHOOK_SCHEMES, hosts, only)
    if problem is not None:
        return NotSpoken(f"its URL {problem}")
    from emulator.outgoing.speech import ask_for_speech  # on aiohttp, which takes 0.2 s

    return await ask_for_speech(world.http.session(), source, wanted)
