"""A bare aiohttp client that posts what it is told to: `python -m benchmarks.apps.sender URL`."""

import asyncio
import sys
import time
from collections.abc import Sequence

import aiohttp
import uvloop

from benchmarks.servers import CORES, use_cores
from emulator.jsontext import JsonObject, parse
from emulator.outgoing.sender import MOST_PER_RECEIVER


async def post_bare(url: str) -> None:
    """Post the events on stdin, in order within a chat; print the seconds, and those of CPU."""
    chats = parse(sys.stdin.buffer.read())
    use_cores(CORES[0])
    connector = aiohttp.TCPConnector(limit_per_host=MOST_PER_RECEIVER)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def tell(events: Sequence[JsonObject]) -> None:
            for event in events:
                body, headers = event["body"].encode(), event["headers"]
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()

        start, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*map(tell, chats))
        print(time.perf_counter() - start, time.process_time() - cpu)


if __name__ == "__main__":
    uvloop.run(post_bare(sys.argv[1]))
