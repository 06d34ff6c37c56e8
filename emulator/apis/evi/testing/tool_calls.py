"""Tool calls that a client never answers: a test fails with their names, and does not hang."""

import asyncio
from typing import TYPE_CHECKING
from weakref import ref

from emulator.apis.evi.state import EviState
from emulator.world.world import World

if TYPE_CHECKING:
    from emulator.apis.evi.chat.channel import ChatEvent  # its import takes time at the start

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
    """Ends chats whose client leaves a tool call unanswered for `patience_s` seconds.

    An app that reads until the assistant goes on would read forever, and its test with it: the
    chat's clock may be frozen, so the wall clock counts. None: clients have all the time they like.
    """

    def __init__(self, world: World) -> None:
        self.patience_s: float | None = DEFAULT_PATIENCE_S
        self.given_up: list[str] = []  # a sentence about each call that ended its chat
        self._world = ref(world)  # weak, since the world holds this
        world.state(EviState).watchers.append(self._see)

    def _see(self, chat_id: str, event: "ChatEvent") -> None:
        from emulator.apis.evi.chat.channel import ToolCalled

        if isinstance(event, ToolCalled) and self.patience_s is not None:
            id, name = event.call.tool_call_id, event.call.name
            loop = asyncio.get_running_loop()
            loop.call_later(self.patience_s, self._look, chat_id, id, name, self.patience_s)

    def _look(self, chat_id: str, id: str, name: str, patience_s: float) -> None:
        world = self._world()
        live = None if world is None else world.state(EviState).live.get(chat_id)
        if live is None or id not in live.session.assistant.calls:
            return
        told = f"{never_answered(id, name)}, and sent none within {patience_s:g} s"
        self.given_up.append(told)
        live.fail("uncaught", f"The test's emulator ends this chat: {told}.")
