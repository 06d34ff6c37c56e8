"""The sound of a generation in chunks, made while it is sent: it takes little memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from emulator.apis.tts.generation import Generation, Snippet
from emulator.audio.encoding import encode_file, new_encoder, regrouped
from emulator.audio.timbre import SAMPLE_RATE
from emulator.audio.wav import SAMPLE_BYTES

CHUNK_SAMPLES = SAMPLE_RATE  # a second


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a snippet's sound in the generation's format; times are samples of the latter."""

    snippet: Snippet
    index: int
    audio: bytes
    begin: int
    end: int
    is_last: bool  # of its snippet


def encoded(generation: Generation, as_one_file: bool) -> Iterator[Chunk]:
    """Yield the sound: chunks that make one file, or of which each is a file."""
    return _one_file(generation) if as_one_file else _files(generation)


def _one_file(generation: Generation) -> Iterator[Chunk]:
    format = generation.format
    encoder = new_encoder(format, generation.samples if format == "wav" else 0)
    head = encoder.begin()
    for snippet in generation.snippets():
        last = snippet.begin + snippet.samples
        for index, (begin, pcm) in enumerate(_pcm(snippet)):
            end = begin + len(pcm) // SAMPLE_BYTES
            audio = encoder.encode(pcm)
            if head:
                audio, head = head + audio, b""
            if end == last and generation.ends_with(snippet):
                audio += encoder.end()
            yield Chunk(snippet, index, audio, begin, end, end == last)


def _files(generation: Generation) -> Iterator[Chunk]:
    for snippet in generation.snippets():
        last = snippet.begin + snippet.samples
        for index, (begin, pcm) in enumerate(_pcm(snippet)):
            end = begin + len(pcm) // SAMPLE_BYTES
            audio = encode_file(generation.format, pcm)
            yield Chunk(snippet, index, audio, begin, end, end == last)


def encoded_snippet(format: str, snippet: Snippet) -> Iterator[bytes]:
    """Yield a file with a snippet alone, in pieces."""
    encoder = new_encoder(format, snippet.samples)
    yield encoder.begin()
    for _, pcm in _pcm(snippet):
        yield encoder.encode(pcm)
    yield encoder.end()


def _pcm(snippet: Snippet) -> Iterator[tuple[int, bytes]]:
    """Yield a snippet's sound in chunks, each with its place in the generation (samples)."""
    begin = snippet.begin
    pieces = snippet.sound.sound(snippet.timbre)
    for pcm in regrouped(pieces, CHUNK_SAMPLES * SAMPLE_BYTES):
        yield begin, pcm
        begin += len(pcm) // SAMPLE_BYTES
