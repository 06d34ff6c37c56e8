"""Reads an event stream line by line, more strictly than chats do."""

import asyncio
import re
from collections.abc import Iterator, Sequence

import aiohttp

from emulator.apis.evi.model.check.conversations import typed
from emulator.apis.evi.model.check.results import FAIL, WARN, Problem
from emulator.apis.evi.model.check.talk import Talk
from emulator.apis.evi.model.chunks import DONE
from emulator.apis.evi.model.event_stream import EventStream, EventTooLong
from emulator.apis.evi.model.question import Situation, new_question
from emulator.apis.evi.model.source import LONGEST_ANSWER
from emulator.jsontext import JsonTextError, parse, render
from emulator.redaction.printable import visible

_STREAM = "text/event-stream"
_FIELD = re.compile(rb"(data|event|id|retry)(:|$)|:|$")  # how a line of a stream begins
_LINE_END = re.compile(rb"\r\n|\r|\n")
_SHOWN = 100  # characters


async def check_stream(talk: Talk) -> None:
    """Ask for a stream; note what is wrong with its head, its lines and its events."""
    exchange = await talk.ask(typed("Hello, who are you?"))
    if exchange.has_failed:  # which says more than its bytes would
        talk.take_problems(exchange)
        return
    try:
        async with asyncio.timeout(talk.target.source.timeout_s):
            head, body = await _read(talk)
    except (aiohttp.ClientError, OSError) as error:
        got = "no end in time" if isinstance(error, TimeoutError) else str(error)
        hint = "answer each question alike: the first one was answered"
        talk.fail("the same stream, asked for once more", got, hint)
        return
    talk.problems += [*_head_problems(head), *_body_problems(body)]


async def _read(talk: Talk) -> tuple[aiohttp.ClientResponse, bytes]:
    target = talk.target
    said = (typed("Hello, who are you?"),)
    question = new_question("check", 1, target.source, said, Situation("", False, {}))
    key = {"Authorization": f"Bearer {target.key}"} if target.key else {}
    async with target.client.session().post(
        target.url,
        data=render(question.body),
        headers={"Content-Type": "application/json", **key},
        allow_redirects=False,
    ) as answer:
        body = bytearray()
        async for piece in answer.content.iter_any():
            body += piece
            if len(body) > LONGEST_ANSWER:
                raise aiohttp.ClientPayloadError("more bytes than any answer needs")
        return answer, bytes(body)


def _head_problems(answer: aiohttp.ClientResponse) -> Iterator[Problem]:
    if answer.content_type != _STREAM:
        yield Problem(
            FAIL,
            f"Content-Type: {_STREAM}",
            answer.content_type,
            "set the answer's media type",
            "model_type_wrong",
        )
    if answer.content_length is not None:
        yield Problem(
            WARN,
            "an answer in chunks, without Content-Length",
            f"Content-Length: {answer.content_length}",
            "stream the answer as it is made: nothing is spoken before its first byte",
        )


def _body_problems(body: bytes) -> Iterator[Problem]:
    wrong = [line for line in _LINE_END.split(body) if not _FIELD.match(line)]
    if wrong:
        yield Problem(
            FAIL,
            "lines that begin with `data:`, and empty lines",
            f"{_several(len(wrong), 'other line')}, such as {_shown(wrong[0])}",
            "put `data: ` before each chunk, and no line ends into its JSON",
            "model_line_broken",
        )
    stream = EventStream()
    try:
        whole = list(stream.feed(body))
        rest = list(stream.end())
    except EventTooLong:
        yield Problem(FAIL, "events of at most 1 MB", "a longer one", "send smaller chunks")
        return
    yield from _event_problems([*whole, *rest])
    if rest:
        yield Problem(
            WARN,
            "an empty line after each event",
            f"none after the last one, {_shown(rest[-1].encode())}",
            "end each event with two line ends: other readers drop one that is not complete",
        )


def _event_problems(events: Sequence[str]) -> Iterator[Problem]:
    texts = [text.strip() for text in events]
    if DONE not in texts:
        yield Problem(
            WARN,
            f"`data: {DONE}` as the last event",
            "the end of the stream" if texts else "no event at all",
            f"send `data: {DONE}` and an empty line last",
            "model_done_missing",
        )
    elif texts[-1] != DONE:
        yield Problem(
            WARN,
            f"nothing after {DONE}",
            _shown(texts[-1].encode()),
            f"send {DONE} last: what follows is not read",
        )
    wrong = [text for text in texts if text != DONE and not _is_chunk(text)]
    if wrong:
        yield Problem(
            WARN,
            "chunks with `choices`, a list of one, with `delta` in it",
            f"{_several(len(wrong), 'other event')}, such as {_shown(wrong[0].encode())}",
            "send objects of the kind chat.completion.chunk; others say nothing",
        )


def _is_chunk(text: str) -> bool:
    """True if the text is a chunk; one without choices may tell the usage."""
    try:
        chunk = parse(text.encode())
    except JsonTextError:
        return False
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    if not isinstance(choices, list):
        return False
    return all(isinstance(each, dict) and "delta" in each for each in choices[:1])


def _several(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace")
    return visible(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
