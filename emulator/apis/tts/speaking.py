"""Answers of the operations: whole answers, files and streams of speech."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing

from emulator.api import Call, Handler
from emulator.apis.tts.chunks import Chunk, encoded
from emulator.apis.tts.conversion import convert, read_conversion
from emulator.apis.tts.generation import Generation, spoken
from emulator.apis.tts.lines import lines
from emulator.apis.tts.media_types import file_type, lines_type
from emulator.apis.tts.pacing import paced
from emulator.apis.tts.request import Source, SpeechRequest, read_request_in_turns
from emulator.apis.tts.turns import Turns
from emulator.apis.tts.whole_answer import answer_pieces
from emulator.audio.encoding import file_bytes
from emulator.reply import Reply, iterate_in_threads


async def synthesize_json(call: Call) -> Reply:
    """Answer all generations in one document."""
    request = await read_request_in_turns(
        Source(call.world, call.findings, streams=False), call.body
    )
    generations = await _made(call, request, "synthesize-json")
    return Reply(_pieces(generations, answer_pieces(generations, request)))


async def synthesize_file(call: Call) -> Reply:
    """Answer the first generation as a file."""
    request = await read_request_in_turns(
        Source(call.world, call.findings, streams=False), call.body
    )
    generation, *_ = generations = await _made(call, request, "synthesize-file")
    return Reply(
        _pieces(generations, (chunk.audio for chunk in encoded(generation, as_one_file=True))),
        file_type(call.settings, request.format),
        length=file_bytes(request.format, generation.samples),
    )


async def synthesize_json_streaming(call: Call) -> Reply:
    """Stream the generations as JSON lines."""
    request = await read_request_in_turns(
        Source(call.world, call.findings, streams=True), call.body
    )
    generations = await _made(call, request, "synthesize-json-streaming", streams=True)
    return Reply(_streamed(call, generations, request), lines_type(call.settings))


async def synthesize_file_streaming(call: Call) -> Reply:
    """Stream the first generation as a file."""
    request = await read_request_in_turns(
        Source(call.world, call.findings, streams=True), call.body
    )
    generation, *_ = await _made(call, request, "synthesize-file-streaming", streams=True)
    pieces = paced(call.world, generation, _file(generation, request))
    return Reply(pieces, file_type(call.settings, request.format))


def convert_voice_json(call: Call) -> Reply:
    """Stream a conversion as JSON lines."""
    request = read_conversion(call)
    pieces = convert(call, request, "convert-voice-json", lines)
    return Reply(pieces, lines_type(call.settings))


def convert_voice_file(call: Call) -> Reply:
    """Stream a conversion as a file."""
    request = read_conversion(call)
    pieces = convert(call, request, "convert-voice-file", _file)
    return Reply(pieces, file_type(call.settings, request.format))


def _file(generation: Generation, request: SpeechRequest) -> Iterator[tuple[Chunk, bytes]]:
    """Yield the chunks of one file."""
    return ((chunk, chunk.audio) for chunk in encoded(generation, as_one_file=True))


async def _made(
    call: Call, request: SpeechRequest, operation_id: str, streams: bool = False
) -> list[Generation]:
    return await spoken(call.world, request, None, operation_id, streams)


def _streamed(
    call: Call, generations: Sequence[Generation], request: SpeechRequest
) -> AsyncIterator[bytes]:
    """Return the lines of generations, one after the other."""
    if len(generations) > 1:
        return _joined(call, generations, request)
    return paced(call.world, generations[0], lines(generations[0], request))


async def _joined(
    call: Call, generations: Iterable[Generation], request: SpeechRequest
) -> AsyncIterator[bytes]:
    for generation in generations:
        async with aclosing(paced(call.world, generation, lines(generation, request))) as said:
            async for line in said:
                yield line


def _pieces(generations: Iterable[Generation], pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Return pieces of generations, made so that others are answered meanwhile."""
    if any(each.takes_time for each in generations):
        return iterate_in_threads(filter(None, pieces))
    return in_turns(pieces)


async def in_turns(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield pieces, and let others have a turn now and then."""
    turns = Turns()
    for piece in pieces:
        if piece:
            yield piece
        await turns.give()


# By operationId.
SPEAKING: Mapping[str, Handler] = {
    "synthesize-json": synthesize_json,
    "synthesize-file": synthesize_file,
    "synthesize-json-streaming": synthesize_json_streaming,
    "synthesize-file-streaming": synthesize_file_streaming,
    "convert-voice-json": convert_voice_json,
    "convert-voice-file": convert_voice_file,
}
