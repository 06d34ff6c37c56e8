"""Has the server of a world's voice say what a chat is about to say, and tells the chat."""

import asyncio

from emulator.apis.evi.chat.channel import Dropped, Output, SoundWanted
from emulator.apis.evi.chat.live import LiveChat
from emulator.world.voice import prepare
from emulator.world.world import World


class VoiceCaller:
    """Listens to one chat, which asks for the sound of one sentence at a time."""

    def __init__(self, world: World, live: LiveChat) -> None:
        self._world = world
        self._live = live
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __call__(self, output: Output) -> None:
        """Take what the chat asks, and end what it dropped."""
        for ask in output.asks:
            if isinstance(ask, Dropped):
                self._cancel(ask.question_id)
            elif isinstance(ask, SoundWanted):
                self._begin(ask)

    def _begin(self, wanted: SoundWanted) -> None:
        """Get a sound; the job ends once the chat has asked for the next."""
        what = f"the voice of chat {self._live.session.chat_id}"
        job = self._world.working(what, self._world.settings.voice_timeout)
        task = asyncio.get_running_loop().create_task(self._prepare(wanted))
        job.end_with(task)
        self._tasks[wanted.id] = task

    def _cancel(self, sound_id: str) -> None:
        task = self._tasks.pop(sound_id, None)
        if task is not None:
            task.cancel()

    async def _prepare(self, wanted: SoundWanted) -> None:
        try:
            await prepare(self._world, [wanted.sound], self._live.session.chat_id)
            self._tasks.pop(wanted.id, None)
            self._live.hear_voice(wanted.id)
        except Exception as error:
            if self._live.on_bug is None:
                raise
            self._live.on_bug(error)
