"""What pocketsphinx hears, with the English model that it brings, if it expects a phone number.

The input is a list of {rate, pcm}: 16-bit mono sound, in base64. The output is a list of the words
that it heard, or null where it heard nothing.
"""

import json
import sys
from array import array
from base64 import b64decode
from typing import Any

from pocketsphinx import Decoder

RATE = 16_000  # Hz, of the model
GRAMMAR = """#JSGF V1.0;
grammar phone;
public <number> = [my number is] <digit>+;
<digit> = zero | one | two | three | four | five | six | seven | eight | nine;
"""


def hear(rate: int, pcm: str) -> str | None:
    """Return the words of a recording; each has a decoder of its own, so that none adapts."""
    decoder = Decoder(lm=None, loglevel="FATAL")
    decoder.add_jsgf_string("phone", GRAMMAR)
    decoder.activate_search("phone")
    decoder.start_utt()
    decoder.process_raw(slower(b64decode(pcm), rate).tobytes(), full_utt=True)
    decoder.end_utt()
    heard = decoder.hyp()
    return None if heard is None else str(heard.hypstr)


def slower(pcm: bytes, rate: int) -> "array[int]":
    """Return sound with the model's rate: each sample is the mean of those that it stands for."""
    samples, step = array("h", pcm), rate // RATE
    assert rate == step * RATE
    places = range(0, len(samples) - step + 1, step)
    return array("h", (sum(samples[place : place + step]) // step for place in places))


def main() -> None:
    given: list[dict[str, Any]] = json.load(sys.stdin)
    json.dump([hear(**each) for each in given], sys.stdout)


if __name__ == "__main__":
    main()
