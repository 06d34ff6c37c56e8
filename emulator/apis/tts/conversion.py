"""Voice conversion: says a recording again, in another voice.

Nobody listens to the recording: the voice's tone follows its loudness.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing

from emulator.api import Call, UploadedFile
from emulator.apis.tts.chunks import Chunk
from emulator.apis.tts.errors import tts_error
from emulator.apis.tts.generation import Generation, new_conversion, new_request_id
from emulator.apis.tts.pacing import paced
from emulator.apis.tts.request import (
    DEFAULT_FORMAT,
    Source,
    SpeechRequest,
    Utterance,
    designed,
    find_named,
    read_context,
    without_nulls,
)
from emulator.apis.voices.state import VoicesState
from emulator.audio.conversion import loudness_of
from emulator.audio.decoding.decoder import DecodeError
from emulator.audio.timbre import FRAME_MS
from emulator.errors import Problem, ValidationFailed
from emulator.reply import BodyCut

_LENIENT_LOUDNESS = bytes([60]) * 50  # a second, for what is no sound
_SILENT_FRAME = bytes(1)

Render = Callable[[Generation, SpeechRequest], Iterable[tuple[Chunk, bytes]]]


def read_conversion(call: Call) -> SpeechRequest:
    """Return the request of a form. Raises ApiError."""
    body = without_nulls(call.body)
    if "audio" not in body:
        raise ValidationFailed([Problem(("body", "audio"), "Field required", "missing")])
    source = Source(call.world, call.findings, streams=True)
    context = read_context(source, body.get("context"))
    named, spoken = body.get("voice") or {}, Utterance("")
    if "id" in named or "name" in named:
        voice = find_named(source, named, ("body", "voice"))
        spoken = Utterance("", voice=voice, timbre=call.world.state(VoicesState).timbre(voice))
    elif context.last is not None:
        spoken = Utterance("", voice=context.last.voice, timbre=context.last.timbre)
    elif not source.is_lenient:
        raise tts_error("voice_required", what="The request", why="a conversion", more="")
    else:
        (spoken,) = designed([spoken], 0)
    return SpeechRequest(
        utterances=(spoken,),
        version="1",
        format=body.get("format", {}).get("type", DEFAULT_FORMAT),
        is_instant=True,
        strips_headers=body.get("strip_headers", False),
        context_id=context.id,
    )


async def convert(
    call: Call, request: SpeechRequest, operation_id: str, render: Render
) -> AsyncIterator[bytes]:
    """Yield a conversion piece by piece, as `render` makes them.

    Raises ApiError at first, and BodyCut if the world is reset meanwhile.
    """
    work = call.world.work  # a reset gives the world another
    loudness = await asyncio.to_thread(_loudness, call)
    if work.is_closed:
        raise BodyCut
    request_id = new_request_id(call.world)
    generation = new_conversion(call.world, request, request_id, operation_id, loudness)
    async with aclosing(paced(call.world, generation, render(generation, request))) as pieces:
        async for piece in pieces:
            yield piece


def _loudness(call: Call) -> bytes:
    """Return the loudness of the recording. Raises ApiError if it is no sound, or too long."""
    file, limit = call.body["audio"], call.settings.max_generation_seconds
    assert isinstance(file, UploadedFile)
    try:
        loudness = loudness_of(file.content, limit + 1)
    except DecodeError as error:
        if call.settings.lenient_tts:
            return _LENIENT_LOUDNESS
        raise tts_error("audio_undecodable", problem=error) from None
    if len(loudness) * FRAME_MS > limit * 1000:
        raise tts_error("audio_too_long", limit=limit)
    return loudness or _SILENT_FRAME
