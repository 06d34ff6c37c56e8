"""Asks a language model over a WebSocket, which stays open for the whole chat.

Facts: docs/protocol.md#custom-language-models-over-a-websocket.
"""

import asyncio

import aiohttp

from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import (
    Hear,
    Over,
    Reply,
    SessionId,
    Words,
    disconnected,
    timed_out,
)
from emulator.apis.evi.model.report import CUT, TIMED_OUT, Report
from emulator.apis.evi.model.source import LONGEST_ANSWER
from emulator.apis.evi.model.surrogates import has_halves, read_halves
from emulator.jsontext import Json, JsonObject, JsonTextError, parse, render
from emulator.outgoing.http_client import HttpClient
from emulator.outgoing.reason import why_unreachable

_LONGEST_FRAME = 1_048_576  # bytes
_TYPES = {"user": "user_message", "assistant": "assistant_message", "system": "system_message"}


class ModelSocket:
    """One chat's connection to its model. After an interruption it skips the rest of the answer."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._unread_answers = 0  # answers of dropped questions, which still come
        self._is_gone = False  # it was open once; the service does not connect again

    def close(self) -> None:
        """Close the connection; nothing is asked any more."""
        if self._socket is not None:
            asyncio.get_running_loop().create_task(self._socket.close())
            self._socket = None

    async def ask(self, question: Question, report: Report, hear: Hear) -> None:
        """Pass on what the model says; the last reply is Over or Failed."""
        source, was_open = question.source, self._socket is not None
        if self._is_gone:
            report.ended, report.error = CUT, "it broke off before, and is not called again"
            hear(disconnected(source))
            return
        try:
            async with asyncio.timeout(source.timeout_s):
                socket = await self._open(report)
            await self._ask(socket, question, report, hear)
        except TimeoutError:
            report.ended, report.error = TIMED_OUT, f"nothing came for {source.timeout_s} s"
            hear(timed_out(source))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            report.ended, report.error = CUT, why_unreachable(error)
            self._is_gone = was_open or report.status is not None
            hear(disconnected(source) if self._is_gone else timed_out(source))

    async def _open(self, report: Report) -> aiohttp.ClientWebSocketResponse:
        if self._socket is None:
            self._socket = await self._client.session().ws_connect(
                report.url, max_msg_size=_LONGEST_FRAME, autoclose=True
            )
            report.status = 101
        return self._socket

    async def _ask(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        question: Question,
        report: Report,
        hear: Hear,
    ) -> None:
        timeout_s, is_complete, size = question.source.timeout_s, False, 0
        try:
            async with asyncio.timeout(timeout_s):
                await socket.send_str(render(payload(question)).decode())
            while not is_complete:
                message = await socket.receive(timeout_s)
                if message.type != aiohttp.WSMsgType.TEXT:
                    raise ConnectionResetError(f"it closed the connection ({socket.close_code})")
                size += len(message.data)
                if size > LONGEST_ANSWER:
                    raise ConnectionResetError("the answer has more bytes than any needs")
                if not self._unread_answers:
                    report.took(f"{message.data}\n".encode())
                content = self._content(message.data, report)
                if content.get("type") == "assistant_end":
                    is_complete = self._unread_answers == 0
                    self._unread_answers -= 0 if is_complete else 1
                elif not self._unread_answers:
                    for reply in self._replies(content, report):
                        hear(reply)
        finally:
            self._unread_answers += 0 if is_complete else 1
        hear(Over())

    def _content(self, text: str, report: Report) -> JsonObject:
        try:
            content = _parsed(text)
        except ValueError as error:
            report.findings.append(("model_line_broken", f"{error}: {text[:200]!r}"))
            return {}
        return content if isinstance(content, dict) else {}

    def _replies(self, content: JsonObject, report: Report) -> list[Reply]:
        replies: list[Reply] = []
        report.reader.chunks += 1
        session_id, text = content.get("custom_session_id"), content.get("text")
        if isinstance(session_id, str) and session_id != report.reader.fingerprint:
            report.reader.fingerprint = session_id
            replies.append(SessionId(session_id))
        if content.get("type") == "assistant_input" and isinstance(text, str) and text:
            report.spoke()
            report.reader.add(text)
            replies.append(Words(f"{text} "))
        return replies


def _parsed(text: str) -> Json:
    try:
        return parse(text.encode())
    except JsonTextError:
        if not has_halves(text):
            raise
        return read_halves(text, kept=())


def payload(question: Question) -> JsonObject:
    """Return a question as a WebSocket gets it."""
    messages = [
        {
            "type": _TYPES.get(message["role"], message["role"]),
            "message": {"role": message["role"], "content": message["content"]},
            **{key: message[key] for key in ("models", "time") if key in message},
        }
        for message in question.body["messages"]
    ]
    known = {} if question.session_id is None else {"custom_session_id": question.session_id}
    return {"messages": messages, **known}
