"""Measures whether deleted worlds give their memory back.

`.venv/bin/python -m benchmarks.memory [--rounds 18] [--chats 150]`. Each round has its chats over
sockets, simulates as many, and deletes the world. The exit code is 1 if a later round leaves the
server with a tenth more than the first one did.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import aiohttp

from benchmarks.servers import HOST, Target, emulator, started
from emulator.jsontext import JsonObject

FLAT = 1.1  # the most that a later round may have, for 1 of the first
AT_ONCE = 10
TURNS = 3
KEY = {"X-Hume-Api-Key": "memory"}


async def run_rounds(target: Target, rounds: int, chats: int) -> list[float]:
    """The server's memory after each round, in MiB."""
    url = f"http://{HOST}:{target.port}"
    measured = []
    async with aiohttp.ClientSession(url, headers=KEY) as http:
        for number in range(rounds):
            waiting = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(have_chat(http, waiting) for _ in range(chats)))
            async with http.delete("/_emulator/world") as answer:
                answer.raise_for_status()
            measured.append(target.mebibytes())
            print(f"round {number + 1:2}: {measured[-1]:.0f} MiB", flush=True)
    return measured


async def have_chat(http: aiohttp.ClientSession, waiting: asyncio.Semaphore) -> None:
    """One chat over a socket, and one that is simulated."""
    async with waiting:
        async with http.ws_connect("/v0/evi/chat", max_msg_size=0) as socket:
            for _ in range(TURNS):
                await socket.send_json({"type": "user_input", "text": "Tell me more about it."})
                while (await _receive(socket))["type"] != "assistant_end":
                    pass
        body = {"user": ["Hello", "Tell me more about it."]}
        async with http.post("/_emulator/simulate", json=body) as answer:
            answer.raise_for_status()


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> JsonObject:
    frame: JsonObject = await socket.receive_json()
    return frame


def growth(measured: Sequence[float]) -> float:
    """How many times as much as after the first round there was later, at most."""
    return max(measured) / measured[0]


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.memory")
    parser.add_argument("--rounds", type=int, default=18)
    parser.add_argument("--chats", type=int, default=150, help="of each kind, in a round")
    arguments = parser.parse_args()
    with started(emulator("--seed", "demo")) as target:
        measured = asyncio.run(run_rounds(target, arguments.rounds, arguments.chats))
    ratio = growth(measured)
    print(f"at most {ratio:.2f} times as much as after the first round; {FLAT} is allowed")
    return int(ratio > FLAT)


if __name__ == "__main__":
    sys.exit(main())
