"""The answer that has all generations in one JSON document, written piece by piece."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from emulator.apis.tts.chunks import Chunk, encoded, encoded_snippet
from emulator.apis.tts.generation import Generation, Snippet
from emulator.apis.tts.request import SpeechRequest
from emulator.apis.tts.timestamps import timestamps
from emulator.audio.base64_text import in_base64
from emulator.audio.encoding import file_bytes
from emulator.audio.timbre import SAMPLE_RATE
from emulator.jsontext import Json, render


def answer_pieces(generations: Iterable[Generation], request: SpeechRequest) -> Iterator[bytes]:
    """Yield the JSON text of the answer to POST /v0/tts."""
    request_id, begin = "", b'{"generations":['
    for generation in generations:
        yield begin
        yield from _generation(generation, request)
        request_id, begin = generation.request_id, b","
    yield b'],"request_id":' + render(request_id) + b"}"


def _generation(generation: Generation, request: SpeechRequest) -> Iterator[bytes]:
    yield b"{" + _member("generation_id", generation.id)
    yield b"," + _member("duration", generation.duration_s)
    yield b"," + _member("encoding", {"format": generation.format, "sample_rate": SAMPLE_RATE})
    yield b"," + _member("file_size", file_bytes(generation.format, generation.samples))
    yield b',"audio":"'
    yield from in_base64(chunk.audio for chunk in encoded(generation, as_one_file=True))
    yield b'","snippets":['
    by_utterance = groupby(_snippets(generation, request), lambda each: each[0].utterance_index)
    for index, (_, group) in enumerate(by_utterance):
        yield b",[" if index else b"["
        for place, (snippet, audio) in enumerate(group):
            yield b"," if place else b""
            yield from _snippet(generation, snippet, audio, request)
        yield b"]"
    yield b"]}"


def _snippets(
    generation: Generation, request: SpeechRequest
) -> Iterator[tuple[Snippet, Iterator[bytes]]]:
    """Yield each snippet with its audio: a file, or its part of the generation's file."""
    if not request.strips_headers:
        for snippet in generation.snippets():
            yield snippet, encoded_snippet(generation.format, snippet)
        return
    chunks = encoded(generation, as_one_file=True)
    for snippet in generation.snippets():
        yield snippet, _until_last(chunks)


def _until_last(chunks: Iterator[Chunk]) -> Iterator[bytes]:
    """Yield the audio of one snippet, which the next chunk begins."""
    for chunk in chunks:
        yield chunk.audio
        if chunk.is_last:
            return


def _snippet(
    generation: Generation, snippet: Snippet, audio: Iterable[bytes], request: SpeechRequest
) -> Iterator[bytes]:
    yield b"{" + _member("id", snippet.id)
    yield b"," + _member("generation_id", generation.id)
    yield b"," + _member("text", snippet.text)
    yield b"," + _member("transcribed_text", snippet.text)
    yield b"," + _member("utterance_index", snippet.utterance_index)
    yield b"," + _member("timestamps", list(timestamps(snippet, request.timestamps)))
    yield b',"audio":"'
    yield from in_base64(audio)
    yield b'"}'


def _member(name: str, value: Json) -> bytes:
    return render(name) + b":" + render(value)
