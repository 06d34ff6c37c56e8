"""Asks a server to say a text, by the API of OpenAI's speech."""

import asyncio

import aiohttp

from emulator.audio.decoding.decoder import DecodeError
from emulator.audio.recorded import pcm_of
from emulator.audio.served import Answer, NotSpoken, SpeechSource, Spoken, Wanted
from emulator.outgoing.reason import reason

_LONGEST_S = 120  # of sound in one answer
_MOST_READ = 33_554_432  # bytes of an answer: two minutes of stereo, and room for its head
_MOST_QUOTED = 400  # characters of a refusal


async def ask_for_speech(
    session: aiohttp.ClientSession, source: SpeechSource, wanted: Wanted
) -> Answer:
    """Return the speech, or why there is none."""
    try:
        async with asyncio.timeout(source.timeout_s):
            return await _asked(session, source, wanted)
    except TimeoutError:
        return NotSpoken(f"no speech came for {source.timeout_s} s")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return NotSpoken(reason(error))


async def _asked(session: aiohttp.ClientSession, source: SpeechSource, wanted: Wanted) -> Answer:
    question = {
        "model": source.model,
        "input": wanted.text,
        "voice": wanted.voice,
        "response_format": "wav",
        "speed": wanted.speed,
    }
    async with session.post(
        source.url,
        json=question,
        headers={"Authorization": f"Bearer {source.key}"} if source.key else None,
        allow_redirects=False,
    ) as answer:
        data = await _read(answer, _MOST_READ if answer.status == 200 else 4 * _MOST_QUOTED)
        if answer.status != 200:
            return NotSpoken(f"status {answer.status}: {_quoted(data)}", answer.status)
        if len(data) > _MOST_READ:
            return NotSpoken(f"its answer has more than {_MOST_READ:,} bytes", answer.status)
        return await asyncio.to_thread(_decoded, data)


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    data = bytearray()
    async for piece in answer.content.iter_any():
        data += piece
        if len(data) > most:
            break
    return bytes(data)


def _decoded(data: bytes) -> Answer:
    try:
        pcm = pcm_of(data, _LONGEST_S)
    except DecodeError as error:
        return NotSpoken(f"expected a WAV file, got {_quoted(data[:40])!r}: {error}", 200)
    if pcm is None:
        return NotSpoken(f"its speech lasts more than {_LONGEST_S} s", 200)
    return Spoken(pcm) if pcm else NotSpoken("expected a WAV file, got no sound", 200)


def _quoted(data: bytes) -> str:
    return data.decode(errors="replace")[:_MOST_QUOTED]
