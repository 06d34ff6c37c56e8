"""Reads a WebSocket's answer frame by frame, more strictly than chats do."""

import asyncio
from collections.abc import Iterator, Sequence

import aiohttp

from emulator.apis.evi.model.check.conversations import typed
from emulator.apis.evi.model.check.results import FAIL, Problem
from emulator.apis.evi.model.check.talk import Talk
from emulator.apis.evi.model.question import Situation, new_question
from emulator.apis.evi.model.socket_call import payload
from emulator.jsontext import JsonObject, JsonTextError, parse, render
from emulator.redaction.printable import visible

_MORE_S = 0.3  # how long frames may still come after an answer's end
_SHOWN = 100  # characters
_END = "assistant_end"


async def check_frames(talk: Talk) -> None:
    """Ask one question; note what is wrong with the frames, and whether the socket stays open."""
    exchange = await talk.ask(typed("Hello, who are you?"))
    if exchange.has_failed:  # which says more than its frames would
        talk.take_problems(exchange)
        return
    try:
        talk.problems += await _ask(talk)
    except TimeoutError:
        hint = "end each answer with one assistant_end: without it the user cannot go on"
        talk.fail("assistant_end in time", "none", hint)
    except (aiohttp.ClientError, OSError) as error:
        hint = "accept a connection for each chat"
        talk.fail("a second connection, beside the first one", str(error), hint)


async def _ask(talk: Talk) -> list[Problem]:
    target = talk.target
    said = (typed("Hello, who are you?"),)
    question = new_question("check", 1, target.source, said, Situation("", False, {}))
    async with asyncio.timeout(target.source.timeout_s):
        socket = await target.client.session().ws_connect(target.url)
        try:
            await socket.send_str(render(payload(question)).decode())
            frames: list[str] = []
            while _END not in map(_type_of, frames):
                message = await socket.receive()
                if message.type != aiohttp.WSMsgType.TEXT:
                    return [_closed(socket.close_code, "before assistant_end")]
                frames.append(message.data)
            return [*_frame_problems(frames), *await _what_follows(socket)]
        finally:
            await socket.close()


async def _what_follows(socket: aiohttp.ClientWebSocketResponse) -> list[Problem]:
    try:
        message = await socket.receive(_MORE_S)
    except TimeoutError:
        return []
    if message.type != aiohttp.WSMsgType.TEXT:
        return [_closed(socket.close_code, "after the answer")]
    return [
        Problem(
            FAIL,
            "nothing after assistant_end before the next question",
            _shown(message.data),
            "send one assistant_end for each message, after all words of its answer",
        )
    ]


def _closed(code: int | None, when: str) -> Problem:
    return Problem(
        FAIL,
        "a socket that stays open for the whole chat",
        f"it was closed {when} ({code})",
        "read the next message in a loop: a chat does not connect again",
    )


def _frame_problems(frames: Sequence[str]) -> Iterator[Problem]:
    wrong = [text for text in frames if not _is_known(_content(text))]
    if wrong:
        yield Problem(
            FAIL,
            "frames of type assistant_input with a `text`, or assistant_end",
            _shown(wrong[0]),
            "send only these two types",
            "model_line_broken",
        )


def _is_known(content: JsonObject) -> bool:
    is_words = content.get("type") == "assistant_input" and isinstance(content.get("text"), str)
    return is_words or content.get("type") == _END


def _type_of(text: str) -> object:
    return _content(text).get("type")


def _content(text: str) -> JsonObject:
    try:
        content = parse(text.encode())
    except JsonTextError:
        return {}
    return content if isinstance(content, dict) else {}


def _shown(text: str) -> str:
    return visible(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
