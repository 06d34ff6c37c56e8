"""Lets the ears of a world hear what the user of a chat says, and tells the chat the words."""

import asyncio
from time import monotonic

import aiohttp

from emulator.apis.evi.chat.channel import Dropped, Output
from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.ears.transcription import transcribe
from emulator.apis.evi.ears.utterance import Hearing, NotUnderstood, Understood, Utterance
from emulator.hosts import WEBHOOK_SCHEMES, call_problem, mapped
from emulator.journal.entries import EarsEntry
from emulator.outgoing.reason import reason
from emulator.redaction.text import hide_in_text
from emulator.redaction.urls import without_keys
from emulator.world.world import World

COMPLETE, DROPPED, FAILED = "complete", "dropped", "failed"


class EarsCaller:
    """Listens to one chat, which asks for the words of one utterance at a time."""

    def __init__(self, world: World, live: LiveChat) -> None:
        self._world = world
        self._live = live
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __call__(self, output: Output) -> None:
        """Take what the chat asks, and end what it dropped."""
        for ask in output.asks:
            if isinstance(ask, Dropped):
                self._cancel(ask.question_id)
            elif isinstance(ask, Utterance):
                what = f"the ears of chat {self._live.session.chat_id}"
                job = self._world.working(what, ask.source.timeout_s)
                task = asyncio.get_running_loop().create_task(self._put(ask))
                job.end_with(task)
                self._tasks[ask.id] = task
        if self._live.session.is_over:
            for utterance_id in list(self._tasks):
                self._cancel(utterance_id)

    def _cancel(self, utterance_id: str) -> None:
        task = self._tasks.pop(utterance_id, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def _put(self, utterance: Utterance) -> None:
        """Ask, note the answer in the journal, and tell the chat."""
        entry, begin_s = self._new_entry(utterance), monotonic()
        journal = self._world.journal
        try:
            hearing = await self._hearing(utterance, entry)
        except asyncio.CancelledError:  # which would keep this frame, and so the world
            entry.ended = DROPPED
            return
        finally:
            entry.duration_ms = round((monotonic() - begin_s) * 1000)
            journal.add(entry)
            self._tasks.pop(utterance.id, None)
        self._tell(utterance, hearing)

    def _new_entry(self, utterance: Utterance) -> EarsEntry:
        source = utterance.source
        return EarsEntry(
            chat_id=self._live.session.chat_id,
            url=without_keys(mapped(source.url, self._world.settings.map_url)),
            model=source.model,
            language=source.language,
            sound_ms=utterance.recording.lasts_ms,
        )

    async def _hearing(self, utterance: Utterance, entry: EarsEntry) -> Hearing:
        hearing: Hearing
        try:
            async with asyncio.timeout(utterance.source.timeout_s):
                hearing = await self._asked(utterance, entry)
        except TimeoutError:
            hearing = NotUnderstood(f"no answer came for {utterance.source.timeout_s} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            hearing = NotUnderstood(reason(error))
        match hearing:
            case Understood(text):
                entry.text = text
            case NotUnderstood(problem):
                entry.ended = FAILED
                entry.error = hide_in_text(problem, utterance.source.key)
        return hearing

    async def _asked(self, utterance: Utterance, entry: EarsEntry) -> Hearing:
        settings = self._world.settings
        url = mapped(utterance.source.url, settings.map_url)
        problem = call_problem(url, WEBHOOK_SCHEMES, settings.call_hosts, settings.call_hosts_only)
        if problem is not None:
            return NotUnderstood(f"its URL {problem}")
        entry.status, hearing = await transcribe(self._world.http.session(), url, utterance)
        return hearing

    def _tell(self, utterance: Utterance, hearing: Hearing) -> None:
        try:
            self._live.understand(utterance.id, hearing)
        except Exception as error:
            if self._live.on_bug is None:
                raise
            self._live.on_bug(error)
