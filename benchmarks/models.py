"""Measures what a custom language model costs a chat, and what a voice of words takes.

`.venv/bin/python -m benchmarks models`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks import model_turns, words
from benchmarks.apps.model import ENDS_WITH, event
from benchmarks.figures import Effort, Finding, at_most, median_ratio, print_table, ratios, spread
from benchmarks.servers import API_KEY, CORES, use_cores
from emulator.apis.evi.chat.channel import Output
from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.chat.messages import UserInput
from emulator.apis.evi.chat.opening import find_config
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.session import Session
from emulator.apis.evi.model.chunks import ChunkReader
from emulator.apis.evi.model.event_stream import EventStream
from emulator.apis.evi.model.pieces import SentenceBySentence
from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import Over, Reply
from emulator.apis.evi.model.source import ModelSource
from emulator.apis.evi.state import EviState
from emulator.clock import LaggingClock
from emulator.jsontext import JsonObject, render
from emulator.server import new_app
from emulator.settings import Settings
from emulator.world.world import World

MOST_TIMES = 3.0
_SENTENCES = tuple(f"The sun comes out at {number} and it stays dry. " for number in range(20))
_MODEL = ModelSource("http://127.0.0.1/chat/completions")


def run(effort: Effort) -> list[Finding]:
    return [*sentences(effort), *model_turns.run(effort), *words.run(effort)]


def sentences(effort: Effort) -> list[Finding]:
    """CPU of sentences until they are frames, in one process and without sockets."""
    rounds = effort.of(101, 31)
    use_cores(CORES[-1])
    world = new_app(Settings()).worlds.get(API_KEY)
    script = Script()
    script.on_anything().say("".join(_SENTENCES))
    scripted, asking = Talk(world, script=script), Talk(world, model=_MODEL)
    whole = [event(sentence) for sentence in _SENTENCES]
    tokens = [event(f"{word} ") for sentence in _SENTENCES for word in sentence.split()]
    scripted_us: list[float] = []
    whole_us: list[float] = []
    tokens_us: list[float] = []
    for _ in range(rounds):
        scripted_us.append(_cpu_us(scripted.say))
        asking.say()
        whole_us.append(_cpu_us(lambda: asking.hear(whole)))
        asking.say()
        tokens_us.append(_cpu_us(lambda: asking.hear(tokens)))
    print(f"CPU of a sentence until it is frames, {rounds} rounds in turn; µs\n")
    rows = [
        ("scripted", scripted_us),
        ("of a model, as one event", whole_us),
        (f"of a model, in {len(tokens) / len(_SENTENCES):.0f} events", tokens_us),
    ]
    print_table(
        ["sentence", "CPU µs", "/ scripted"],
        [[name, spread(times, 0), median_ratio(times, scripted_us)] for name, times in rows],
    )
    return [
        at_most("sentence of a model / scripted", ratios(whole_us, scripted_us), MOST_TIMES),
    ]


def _cpu_us(act: Callable[[], list[bytes]]) -> float:
    """Return what a sentence takes of a turn of them (µs)."""
    begin = time.process_time()
    frames = act()
    took = time.process_time() - begin
    spoken = sum(frame.startswith(b'{"type":"assistant_message"') for frame in frames)
    if spoken != len(_SENTENCES):
        raise SystemExit(f"expected {len(_SENTENCES)} sentences, got {spoken}")
    return took / spoken * 1e6


@dataclass
class Talk:
    """A chat without a socket, and without a model that is really asked."""

    world: World
    model: ModelSource | None = None
    script: Script = field(default_factory=Script)
    _frames: list[bytes] = field(default_factory=list)
    _question_id: str = ""

    def __post_init__(self) -> None:
        world = self.world
        request = ChatRequest(
            find_config(world, None),
            script=self.script,
            model=self.model,
            voiced=False,
            most_added=world.settings.max_filled_chars,
        )
        clock = LaggingClock(world.clock, 0)
        chats = world.state(EviState).chats
        session = Session(request, chats, clock, world.ids, world.journal)
        self._live = LiveChat(session, clock, world.timers)
        self._live.listeners.append(self._listen)
        self._live.join(self._put)
        self._live.start()

    def _listen(self, output: Output) -> None:
        for ask in output.asks:
            if isinstance(ask, Question):
                self._question_id = ask.id

    def _put(self, messages: list[JsonObject], over: bool = False) -> None:
        self._frames += map(render, messages)

    def say(self) -> list[bytes]:
        """Say something as the user; the frames that come of it."""
        self._frames.clear()
        self._live.receive(UserInput(text="What is the weather like in Berlin today?"))
        self.world.timers.run_due()
        return self._frames

    def hear(self, events: list[bytes]) -> list[bytes]:
        """Take the model's answer, event by event; the frames that come of it."""
        self._frames.clear()
        stream, reader = EventStream(), ChunkReader()
        hear = SentenceBySentence(self._hear)
        for each in (*events, ENDS_WITH):
            for data in stream.feed(each):
                for reply in reader.read(data):
                    hear(reply)
        hear(Over())
        return self._frames

    def _hear(self, reply: Reply) -> None:
        self._live.hear_model(self._question_id, reply)
        self.world.timers.run_due()
