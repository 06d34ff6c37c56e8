"""`--timestamps`: the times of chats, chat groups, configs, prompts and tools, in ms or in s."""

from emulator.api import Call, Handler
from emulator.jsontext import Json, read, render
from emulator.reply import Reply

_FIELDS = frozenset(
    (
        "created_on",
        "modified_on",
        "start_timestamp",
        "end_timestamp",
        "first_start_timestamp",
        "most_recent_start_timestamp",
    )
)


def with_time_unit(handler: Handler) -> Handler:
    """Return a handler that answers in the time unit of the world's settings."""

    def answer(call: Call) -> Json | Reply:
        said = handler(call)
        if call.settings.timestamps != "seconds" or isinstance(said, Reply):
            return said
        return _in_seconds(read(render(said)))  # parts of the answer may be rendered already

    return answer


def _in_seconds(value: Json) -> Json:
    """Return an answer with the times of resources in s; times of events stay in ms."""
    if isinstance(value, dict):
        return {
            key: item // 1000 if key in _FIELDS and item is not None else _in_seconds(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_in_seconds(item) for item in value]
    return value
