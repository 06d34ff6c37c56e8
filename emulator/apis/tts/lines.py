"""A generation as JSON lines: chunks of audio and timestamps, each an object that `\\n` ends.

All text is ASCII, since clients split lines at other characters, too.
"""

import json
from base64 import b64encode
from collections.abc import Iterator

from emulator.apis.tts.generation import Chunk, Generation, encoded
from emulator.apis.tts.request import SpeechRequest
from emulator.apis.tts.timestamps import TimestampsOfChunks
from emulator.jsontext import JsonObject


def audio_object(
    generation: Generation, chunk: Chunk, transcribed: bool, utterance_index: int | None
) -> JsonObject:
    """Return a chunk of audio as clients get it."""
    return {
        "type": "audio",
        "audio": b64encode(chunk.audio).decode(),
        "audio_format": generation.format,
        "chunk_index": chunk.index,
        "generation_id": generation.id,
        "is_last_chunk": chunk.is_last,
        "request_id": generation.request_id,
        "snippet_id": chunk.snippet.id,
        "text": chunk.snippet.text,
        "transcribed_text": chunk.snippet.text if transcribed else None,
        "utterance_index": utterance_index,
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
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def objects(
    generation: Generation, request: SpeechRequest
) -> Iterator[tuple[Chunk, list[JsonObject]]]:
    """Yield each chunk with its objects: the timestamps that begin in it, then the audio."""
    stamps = TimestampsOfChunks(request.timestamps)
    for chunk in encoded(generation, request.strips_headers):
        found = [timestamp_object(generation, chunk, each) for each in stamps.before(chunk)]
        index = chunk.snippet.utterance_index
        yield chunk, [*found, audio_object(generation, chunk, not request.is_instant, index)]


def lines(generation: Generation, request: SpeechRequest) -> Iterator[tuple[Chunk, bytes]]:
    """Yield each chunk with its lines."""
    for chunk, contents in objects(generation, request):
        yield chunk, b"".join(map(as_line, contents))
