"""Speaks a sentence as a LiveKit agent would, into a WAV file."""

import asyncio
import sys
from pathlib import Path

import aiohttp
from livekit.plugins import hume


async def speak(text: str) -> bytes:
    async with aiohttp.ClientSession() as session:
        tts = hume.TTS(http_session=session)  # its key is in HUME_API_KEY
        frame = await tts.synthesize(text).collect()
    wav: bytes = frame.to_wav_bytes()
    return wav


if __name__ == "__main__":
    text, path = sys.argv[1:]
    Path(path).write_bytes(asyncio.run(speak(text)))
