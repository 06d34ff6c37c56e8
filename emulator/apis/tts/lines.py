"""A generation as JSON lines: chunks of audio and timestamps, each an object that `\\n` ends.

All text is ASCII, since clients split lines at other characters, too.
"""

import json
from base64 import b64encode
from collections.abc import Iterator

from emulator.apis.tts.chunks import Chunk, encoded, encoded_in_base64
from emulator.apis.tts.generation import Generation
from emulator.apis.tts.request import SpeechRequest
from emulator.apis.tts.timestamps import TimestampsOfChunks
from emulator.jsontext import JsonObject

_in_ascii = json.JSONEncoder(separators=(",", ":")).encode
_AUDIO = b'{"type":"audio","audio":"'  # how a line with audio begins


def audio_object(
    generation: Generation, request: SpeechRequest, chunk: Chunk, audio: str
) -> JsonObject:
    """Return a chunk of audio, given in base64, as clients get it."""
    snippet = chunk.snippet
    return {
        "type": "audio",
        "audio": audio,
        "audio_format": generation.format,
        "chunk_index": chunk.place,
        "generation_id": generation.id,
        "is_last_chunk": chunk.is_last,
        "request_id": generation.request_id,
        "snippet_id": snippet.id,
        "text": snippet.text,
        "transcribed_text": None if request.is_instant else snippet.text,
        "utterance_index": snippet.utterance_index,
    }


def timestamp_object(generation: Generation, chunk: Chunk, timestamp: JsonObject) -> JsonObject:
    """Return a timestamp as clients get it."""
    return {
        "type": "timestamp",
        "generation_id": generation.id,
        "request_id": generation.request_id,
        "snippet_id": chunk.snippet.id,
        "timestamp": timestamp,
    }


def as_line(content: JsonObject) -> bytes:
    """Return an object as a line."""
    return _in_ascii(content).encode() + b"\n"


def _audio_line(
    generation: Generation, request: SpeechRequest, chunk: Chunk, audio: bytes
) -> bytes:
    """Return a chunk of audio as a line. The base64 text, which is long, is put in at the end."""
    line = as_line(audio_object(generation, request, chunk, ""))
    return b"".join((_AUDIO, audio, line[len(_AUDIO) :]))


def objects(
    generation: Generation, request: SpeechRequest
) -> Iterator[tuple[Chunk, list[JsonObject]]]:
    """Yield each chunk with its objects: the timestamps that begin in it, then the audio."""
    stamps = TimestampsOfChunks(request.timestamps)
    for chunk in encoded(generation, request.strips_headers):
        found = [timestamp_object(generation, chunk, each) for each in stamps.before(chunk)]
        audio = b64encode(chunk.audio).decode()
        yield chunk, [*found, audio_object(generation, request, chunk, audio)]


def lines(generation: Generation, request: SpeechRequest) -> Iterator[tuple[Chunk, bytes]]:
    """Yield each chunk with its lines: the timestamps that begin in it, then the audio."""
    stamps = TimestampsOfChunks(request.timestamps)
    for chunk, audio in encoded_in_base64(generation, request.strips_headers):
        found = [timestamp_object(generation, chunk, each) for each in stamps.before(chunk)]
        line = _audio_line(generation, request, chunk, audio)
        yield chunk, b"".join((*map(as_line, found), line)) if found else line
