"""What an agent does with livekit-plugins-hume, which is pointed here by `base_url`.

The input is a list of {url, key, text, options}, where `options` are those of `hume.TTS`. The
output is for each the sound as it plays it, {pcm, rate, channels}, or {error, cause, cause_type}
if it gives up after one try.
"""

import asyncio
import json
import sys
from base64 import b64encode
from typing import Any

import aiohttp
from livekit.agents import APIConnectionError, APIConnectOptions
from livekit.plugins import hume

Json = dict[str, Any]
ONCE = APIConnectOptions(max_retry=0, timeout=10)


async def speak(given: list[Json]) -> list[Json]:
    return [await attempt(**each) for each in given]


async def attempt(**given: Any) -> Json:
    try:
        return await say(**given)
    except APIConnectionError as error:
        cause = error.__cause__
        return {"error": str(error), "cause": str(cause), "cause_type": type(cause).__name__}


async def say(url: str, key: str, text: str, options: Json) -> Json:
    if "audio_format" in options:
        options["audio_format"] = hume.AudioFormat(options["audio_format"])
    async with aiohttp.ClientSession() as session:
        tts = hume.TTS(api_key=key, base_url=url, http_session=session, **options)
        frame = await tts.synthesize(text, conn_options=ONCE).collect()
    return {
        "pcm": b64encode(frame.data.tobytes()).decode(),
        "rate": frame.sample_rate,
        "channels": frame.num_channels,
    }


def main() -> None:
    json.dump(asyncio.run(speak(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
