"""Speech in another voice: how loud a recording is over time, and a tone that is as loud.

A conversion can be made again from its loudness, which takes 50 bytes a second.
"""

import math
from array import array
from collections.abc import Iterator
from functools import lru_cache

from emulator.audio.decoding.decoder import DecodeError, Decoder, Samples
from emulator.audio.decoding.pcm import PcmDecoder
from emulator.audio.decoding.recognition import new_decoder
from emulator.audio.timbre import FRAME_MS, SILENCE, Timbre, pcm_of, wave_of

_FRAMES_A_SECOND = 1000 // FRAME_MS
_MOST_AT_ONCE = 65_536  # bytes of a file that are decoded at a time
_SAMPLES_HEARD = 240  # of a frame, about: enough to tell how loud it is
_SHIFT = 3  # bits of loudness that the sound leaves out, so that few frames need be made
_LEVELS = 256 >> _SHIFT
_LOUDEST = 0.9  # the highest sample of a tone, of 1
_KEPT_FRAMES = 512  # 2 kB each


def loudness_of(data: bytes, most_seconds: float) -> bytes:
    """Return how loud a WAV, MP3, Ogg, MP4, AAC or WebM file is: a byte for each 20 ms.

    A byte is 255 times the square root of the RMS (of 1). What comes after `most_seconds` is not
    decoded. Raises DecodeError, or DecoderMissingError if the package that decodes it is missing.
    """
    decoder = container_decoder(data)
    most, levels = math.ceil(most_seconds * _FRAMES_A_SECOND), bytearray()
    for frame in _frames(decoder, data):
        if len(levels) == most:
            break
        levels.append(_level(frame))
    return bytes(levels)


def container_decoder(data: bytes) -> Decoder:
    """Return the decoder of a file, which raw PCM is not. Raises DecodeError."""
    decoder = new_decoder(data, None)
    if decoder is None or isinstance(decoder, PcmDecoder):
        begin = f"begins with {data[:8]!r}" if data else "is empty"
        raise DecodeError(f"the file {begin}; expected WAV, MP3, Ogg, MP4, AAC or WebM")
    return decoder


def converted(loudness: bytes, timbre: Timbre) -> Iterator[bytes]:
    """Yield PCM of the timbre's tone that is about as loud as the recording was; 20 ms a byte."""
    before = 0
    for byte in loudness:
        level = byte >> _SHIFT
        yield _frame(timbre, before, level)
        before = level


def _frames(decoder: Decoder, data: bytes) -> Iterator[Samples]:
    """Yield the samples of each 20 ms; the last ones may be fewer."""
    held, number = array("h"), 0
    for begin in range(0, len(data), _MOST_AT_ONCE):
        for samples in decoder.decode(data[begin : begin + _MOST_AT_ONCE]):
            held += samples
            at, rate = 0, decoder.sample_rate
            while (end := at + _length(number, rate)) <= len(held):
                yield held[at:end]
                at, number = end, number + 1
            held = held[at:]
    if held:
        yield held


def _length(number: int, rate: int) -> int:
    """Return the samples of the frame of that number: 20 ms, rounded so that no error adds up."""
    return (number + 1) * rate // _FRAMES_A_SECOND - number * rate // _FRAMES_A_SECOND


def _level(samples: Samples) -> int:
    heard = samples[:: max(1, len(samples) // _SAMPLES_HEARD)]
    power = sum(sample * sample for sample in heard) / len(heard)
    return min(255, round(255 * math.sqrt(math.sqrt(power) / 32768)))


@lru_cache(maxsize=_KEPT_FRAMES)
def _frame(timbre: Timbre, before: int, level: int) -> bytes:
    """Return a frame of the tone that goes from one level to another."""
    if not before and not level:
        return SILENCE
    wave = wave_of(timbre)
    rms = math.sqrt(sum(value * value for value in wave) / len(wave))
    first, last = (_amplitude(each, rms) for each in (before, level))
    step = (last - first) / len(wave)
    return pcm_of(value * (first + step * number) for number, value in enumerate(wave))


def _amplitude(level: int, rms: float) -> float:
    """Return what to multiply a wave of that RMS by, for this level."""
    loudness = (level / (_LEVELS - 1)) ** 2
    return 32767 * min(_LOUDEST, loudness / rms)
