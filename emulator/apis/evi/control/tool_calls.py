"""Control routes of tool calls: which wait for an answer, and how long a client may leave them."""

from weakref import WeakKeyDictionary

from emulator.apis.evi.testing.tool_calls import ToolCallWatch, waiting_calls
from emulator.control import ControlCall
from emulator.jsontext import Json
from emulator.world.world import World

_WATCHES: WeakKeyDictionary[World, ToolCallWatch] = WeakKeyDictionary()


async def get_tool_calls(call: ControlCall) -> Json:
    """Say which tool calls wait for an answer, and which ended their chats without one."""
    watch = _WATCHES.get(call.world)
    return {
        "patience": None if watch is None else watch.patience_s,
        "unanswered": [
            {"chat_id": chat_id, "message": message}
            for chat_id, message in waiting_calls(call.world)
        ],
        "given_up": [] if watch is None else list(watch.given_up),
    }


async def set_tool_calls(call: ControlCall) -> Json:
    """Set how long clients may leave later tool calls unanswered before their chats end.

    The tool calls that ended a chat earlier are forgotten.
    """
    watch = _WATCHES.get(call.world)
    if watch is None:
        watch = _WATCHES[call.world] = ToolCallWatch(call.world)
    watch.patience_s = call.body["patience"]
    watch.given_up.clear()
    return await get_tool_calls(call)
