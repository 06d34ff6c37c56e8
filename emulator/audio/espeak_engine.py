"""eSpeak NG, by ctypes: what it says for a text, and when it says what.

The library is not thread-safe, so one thread has it to itself. It also remembers what it said
before, down to the phase of its waves, so that each text is said by a freshly loaded library: then
the same text has the same bytes, in every process.
"""

import _ctypes
import ctypes
import sys
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import espeakng_loader  # type: ignore[import-untyped]

from emulator.audio.resampling import ENGINE_RATE

SLOWEST, FASTEST = 80, 450  # words a minute
WORD, PHONEME = 1, 7  # types of events
_LIST_END, _SENTENCE_OVER = 0, 5
_KEPT_BYTES = 4_194_304  # of sound that was said last: 95 s
_SYNCHRONOUS = 2
_IPA_EVENTS, _NO_EXIT = 0b11, 1 << 15
_RATE, _PITCH, _GAP = 1, 3, 7  # parameters
_GAP_MS = 10  # the unit of that parameter
_UTF8, _CHARACTERS = 1, 1
_GOOD = 0
_SEED = 1
_NAME_BYTES = 8


class EngineError(Exception):
    """Says why the library could not be used."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to say a text: a voice of the library, words a minute, a pitch from 0 to 99.

    `gap_ms` is silence after each word, for speech that is slower than the library can be.
    """

    voice: str
    rate: int
    pitch: int
    gap_ms: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A word, a phoneme, or a pause, which is a phoneme without a name.

    It begins at a sample of 22,050 Hz; `place` counts the text's characters from 0.
    """

    type: int
    place: int
    sample: int
    name: str


@dataclass(frozen=True, slots=True)
class Take:
    """Speech that espeak made: PCM of 22,050 Hz, and its events."""

    pcm: bytes
    events: tuple[Event, ...]


class _RawEvent(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("place", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_ubyte * _NAME_BYTES),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_RawEvent))


class Engine:
    """Says texts, one after the other, and keeps what it said last."""

    def __init__(self) -> None:
        """Load the library, to see that it can be. Raises EngineError."""
        self._thread = ThreadPoolExecutor(1, "espeak")
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, Manner], Take] = OrderedDict()
        self._kept_bytes = 0
        self._thread.submit(lambda: _Library().close()).result()

    def say(self, text: str, manner: Manner) -> Take:
        """Return what is said; waits for the thread unless it was said of late."""
        key = (text, manner)
        with self._lock:
            take = self._kept.get(key)
            if take is not None:
                self._kept.move_to_end(key)
                return take
        take = self._thread.submit(_said, text, manner).result()
        self._keep(key, take)
        return take

    def _keep(self, key: tuple[str, Manner], take: Take) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = take
                self._kept_bytes += len(take.pcm)
            while self._kept_bytes > _KEPT_BYTES:
                _, dropped = self._kept.popitem(last=False)
                self._kept_bytes -= len(dropped.pcm)


def _said(text: str, manner: Manner) -> Take:
    library = _Library()
    try:
        return library.say(text, manner)
    finally:
        library.close()


class _Library:
    """The library, freshly loaded; only the engine's thread may have one."""

    def __init__(self) -> None:
        self._pcm: list[bytes] = []
        self._events: list[Event] = []
        self._callback = _Callback(self._hear)  # kept, since the library calls it
        try:
            self._library = library = ctypes.CDLL(espeakng_loader.get_library_path())
            data = espeakng_loader.get_data_path()
        except (OSError, RuntimeError) as error:
            raise EngineError(str(error)) from None
        library.espeak_Synth.argtypes = (
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint,
            ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
        )  # fmt: skip
        library.espeak_ng_SetRandSeed.argtypes = (ctypes.c_long,)
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), _IPA_EVENTS | _NO_EXIT)
        if rate != ENGINE_RATE:
            self.close()
            raise EngineError(f"it speaks at {rate} Hz, expected {ENGINE_RATE} (data: {data})")
        library.espeak_ng_SetRandSeed(_SEED)
        library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, manner: Manner) -> Take:
        """Return what the library says. Raises EngineError for a voice that it does not have."""
        library = self._library
        if library.espeak_SetVoiceByName(manner.voice.encode()) != _GOOD:
            raise EngineError(f"it has no voice {manner.voice!r}")
        library.espeak_SetParameter(_RATE, manner.rate, 0)
        library.espeak_SetParameter(_PITCH, manner.pitch, 0)
        library.espeak_SetParameter(_GAP, manner.gap_ms // _GAP_MS, 0)
        said = text.replace("\0", " ").encode(errors="replace")
        code = library.espeak_Synth(said, len(said) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
        if code != _GOOD:
            raise EngineError(f"it could not say {text[:80]!r}: its error {code}")
        return Take(b"".join(self._pcm), tuple(self._events))

    def _hear(self, wave: int | None, samples: int, events: "ctypes._Pointer[_RawEvent]") -> int:
        """Take sound and events from the library; 0 lets it go on."""
        if wave and samples:
            self._pcm.append(ctypes.string_at(wave, 2 * samples))
        number = 0
        while (event := events[number]).type != _LIST_END:
            number += 1
            if event.type in (WORD, PHONEME, _SENTENCE_OVER):
                raw = bytes(event.name).split(b"\0")[0] if event.type == PHONEME else b""
                kind = WORD if event.type == WORD else PHONEME
                name = raw.decode(errors="ignore")
                self._events.append(Event(kind, max(0, event.place - 1), event.sample, name))
        return 0

    def close(self) -> None:
        """Unload the library, and with it all that it remembers."""
        self._library.espeak_Terminate()
        _unload(self._library._handle)


def _unloader() -> Callable[[int], object]:
    if sys.platform == "win32":
        return _ctypes.FreeLibrary
    return _ctypes.dlclose


_unload = _unloader()
