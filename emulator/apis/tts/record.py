"""A generation's record as tests and control routes show it, and its sound, made again."""

from collections.abc import Iterator

from emulator.apis.tts.chunks import encoded
from emulator.apis.tts.generation import made_again
from emulator.apis.tts.timestamps import timestamps
from emulator.apis.voices.state import VoicesState
from emulator.audio.encoding import file_bytes
from emulator.audio.timbre import SAMPLE_RATE
from emulator.jsontext import JsonObject
from emulator.world.world import World

FORMATS = ("mp3", "pcm", "wav")
_VOICE = ("id", "name", "provider")


def find_record(world: World, id: str) -> JsonObject | None:
    """Return the record of a generation, as the store keeps it, or None."""
    return world.state(VoicesState).generations.find(id)


def shown(world: World, record: JsonObject) -> JsonObject:
    """Return a record without what only the emulator needs; its duration is in seconds."""
    samples = record.get("samples")  # a seed does not count them
    if samples is None:
        samples = made_again(world, record).samples
    utterances = [_utterance(each) for each in record["utterances"]]
    first = utterances[0]
    return {
        "generation_id": record["id"],
        "request_id": record["request_id"],
        "created_at": record["created_at"],
        "operation": record["operation"],
        "version": record["version"],
        "format": record["format"],
        "duration": samples / SAMPLE_RATE,
        "text": "".join(each["text"] for each in utterances),
        "description": first.get("description"),
        "voice": first.get("voice"),
        "utterances": utterances,
        "context_generation_id": record.get("context_id"),
        "variant": record["variant"],
        "complete": not record.get("cut", False),
    }


def _utterance(record: JsonObject) -> JsonObject:
    """Return an utterance as it was given."""
    given = {key: value for key, value in record.items() if key != "timbre"}
    if "voice" in given:
        given["voice"] = {key: given["voice"][key] for key in _VOICE}
    return given


def with_words(world: World, record: JsonObject) -> JsonObject:
    """Return a record with the timestamps of its words and phonemes, whatever its version."""
    snippets = list(made_again(world, record).snippets())
    return {
        **shown(world, record),
        "words": [each for snippet in snippets for each in timestamps(snippet, ("word",))],
        "phonemes": [each for snippet in snippets for each in timestamps(snippet, ("phoneme",))],
    }


def sound_again(
    world: World, record: JsonObject, format: str | None = None
) -> tuple[int, Iterator[bytes]]:
    """Return a generation's file: its size in bytes, and its pieces."""
    generation = made_again(world, record, format)
    pieces = (chunk.audio for chunk in encoded(generation, as_one_file=True) if chunk.audio)
    return file_bytes(generation.format, generation.samples), pieces
