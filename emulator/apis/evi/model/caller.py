"""Puts a chat's questions to its language model, and tells the chat what the model says."""

import asyncio
from collections.abc import AsyncIterator

from emulator.apis.evi.chat.channel import Dropped, Output
from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.model import event_stream_call
from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import Failed, Reply
from emulator.apis.evi.model.report import DROPPED, FAILED, Report
from emulator.apis.evi.model.socket_call import ModelSocket
from emulator.apis.evi.model.source import SOCKET
from emulator.hosts import MODEL_SCHEMES, call_problem, mapped
from emulator.world.world import World


class ModelCaller:
    """Listens to one chat. It asks one question at a time, as the chat does."""

    def __init__(self, world: World, live: LiveChat) -> None:
        self._world = world
        self._live = live
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._socket: ModelSocket | None = None

    def __call__(self, output: Output) -> None:
        """Take what the chat asks, and end what it dropped."""
        for ask in output.asks:
            if isinstance(ask, Dropped):
                task = self._tasks.pop(ask.question_id, None)
                if task is not None:
                    task.cancel()
            elif isinstance(ask, Question):
                loop = asyncio.get_running_loop()
                self._tasks[ask.id] = loop.create_task(self._put(ask))
        if self._live.session.is_over:
            self._close()

    def _close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        if self._socket is not None:
            self._socket.close()

    async def _put(self, question: Question) -> None:
        """Ask, and pass each reply on, until the answer is over or nobody wants it."""
        world, chat_id = self._world, self._live.session.chat_id
        report = Report(chat_id, question, mapped(question.source.url, world.settings.map_url))
        what = f"the language model of chat {chat_id}"
        journal = world.journal
        with world.working(what, question.source.timeout_s) as job:
            try:
                async for reply in self._replies(question, report):
                    self._live.hear_model(question.id, report.as_told(reply))
            except asyncio.CancelledError:
                report.ended = DROPPED
                raise
            except Exception as error:
                report.ended, report.error = FAILED, repr(error)
                if self._live.on_bug is None:
                    raise
                self._live.on_bug(error)
            finally:
                del job
                self._tasks.pop(question.id, None)
                report.write(journal, world.ledger)

    async def _replies(self, question: Question, report: Report) -> AsyncIterator[Reply]:
        settings = self._world.settings
        problem = call_problem(
            report.url, MODEL_SCHEMES, settings.call_hosts, settings.call_hosts_only
        )
        if problem is not None:
            report.ended, report.error = FAILED, f"its URL {problem}"
            message = f"Custom language model {report.question.source.url} was not called: its URL {problem}."
            yield Failed("custom_language_model_error", message, question.source.ends_chat)
            return
        async for reply in self._asked(question, report):
            yield reply

    def _asked(self, question: Question, report: Report) -> AsyncIterator[Reply]:
        if question.source.form != SOCKET:
            return event_stream_call.ask(self._world.http, question, report)
        if self._socket is None:
            self._socket = ModelSocket(self._world.http)
        return self._socket.ask(question, report)
