"""What a bot does with pipecat's Hume service in a pipeline.

The service has no option for the address, so its `_client` is replaced. The input is a list of
{url, key, texts, options}, where `options` are those of `HumeTTSService.Settings`. The output is
for each what comes out of the pipeline: {pcm, rate, words, errors}, with each word's time (ns).
"""

import asyncio
import json
import sys
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from hume import AsyncHumeClient
from loguru import logger
from pipecat.frames.frames import ErrorFrame, TTSAudioRawFrame, TTSSpeakFrame, TTSTextFrame
from pipecat.services.hume.tts import HumeTTSService
from pipecat.tests.utils import run_test

Json = dict[str, Any]
STARTUP_S = 20  # on a machine that does other things, too


async def speak(given: list[Json]) -> list[Json]:
    return [await say(**each) for each in given]


async def say(url: str, key: str, texts: Sequence[str], options: Json) -> Json:
    service = HumeTTSService(api_key=key, settings=HumeTTSService.Settings(**options))
    service._client = AsyncHumeClient(base_url=url, api_key=key, httpx_client=service._http_client)
    said = [TTSSpeakFrame(text) for text in texts]
    down, up = await run_test(service, frames_to_send=said, start_timeout=STARTUP_S)
    sounds = [frame for frame in down if isinstance(frame, TTSAudioRawFrame)]
    words = [frame for frame in down if isinstance(frame, TTSTextFrame)]
    return {
        "pcm": b64encode(b"".join(frame.audio for frame in sounds)).decode(),
        "rate": sounds[0].sample_rate if sounds else None,
        "words": [[frame.text, frame.pts] for frame in words],
        "errors": [frame.error for frame in (*down, *up) if isinstance(frame, ErrorFrame)],
    }


def main() -> None:
    logger.remove()
    json.dump(asyncio.run(speak(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
