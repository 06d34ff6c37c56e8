"""Tool calls without an answer, and frozen clocks: a test fails with the reason, not hangs."""

import asyncio
from typing import TYPE_CHECKING
from weakref import ref

from emulator.apis.evi.state import EviState
from emulator.world.world import World

if TYPE_CHECKING:
    from emulator.apis.evi.chat.channel import ChatEvent  # its import takes time at the start
    from emulator.apis.evi.chat.live import LiveChat

DEFAULT_PATIENCE_S = 30.0


def unanswered_calls(world: World, chat_id: str | None = None) -> str:
    """Say which tool calls wait for an answer, in one chat or in all; "" if none does."""
    return "; ".join(told for id, told in waiting_calls(world) if chat_id in (None, id))


def waiting_calls(world: World) -> list[tuple[str, str]]:
    """Return the chat of each tool call that waits for an answer, and what its client owes."""
    return [
        (chat_id, never_answered(id, name))
        for chat_id, live in world.state(EviState).live.items()
        for id, name in live.session.assistant.calls.items()
    ]


def never_answered(tool_call_id: str, name: str) -> str:
    return (
        f"tool_call {tool_call_id} was never answered: the client owes a tool_response or a "
        f"tool_error for the call of {name!r}"
    )


class ToolCallWatch:
    """Ends chats that would hang their test: nothing happens in them for `patience_s` seconds.

    An app that reads until the assistant goes on would read forever if its tool call has no answer,
    or if the assistant waits for a frozen clock that nobody moves. So the wall clock counts. None:
    chats have all the time they like.
    """

    def __init__(self, world: World) -> None:
        self.patience_s: float | None = DEFAULT_PATIENCE_S
        self.given_up: list[str] = []  # a sentence for each chat that was ended
        self._world = ref(world)  # weak, since the world holds this
        world.state(EviState).watchers.append(self._see)

    def _see(self, chat_id: str, event: "ChatEvent") -> None:
        from emulator.apis.evi.chat.channel import ChatStarted, ToolCalled

        patience_s = self.patience_s
        if patience_s is None:
            return
        later = asyncio.get_running_loop().call_later
        if isinstance(event, ToolCalled):
            id, name = event.call.tool_call_id, event.call.name
            later(patience_s, self._look, chat_id, id, name, patience_s)
        elif isinstance(event, ChatStarted):
            later(patience_s, self._look_at_clock, chat_id, patience_s)

    def _look(self, chat_id: str, id: str, name: str, patience_s: float) -> None:
        live = self._live(chat_id)
        if live is not None and id in live.session.assistant.calls:
            told = f"{never_answered(id, name)}, and sent none within {patience_s:g} s"
            self._end(live, told)

    def _look_at_clock(
        self, chat_id: str, patience_s: float, before: tuple[int, int] | None = None
    ) -> None:
        """End a chat that waits for a frozen clock, as it did `before`; or else look again."""
        live = self._live(chat_id)
        if live is None:
            return
        waits = self._wait_for_clock(live)
        if waits is None or waits != before:
            loop = asyncio.get_running_loop()
            loop.call_later(patience_s, self._look_at_clock, chat_id, patience_s, waits)
            return
        now_ms, due_ms = waits
        told = (
            f"the assistant of chat {chat_id} goes on in {due_ms - now_ms} ms, but the world's "
            f"clock is frozen, and nobody has moved it for {patience_s:g} s: call "
            "evi.clock.advance() or evi.clock.resume()"
        )
        self._end(live, told)

    def _live(self, chat_id: str) -> "LiveChat | None":
        world = self._world()
        return None if world is None else world.state(EviState).live.get(chat_id)

    def _wait_for_clock(self, live: "LiveChat") -> tuple[int, int] | None:
        """Return the time at which a frozen clock stands, and when the assistant goes on (ms)."""
        world, due_ms = self._world(), live.session.assistant.due_ms
        if world is None or world.clock.mode != "manual" or due_ms is None:
            return None
        now_ms = live.clock.now_ms()
        return (now_ms, due_ms) if due_ms > now_ms else None

    def _end(self, live: "LiveChat", told: str) -> None:
        self.given_up.append(told)
        live.fail("uncaught", f"The test's emulator ends this chat: {told}.")
