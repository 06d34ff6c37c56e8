"""Measures what a media message costs in one process, without sockets, beside reading it alone."""

import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from benchmarks.figures import Effort, Finding, at_most, median_ratio, print_table, spread
from benchmarks.phone_messages import SILENCE, CallMessages, form, speech
from benchmarks.servers import API_KEY, CORES, use_cores
from emulator.apis.phone.call import IncomingCall
from emulator.apis.phone.state import PhoneState
from emulator.apis.phone.stream_peer import MediaStreamPeer
from emulator.jsontext import parse
from emulator.server import new_app
from emulator.settings import Settings
from emulator.sockets.outbound import Outbound
from emulator.world.world import World

MOST_US = 40.0  # half of what 100 calls may take of a core
_MESSAGES = 500  # of a round


def run(effort: Effort) -> list[Finding]:
    rounds = effort.of(101, 31)
    use_cores(CORES[-1])
    world = new_app(Settings()).worlds.get(API_KEY)
    sounds = {"silence": [SILENCE], "speech": list(speech())}
    lines = {name: _Line(world, number) for number, name in enumerate(sounds)}
    ours: dict[str, list[float]] = {name: [] for name in sounds}
    alone: dict[str, list[float]] = {name: [] for name in sounds}
    for _ in range(rounds):
        for name, pieces in sounds.items():
            texts = lines[name].texts(pieces)
            ours[name].append(_cpu_us(lines[name].peer.receive_text, texts))
            alone[name].append(_cpu_us(_read, texts))
        world.timers.run_due()
    print(f"CPU of a media message in one process, {rounds} rounds in turn; µs\n")
    print_table(
        ["sound", "CPU µs", "parsed and decoded alone", "ratio"],
        [
            [name, spread(ours[name], 1), spread(alone[name], 1), median_ratio(*both)]
            for name, both in ((name, (ours[name], alone[name])) for name in sounds)
        ],
    )
    return [
        at_most(f"CPU of a media message in process: {name}", times, MOST_US, "µs")
        for name, times in ours.items()
    ]


def _read(text: bytes) -> bytes:
    return b64decode(parse(text)["media"]["payload"])


def _cpu_us(take: Callable[[bytes], Any], texts: Sequence[bytes]) -> float:
    begin = time.process_time()
    for text in texts:
        take(text)
    return (time.process_time() - begin) / len(texts) * 1e6


class _Line:
    """A media stream without a socket."""

    def __init__(self, world: World, number: int) -> None:
        self._messages = CallMessages(number)
        fields = dict(parse_qsl(form(number).decode()))
        call = IncomingCall(fields, None, world.clock.now_ms())
        world.state(PhoneState).add(call)

        async def send(message: Any) -> None:
            """Send nothing."""

        outbound = Outbound(send, world, "media stream")
        self.peer = MediaStreamPeer(world, outbound, call.sid, lambda error: None)
        for text in self._messages.first():
            self.peer.receive_text(text)

    def texts(self, sounds: Sequence[bytes]) -> list[bytes]:
        """Return the messages of a round, with these sounds again and again."""
        return [self._messages.next(sounds[n % len(sounds)]) for n in range(_MESSAGES)]
