"""How fast texts are said in words, by eSpeak NG: in one process, sound of 48 kHz as it is sent."""

import importlib.util
import time

from benchmarks.figures import Effort, Finding, at_least, print_table, spread
from benchmarks.servers import CORES, use_cores
from emulator.audio.speakers import speaker_of
from emulator.audio.timbre import SAMPLE_RATE, timbre_of
from emulator.audio.wav import SAMPLE_BYTES

LEAST_TIMES = 50.0  # faster than it is played
_PACKAGE = "espeakng_loader"
_TEXT = "Number {}: it is cloudy this morning, and the sun comes out at noon. Take a light jacket."


def run(effort: Effort) -> list[Finding]:
    if importlib.util.find_spec(_PACKAGE) is None:
        print("Left out: the voice of words, since espeakng-loader is not installed.\n")
        return []
    rounds, texts = effort.of(15, 5), effort.of(20, 8)
    use_cores(CORES[-1])
    speaker, timbre = speaker_of("espeak"), timbre_of("ava", "Female")
    by_cpu: list[float] = []
    by_wall: list[float] = []
    for number in range(rounds + 1):  # the first does not count
        cpu_s, begin_s, size = time.process_time(), time.perf_counter(), 0
        for place in range(texts):
            sound = speaker.speak(_TEXT.format(number * texts + place), timbre)
            size += sum(map(len, sound.sound(timbre)))
        lasts_s = size / SAMPLE_BYTES / SAMPLE_RATE
        if number:
            by_cpu.append(lasts_s / (time.process_time() - cpu_s))
            by_wall.append(lasts_s / (time.perf_counter() - begin_s))
    print(
        f"Texts of two sentences in words, none said before; {rounds} rounds of {texts}: how many "
        "times faster\nthan they are played\n"
    )
    print_table(["by CPU time", "by the clock"], [[spread(by_cpu, 0), spread(by_wall, 0)]])
    return [at_least("espeak, faster than real time by CPU", by_cpu, LEAST_TIMES)]
