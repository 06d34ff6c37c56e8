"""The sound of a generation in chunks, made while it is sent: it takes little memory."""

from base64 import b64encode
from collections.abc import Iterator
from typing import NamedTuple

from emulator.apis.tts.generation import Generation, Snippet
from emulator.audio.base64_text import sound_in_base64
from emulator.audio.encoding import encode_file, new_encoder, regrouped
from emulator.audio.timbre import SAMPLE_RATE
from emulator.audio.wav import SAMPLE_BYTES

CHUNK_SAMPLES = SAMPLE_RATE  # a second
_CHUNK_CHARACTERS = CHUNK_SAMPLES * SAMPLE_BYTES * 4 // 3  # of base64 text


class Chunk(NamedTuple):
    """A piece of a snippet's sound in the generation's format; times are samples of the latter."""

    snippet: Snippet
    place: int  # in its snippet, from 0
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


def encoded_in_base64(generation: Generation, as_one_file: bool) -> Iterator[tuple[Chunk, bytes]]:
    """Yield each chunk, without its audio, and its audio in base64."""
    if generation.format == "pcm":  # whether it is one file or many
        yield from _pcm_in_base64(generation)
        return
    for chunk in encoded(generation, as_one_file):
        audio = b64encode(chunk.audio)
        yield chunk._replace(audio=b""), audio


def _pcm_in_base64(generation: Generation) -> Iterator[tuple[Chunk, bytes]]:
    for snippet in generation.snippets():
        begin, last = snippet.begin, snippet.begin + snippet.samples
        texts = regrouped(sound_in_base64(snippet.sound, snippet.timbre), _CHUNK_CHARACTERS)
        for index, audio in enumerate(texts):
            end = min(begin + CHUNK_SAMPLES, last)
            yield Chunk(snippet, index, b"", begin, end, end == last), audio
            begin = end


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
