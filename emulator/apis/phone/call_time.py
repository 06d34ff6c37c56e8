"""The time of a call that is placed in a world: the world's own."""

import asyncio

from emulator.apis.evi.state import EviState
from emulator.apis.phone.state import PhoneState
from emulator.apis.phone.words import ChatsOfCall
from emulator.waiting import until
from emulator.world.world import World

_ROUNDS = 8  # of the event loop, in which a message comes through both of our WebSockets
_ANSWERING_S = 0.002  # of real time, in which a server may answer, for 20 ms of the call
_PASSING_S = 0.02  # of real time, in which a server may pass those 20 ms on to a chat


class CallTime:
    """A world's time. While its clock is frozen, a wait for a time moves it there.

    After a reset it moves nothing: the time is another one, and the call ends.
    It moves no faster than the other side takes what is said: or a chat that hears the caller
    through another process would notice pauses.
    """

    def __init__(self, world: World, call_sid: str, chats: ChatsOfCall) -> None:
        self._world = world
        self._work = world.work  # a reset closes it, and the call has ended
        self._call_sid = call_sid
        self._chats = chats

    def now_ms(self) -> int:
        """Return the world's time."""
        return self._world.clock.now_ms()

    async def until(self, ms: int, is_waiting: bool = False) -> None:
        """Return once it is `ms`; all that comes due before has run then."""
        world = self._world
        if self._work.is_closed:
            await asyncio.sleep(0)
            return
        if world.clock.mode != "manual":
            await asyncio.sleep(max(0, ms - self.now_ms()) / 1000)
            return
        await self._let_others_answer()
        is_mine = world.clock.mode == "manual" and not self._work.is_closed
        if is_mine and ms > self.now_ms():
            await world.advance(ms - self.now_ms(), noted=False)

    async def _let_others_answer(self) -> None:
        """Let messages come through to the other side, and back."""
        journal, seq = self._world.journal, self._world.journal.seq
        is_here = self._call_sid in self._world.state(PhoneState).calls  # it is this world itself
        if is_here:
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
        if self._chats.begun & self._world.state(EviState).live.keys():
            # They come at once from this process, and later through a balancer or a server.
            await until(journal.watchers, lambda: journal.seq > seq, _PASSING_S)
        elif not is_here:
            await asyncio.sleep(_ANSWERING_S)
