"""Puts a chat's questions to its language model, and tells the chat what the model says."""

import asyncio
from collections.abc import Callable

from emulator.apis.evi.chat.channel import Dropped, Output
from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.model import event_stream_call
from emulator.apis.evi.model.cassette import Cassette, recorded, replayed
from emulator.apis.evi.model.faults import (
    FAULTS,
    CutOff,
    cut_by,
    cut_off,
    spoil,
    trouble_before,
)
from emulator.apis.evi.model.pieces import SentenceBySentence
from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import Enough, Failed, Hear, NotHeard, Reply, failed
from emulator.apis.evi.model.report import COMPLETE, DROPPED, FAILED, IGNORED, Report
from emulator.apis.evi.model.socket_call import ModelSocket
from emulator.apis.evi.model.source import LONGEST_REQUEST, SOCKET
from emulator.hosts import MODEL_SCHEMES, call_problem, mapped
from emulator.jsontext import render
from emulator.outgoing.reason import reason
from emulator.world.world import World


class ModelCaller:
    """Listens to one chat. It asks one question at a time, as the chat does."""

    def __init__(self, world: World, live: LiveChat) -> None:
        self._world = world
        self._live = live
        self._tasks: dict[str, list[asyncio.Task[None]]] = {}  # by the id of the question
        self._socket: ModelSocket | None = None

    def __call__(self, output: Output) -> None:
        """Take what the chat asks, and end what it dropped."""
        for ask in output.asks:
            if isinstance(ask, Dropped):
                self._cancel(ask.question_id)
            elif isinstance(ask, Question):
                self._begin(ask)
        if self._live.session.is_over:
            self._close()

    def _begin(self, question: Question) -> None:
        """Ask a question; the clock waits for the answer from now on."""
        source = question.source
        posts_twice = "double_post" in source.quirks and source.form != SOCKET
        hears = [self._hear, _ignore] if posts_twice else [self._hear]
        for hear in hears:
            what = f"the language model of chat {self._live.session.chat_id}"
            job = self._world.working(what, source.timeout_s)
            task = asyncio.get_running_loop().create_task(self._put(question, hear))
            job.end_with(task)
            self._tasks.setdefault(question.id, []).append(task)

    def _cancel(self, question_id: str) -> None:
        for task in self._tasks.pop(question_id, ()):
            if task is not asyncio.current_task():
                task.cancel()

    def _close(self) -> None:
        for question_id in list(self._tasks):
            self._cancel(question_id)
        if self._socket is not None:
            self._socket.close()

    def _hear(self, question_id: str, reply: Reply) -> None:
        self._live.hear_model(question_id, reply)

    async def _put(self, question: Question, hear: Callable[[str, Reply], None]) -> None:
        """Ask, and pass each reply on, until the answer is over or nobody wants it."""
        world, chat_id = self._world, self._live.session.chat_id
        report = Report(chat_id, question, mapped(question.source.url, world.settings.map_url))
        journal, ledger = world.journal, world.ledger

        def tell(reply: Reply) -> None:
            if question.id not in self._tasks:  # for what the chat did, perhaps with these words
                raise Enough
            told = report.as_told(reply)
            try:
                hear(question.id, told)
            except Exception as bug:
                raise NotHeard from bug

        try:
            await self._answer(question, report, SentenceBySentence(tell))
        except (asyncio.CancelledError, Enough):  # which would keep this frame, and so the world
            report.ended = DROPPED
        except Exception as error:
            bug = error.__cause__ if isinstance(error, NotHeard) else error
            report.ended, report.error = FAILED, repr(bug)
            if self._live.on_bug is None or not isinstance(bug, Exception):
                raise
            self._live.on_bug(bug)
        finally:
            if hear is _ignore and report.ended == COMPLETE:
                report.ended = IGNORED
            self._forget(question.id)
            report.write(journal, ledger)

    def _forget(self, question_id: str) -> None:
        """Forget the task that runs now."""
        left = [
            task for task in self._tasks.pop(question_id, []) if task is not asyncio.current_task()
        ]
        if left:
            self._tasks[question_id] = left

    async def _answer(self, question: Question, report: Report, hear: Hear) -> None:
        """Let an answer be heard, with the faults that there are rules for."""
        facts = {"chat_id": report.chat_id, "turn": question.number}
        rules = self._world.faults.take("model", FAULTS, facts)
        report.faults = tuple(rules)
        trouble = await trouble_before(rules, report)
        if trouble is not None:
            hear(trouble)
            return
        spoil(rules, hear, report)
        try:
            await self._answer_itself(question, report, cut_by(rules, hear, report))
        except CutOff:
            hear(cut_off(report))

    async def _answer_itself(self, question: Question, report: Report, hear: Hear) -> None:
        """Let the cassette answer, or else the model."""
        settings = self._world.settings
        path, mode = settings.model_cassette, settings.model_cassette_mode
        if not path:
            await self._ask(question, report, hear)
            return
        cassette = Cassette(path)
        if mode != "record":
            found = await asyncio.to_thread(cassette.find, question.body)
            if not isinstance(found, str) or mode == "replay":
                for reply in replayed(found, report):
                    hear(reply)
                return
        said: list[Reply] = []

        def record(reply: Reply) -> None:
            said.append(reply)
            hear(reply)

        await self._ask(question, report, record)
        if report.ended == COMPLETE:
            try:
                await asyncio.to_thread(cassette.add, question.body, recorded(said, report))
            except OSError as error:  # the answer was heard all the same
                report.error = f"the cassette {path} can't be written: {reason(error)}"

    async def _ask(self, question: Question, report: Report, hear: Hear) -> None:
        settings = self._world.settings
        problem = call_problem(
            report.url, MODEL_SCHEMES, settings.call_hosts, settings.call_hosts_only
        )
        size = len(render(question.body))
        if problem is not None:
            report.ended, report.error = FAILED, f"its URL {problem}"
            hear(not_called(question, report.error))
        elif size > LONGEST_REQUEST:
            report.ended, report.error = FAILED, _too_long(size)
            hear(not_called(question, report.error))
        elif question.source.form != SOCKET:
            await event_stream_call.ask(self._world.http, question, report, hear)
        else:
            if self._socket is None:
                self._socket = ModelSocket(self._world.http)
            await self._socket.ask(question, report, hear)


def not_called(question: Question, problem: str) -> Failed:
    """Return the failure of a model that may not be called."""
    what = f"was not called: {problem}"
    return failed(question.source, "custom_language_model_error", what)


def _too_long(size: int) -> str:
    return (
        f"the request has {size:,} bytes, and at most {LONGEST_REQUEST:,} are sent; "
        "it has all that was said so far, so start a new chat"
    )


def _ignore(question_id: str, reply: Reply) -> None:
    """Hear nothing: the same question was asked twice."""
