"""Asks a language model that answers with an event stream."""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import urlencode

import aiohttp

from emulator.apis.evi.model.event_stream import EventStream, EventTooLong
from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import (
    Failed,
    Over,
    Reply,
    disconnected,
    failed,
    timed_out,
)
from emulator.apis.evi.model.report import CUT, FAILED, TIMED_OUT, Report
from emulator.apis.evi.model.source import LONGEST_ANSWER
from emulator.jsontext import render
from emulator.outgoing.http_client import HttpClient
from emulator.outgoing.reason import reason, why_unreachable

_STREAM = "text/event-stream"
_MOST_READ = 2_000  # bytes of a refusal that its report quotes
_LIMITED_EVERY_S = 0.5  # since each change of a limit costs as much as a token


def address(url: str, session_id: str | None) -> str:
    """Return the URL of a question: with the custom session id, once that is known."""
    if session_id is None:
        return url
    place, _, fragment = url.partition("#")
    mark = "&" if "?" in place else "?"
    return f"{place}{mark}{urlencode({'custom_session_id': session_id})}"


async def ask(
    client: HttpClient, question: Question, report: Report
) -> AsyncGenerator[Reply, None]:
    """Yield what the model says; the last reply is Over or Failed."""
    source = question.source
    try:
        async with asyncio.timeout(source.timeout_s) as limit:
            async with client.session().post(
                address(report.url, question.session_id),
                data=render(question.body),
                headers=_headers(question, report),
                allow_redirects=False,
            ) as answer:
                report.status = answer.status
                if answer.status != 200:
                    yield await _refused(answer, report)
                    return
                if answer.content_type != _STREAM:
                    problem = f"it answered {answer.content_type}, expected {_STREAM}"
                    report.findings.append(("model_type_wrong", problem))
                async for reply in _read(answer, report, limit, source.timeout_s):
                    yield reply
    except TimeoutError:
        report.ended, report.error = TIMED_OUT, f"nothing came for {source.timeout_s} s"
        yield timed_out(source)
    except aiohttp.ClientPayloadError as error:
        report.ended, report.error = CUT, reason(error)
        yield disconnected(source)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        report.ended, report.error = FAILED, why_unreachable(error)
        yield timed_out(source) if report.status is None else disconnected(source)
    except EventTooLong:
        report.ended, report.error = FAILED, "an event has more bytes than any answer needs"
        yield _wrong(report)


async def _read(
    answer: aiohttp.ClientResponse, report: Report, limit: asyncio.Timeout, timeout_s: int
) -> AsyncGenerator[Reply, None]:
    """Yield the replies of a stream; each piece of it may take as long as the first."""
    events, size, loop = EventStream(), 0, asyncio.get_running_loop()
    limited_s = 0.0  # when the limit was set
    async for piece in answer.content.iter_any():
        now_s = loop.time()
        if now_s > limited_s + _LIMITED_EVERY_S:
            limited_s = now_s
            limit.reschedule(now_s + _LIMITED_EVERY_S + timeout_s)
        report.took(piece)
        size += len(piece)
        if size > LONGEST_ANSWER:
            raise EventTooLong
        for data in events.feed(piece):
            replies = list(report.reader.read(data))
            if report.reader.has_begun:
                report.spoke()
            for reply in replies:
                yield reply
        if report.reader.is_done:
            break
    for data in events.end():
        for reply in report.reader.read(data):
            yield reply
    for reply in report.reader.end():
        yield reply
    if not report.reader.is_done:
        report.findings.append(("model_done_missing", "the stream ended"))
    if report.reader.error is not None:
        report.ended, report.error = FAILED, f"its stream says {report.reader.error}"
        yield _wrong(report)
        return
    if not report.reader.chunks and not report.reader.is_done:
        report.ended, report.error = FAILED, "the answer has no chunk of a chat completion"
        yield _wrong(report)
        return
    if not report.reader.text and report.reader.finish != "tool_calls":
        report.findings.append(("model_silent", "no words"))
    yield Over()


def _headers(question: Question, report: Report) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if question.key:
        headers["Authorization"] = f"Bearer {question.key}"
    report.headers = tuple(headers)
    return headers


async def _refused(answer: aiohttp.ClientResponse, report: Report) -> Failed:
    text = await answer.content.read(_MOST_READ)
    report.took(text)
    report.ended = FAILED
    report.error = f"status {answer.status}: {text.decode(errors='replace')}"
    what = f"answered with status {answer.status}"
    return failed(report.question.source, "custom_language_model_error", what)


def _wrong(report: Report) -> Failed:
    what = f"gave no answer: {report.error}"
    return failed(report.question.source, "custom_language_model_error", what)
