"""Measures whether deleted worlds give their memory back.

`.venv/bin/python -m benchmarks memory`. Each round has its chats over sockets, simulates as many,
and deletes the world.
"""

import asyncio
from collections.abc import Sequence

import aiohttp

from benchmarks.figures import Effort, Finding, at_most
from benchmarks.servers import HOST, Target, emulator, started
from emulator.jsontext import JsonObject

ROUNDS, CHATS = 18, 150  # and chats of each kind in a round
FLAT = 1.1  # the most that a later round may have, for 1 of the first
AT_ONCE = 10
TURNS = 3
KEY = {"X-Hume-Api-Key": "memory"}


async def run_rounds(target: Target, rounds: int, chats: int) -> list[float]:
    """The server's memory after each round, in MiB."""
    url = f"http://{HOST}:{target.port}"
    measured = []
    async with aiohttp.ClientSession(url, headers=KEY) as http:
        for _ in range(rounds):
            waiting = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(have_chat(http, waiting) for _ in range(chats)))
            async with http.delete("/_emulator/world") as answer:
                answer.raise_for_status()
            measured.append(target.mebibytes())
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


def run(effort: Effort) -> list[Finding]:
    rounds, chats = effort.of(ROUNDS, 6), effort.of(CHATS, 50)
    with started(emulator("--seed", "demo")) as target:
        measured = asyncio.run(run_rounds(target, rounds, chats))
    print(
        f"Memory of the server after each of {rounds} rounds of {chats} chats over sockets and "
        f"{chats} simulated ones,\nwhose world is then deleted: "
        f"{', '.join(f'{mebibytes:.0f}' for mebibytes in measured)} MiB.\n"
    )
    figure = f"memory after {rounds} rounds of {chats} chats and a deleted world, most / first"
    return [at_most(figure, [growth(measured)], FLAT)]
