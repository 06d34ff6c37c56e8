"""Timestamps of words and phonemes, from the beginning of a generation's sound."""

from collections.abc import Collection, Iterator

from emulator.apis.tts.chunks import Chunk
from emulator.apis.tts.generation import Snippet
from emulator.audio.speech import Word
from emulator.audio.timbre import SAMPLE_RATE
from emulator.jsontext import JsonObject


def timestamps(snippet: Snippet, types: Collection[str]) -> Iterator[JsonObject]:
    """Yield the timestamps of a snippet: each word, then its phonemes; times are in ms."""
    begin_ms = snippet.begin * 1000 // SAMPLE_RATE
    for word in snippet.sound.words() if types else ():
        yield from _of_word(word, begin_ms, types)


def _of_word(word: Word, begin_ms: int, types: Collection[str]) -> Iterator[JsonObject]:
    if "word" in types:
        yield _timestamp("word", word.text, begin_ms + word.begin_ms, begin_ms + word.end_ms)
    if "phoneme" in types:
        for each in word.phonemes:
            times = (begin_ms + each.begin_ms, begin_ms + each.end_ms)
            yield _timestamp("phoneme", each.text, *times)


def _timestamp(type: str, text: str, begin_ms: int, end_ms: int) -> JsonObject:
    return {"text": text, "time": {"begin": begin_ms, "end": end_ms}, "type": type}


class TimestampsOfChunks:
    """Deals out the timestamps of a generation to its chunks, in which they begin."""

    def __init__(self, types: Collection[str]) -> None:
        self._types = types
        self._snippet: Snippet | None = None
        self._left: Iterator[JsonObject] = iter(())
        self._next: JsonObject | None = None

    def before(self, chunk: Chunk) -> Iterator[JsonObject]:
        """Yield the timestamps that begin in a chunk; the last chunk of a snippet has the rest."""
        if chunk.snippet is not self._snippet:
            self._snippet = chunk.snippet
            self._left = timestamps(chunk.snippet, self._types)
            self._next = next(self._left, None)
        end_ms = chunk.end * 1000 // SAMPLE_RATE
        while self._next is not None:
            if not chunk.is_last and self._next["time"]["begin"] >= end_ms:
                return
            yield self._next
            self._next = next(self._left, None)
