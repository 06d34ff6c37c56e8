"""How a voice sounds: a pitch and the strength of its overtones, as frames of 20 ms.

Every pitch is a multiple of 50 Hz, so a frame is a whole number of periods: frames that follow
each other make one tone, however many there are.
"""

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import blake2b

SAMPLE_RATE = 48_000  # Hz
FRAME_MS = 20
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000
FRAME_BYTES = 2 * FRAME_SAMPLES
SILENCE = bytes(FRAME_BYTES)

_PITCHES = {"male": (100, 150), "female": (200, 250, 300)}  # Hz
_OTHER_PITCHES = (100, 150, 200, 250)  # Hz, for a voice of no known gender
_OVERTONES = 8
_LOUDNESS = 0.25  # the highest sample of a tone, of 1
_KEPT_FRAMES = 128  # voices and variants whose frames are kept: 8 kB each
_KEPT_WAVES = 16  # 30 kB each


@dataclass(frozen=True, slots=True)
class Timbre:
    """How a voice sounds: its pitch (Hz) and the strengths of its partials, the lowest first.

    `language` is what it speaks, as eSpeak NG names it; "" is American English. `name` is that of
    the voice, for servers that know it; it changes nothing else.
    """

    pitch: int
    partials: tuple[int, ...]
    language: str = ""
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity, for quick caches
class Frames:
    """The frames that a tone is made of, as PCM.

    A tone is `attack`, any number of `body` and `release`; a tone of one frame is `short`.
    """

    attack: bytes
    body: bytes
    release: bytes
    short: bytes


def timbre_of(seed: str, gender: str | None = None, language: str = "", name: str = "") -> Timbre:
    """Return the timbre of the voice with this seed, such as an id; always the same one."""
    digest = _digest(seed)
    pitches = _PITCHES.get((gender or "").casefold(), _OTHER_PITCHES)
    return Timbre(
        pitch=pitches[digest[0] % len(pitches)],
        partials=(256, *(level // number for number, level in enumerate(digest[1:], start=1))),
        language=language,
        name=name,
    )


@lru_cache(maxsize=_KEPT_FRAMES)
def read_timbre(text: str, name: str = "") -> Timbre:
    """Return the timbre of a text such as "Female en/ab12": who is heard, a slash and a seed.

    Who is heard is a gender, a language after a space, both or neither; `name` is the voice's.
    """
    heard, _, seed = text.partition("/")
    gender, _, language = heard.partition(" ")
    return timbre_of(seed, gender or None, language, name)


@lru_cache(maxsize=_KEPT_FRAMES)
def variant_of(timbre: Timbre, variant: int) -> Timbre:
    """Return a timbre much like this one; variant 0 is the timbre itself."""
    if variant == 0:
        return timbre
    digest = _digest(f"{timbre.partials}, {variant}")
    return Timbre(
        pitch=timbre.pitch,
        partials=tuple(
            level + change % 32 for level, change in zip(timbre.partials, digest, strict=True)
        ),
    )


def _digest(seed: str) -> bytes:
    return blake2b(seed.encode(errors="surrogatepass"), digest_size=1 + _OVERTONES).digest()


@lru_cache(maxsize=_KEPT_FRAMES)
def frames_of(timbre: Timbre) -> Frames:
    """Return the frames of a timbre."""
    wave = wave_of(timbre)
    body = [round(_LOUDNESS * 32767 * value) for value in wave]
    rise, swell = _ramp(1), _ramp(2)
    return Frames(
        attack=pcm_of(value * share for value, share in zip(body, rise, strict=True)),
        body=pcm_of(body),
        release=pcm_of(value * (1 - share) for value, share in zip(body, rise, strict=True)),
        short=pcm_of(value * share for value, share in zip(body, swell, strict=True)),
    )


@cache
def _ramp(turns: int) -> tuple[float, ...]:
    """Return factors that go smoothly from 0 to 1, and, with two turns, back to 0."""
    angle = math.pi * turns / FRAME_SAMPLES
    return tuple((1 - math.cos(angle * number)) / 2 for number in range(FRAME_SAMPLES))


@cache
def _sine() -> tuple[float, ...]:
    """Return one turn of a sine, as long as a frame."""
    angle = 2 * math.pi / FRAME_SAMPLES
    return tuple(math.sin(angle * number) for number in range(FRAME_SAMPLES))


@lru_cache(maxsize=_KEPT_WAVES)
def wave_of(timbre: Timbre) -> tuple[float, ...]:
    """Return a frame of the tone, whose highest sample is 1 or -1."""
    periods, sine = timbre.pitch * FRAME_MS // 1000, _sine()
    one = [
        sum(
            level * sine[number * periods * n % FRAME_SAMPLES]
            for number, level in enumerate(timbre.partials, start=1)
        )
        for n in range(FRAME_SAMPLES // periods)
    ]
    peak = max(map(abs, one))
    return tuple(value / peak for value in one) * periods


def pcm_of(samples: Iterable[float]) -> bytes:
    """Return little-endian 16-bit PCM of the samples, each from -32768 to 32767."""
    return struct.pack(f"<{FRAME_SAMPLES}h", *map(round, samples))
