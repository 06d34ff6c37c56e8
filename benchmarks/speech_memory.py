"""Measures the memory of many streams at once, and of a remembered generation."""

import gc
import tracemalloc

from benchmarks.figures import Effort, Finding, at_most, print_table
from benchmarks.servers import API_KEY, CORES, emulator, started, use_cores
from benchmarks.speech_client import SlowReaders
from benchmarks.speech_requests import FILE, LINES, asking, body, short
from emulator.apis.tts.generation import new_generations, new_request_id
from emulator.apis.tts.request import Source, read_request
from emulator.apis.tts.whole_answer import answer_pieces
from emulator.apis.voices.state import VoicesState
from emulator.jsontext import parse, render
from emulator.server import new_app
from emulator.settings import Settings
from emulator.world.world import World

STREAMS, MOST_KB = 200, 600.0
LONGEST = 5000  # characters
READ_BYTES = {"pcm": 500_000, "mp3": 50_000}  # of each client in a round; as lines it is more
MOST_GROWTH = 1.1
MOST_TIMES_JSON = 1.2


def run(effort: Effort) -> list[Finding]:
    return [*streams(effort), *generations(effort)]


def streams(effort: Effort) -> list[Finding]:
    """Many streams at once, whose clients read slowly."""
    count, rounds = effort.of(STREAMS, 50), effort.of(6, 3)
    rows, findings = [], []
    use_cores(CORES[-1])
    for path, format in ((FILE, "pcm"), (LINES, "pcm"), (FILE, "mp3"), (LINES, "mp3")):
        before, after = _memory_kb(path, format, count, rounds)
        each = [(kb - before) / count for kb in after]
        kind = f"{short(path)}, {format}"
        rows.append([kind, f"{each[0]:.0f}", f"{each[-1]:.0f}", f"{max(each):.0f}"])
        findings.append(at_most(f"{count} streams, of each: {kind}", [max(each)], MOST_KB, "KB"))
        growth = max(after) / after[0]
        findings.append(at_most(f"{count} streams, most / first: {kind}", [growth], MOST_GROWTH))
    print(
        f"Memory of the server with {count} streams at once of {LONGEST:,} characters, whose "
        f"clients read a part\nin each of {rounds} rounds: KB for each stream\n"
    )
    print_table(["streams", "after the first round", "after the last", "most"], rows)
    return findings


def _memory_kb(path: str, format: str, count: int, rounds: int) -> tuple[float, list[float]]:
    """The memory of a server before there are streams, and after each round of reading."""
    with started(emulator()) as server:
        for _ in range(3):
            server.ask(200, "POST", path, body=render(body(LONGEST, format)))
        before = server.mebibytes() * 1024
        readers = SlowReaders(server, asking(path, LONGEST, format), count)
        after = []
        for _ in range(rounds):
            readers.read(READ_BYTES[format])
            after.append(server.mebibytes() * 1024)
        readers.close()
    return before, after


def generations(effort: Effort) -> list[Finding]:
    """Measure a remembered generation, beside the answer's JSON without its audio."""
    count = effort.of(10_000, 2_000)
    rows, findings = [], []
    for characters in (100, 1000):
        world = new_app(Settings()).worlds.get(API_KEY)
        json = len(_without_audio(world, characters))
        used = _remember(world, characters, count)
        kept = len(next(reversed(list(world.state(VoicesState).generations.texts()))))
        rows.append([f"{characters:,}", f"{used:.0f}", f"{kept}", f"{json}", f"{used / json:.2f}"])
        figure = f"memory of a generation / its JSON: {characters:,} characters"
        findings.append(at_most(figure, [used / json], MOST_TIMES_JSON))
    print(f"Memory of a generation that is remembered, bytes; the mean of {count:,}\n")
    head = ["characters", "memory", "of which its record", "JSON without audio", "ratio"]
    print_table(head, rows)
    return findings


def _remember(world: World, characters: int, count: int) -> float:
    """Return what a generation takes (bytes), the mean of so many."""
    asked = read_request(Source(world, [], streams=False), body(characters, "mp3"))
    tracemalloc.start()
    for _ in range(count):
        new_generations(world, asked, new_request_id(world), "synthesize-json")
    gc.collect()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / count


def _without_audio(world: World, characters: int) -> bytes:
    """Return the JSON of an answer, without its audio."""
    asked = read_request(Source(world, [], streams=False), body(characters, "mp3"))
    made = new_generations(world, asked, new_request_id(world), "synthesize-json")
    answer = parse(b"".join(answer_pieces(made, asked)))
    for generation in answer["generations"]:
        generation["audio"] = ""
        for snippet in (each for group in generation["snippets"] for each in group):
            snippet["audio"] = ""
    return render(answer)
