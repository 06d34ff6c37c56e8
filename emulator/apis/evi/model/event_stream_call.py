"""Asks a language model that answers with an event stream."""

from urllib.parse import urlencode

from emulator.apis.evi.model.event_stream import EventStream, EventTooLong
from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import (
    Failed,
    Hear,
    Over,
    disconnected,
    failed,
    timed_out,
)
from emulator.apis.evi.model.report import CUT, FAILED, TIMED_OUT, Report
from emulator.apis.evi.model.source import LONGEST_ANSWER
from emulator.jsontext import render
from emulator.outgoing.http_client import HttpClient
from emulator.outgoing.reason import reason, why_unreachable
from emulator.outgoing.streamed_answer import AnswerTooLong, BrokenOff, Head
from emulator.outgoing.streaming import Post

_STREAM = "text/event-stream"
_MOST_READ = 2_000  # bytes of a refusal that its report quotes


def address(url: str, session_id: str | None) -> str:
    """Return the URL of a question: with the custom session id, once that is known."""
    if session_id is None:
        return url
    place, _, fragment = url.partition("#")
    mark = "&" if "?" in place else "?"
    return f"{place}{mark}{urlencode({'custom_session_id': session_id})}"


async def ask(client: HttpClient, question: Question, report: Report, hear: Hear) -> None:
    """Pass on what the model says; the last reply is Over or Failed."""
    source, reading = question.source, _Reading(report, hear)
    post = Post(
        address(report.url, question.session_id),
        _headers(question, report),
        render(question.body),
        source.timeout_s,
        LONGEST_ANSWER,
    )
    try:
        await client.streaming().post(post, reading)
        hear(reading.end())
    except TimeoutError:
        report.ended, report.error = TIMED_OUT, f"nothing came for {source.timeout_s} s"
        hear(timed_out(source))
    except (AnswerTooLong, EventTooLong) as error:
        report.ended, report.error = FAILED, str(error)
        hear(_wrong(report))
    except BrokenOff as error:
        report.ended, report.error = FAILED if report.status is None else CUT, reason(error)
        hear(timed_out(source) if report.status is None else disconnected(source))
    except (OSError, ValueError) as error:
        report.ended, report.error = FAILED, why_unreachable(error)
        hear(timed_out(source) if report.status is None else disconnected(source))


class _Reading:
    """Reads an answer as it comes, and passes its replies on at once."""

    def __init__(self, report: Report, hear: Hear) -> None:
        self._report = report
        self._reader = report.reader
        self._hear = hear
        self._events = EventStream()

    def begin(self, head: Head) -> None:
        """Take the head of the answer."""
        self._report.status = head.status
        if head.status == 200 and head.content_type != _STREAM:
            problem = f"it answered {head.content_type}, expected {_STREAM}"
            self._report.findings.append(("model_type_wrong", problem))

    def take(self, piece: bytes) -> bool:
        """Take a piece; return True if the answer is over, or no answer to the question."""
        if self._report.status != 200:
            self._report.took(piece[:_MOST_READ])
            return True
        self._report.took(piece)
        for data in self._events.feed(piece):
            self._read(data)
        return self._reader.is_done

    def _read(self, data: str) -> None:
        replies = self._reader.read(data)
        if self._report.first_token_ms is None and self._reader.has_begun:
            self._report.spoke()
        for reply in replies:
            self._hear(reply)

    def end(self) -> Over | Failed:
        """Pass on what is left, and return how the answer ended."""
        report, reader = self._report, self._reader
        if report.status != 200:
            return _refused(report)
        for data in self._events.end():
            self._read(data)
        for reply in reader.end():
            self._hear(reply)
        if not reader.is_done:
            report.findings.append(("model_done_missing", "the stream ended"))
        if reader.error is not None:
            report.ended, report.error = FAILED, f"its stream says {reader.error}"
            return _wrong(report)
        if not reader.chunks and not reader.is_done:
            report.ended, report.error = FAILED, "the answer has no chunk of a chat completion"
            return _wrong(report)
        if not reader.text and reader.finish != "tool_calls":
            report.findings.append(("model_silent", "no words"))
        return Over()


def _headers(question: Question, report: Report) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if question.key:
        headers["Authorization"] = f"Bearer {question.key}"
    report.headers = tuple(headers)
    return headers


def _refused(report: Report) -> Failed:
    text = report.stream.decode(errors="replace")
    report.ended, report.error = FAILED, f"status {report.status}: {text}"
    what = f"answered with status {report.status}"
    return failed(report.question.source, "custom_language_model_error", what)


def _wrong(report: Report) -> Failed:
    what = f"gave no answer: {report.error}"
    return failed(report.question.source, "custom_language_model_error", what)
