"""Recorded chats and their events (docs/protocol.md#chats)."""

from emulator.api import Call
from emulator.apis.evi.chat_store import CHAT_STATUSES, Chat
from emulator.apis.evi.errors import CHAT_NOT_FOUND, STATUS_UNKNOWN
from emulator.apis.evi.handlers import operation
from emulator.apis.evi.operations.audio import poll_audio
from emulator.apis.evi.state import EviState
from emulator.errors import api_error, closest
from emulator.jsontext import Json


@operation("list-chats")
def list_chats(call: Call) -> Json:
    paging = call.paging
    page = call.world.state(EviState).chats.page_of_chats(
        paging, call.parameters["config_id"], chat_status(call)
    )
    return {
        **page.to_json(),
        "pagination_direction": paging.direction,
        "chats_page": [chat.fragment for chat in page.items],
    }


@operation("list-chat-events")
def list_chat_events(call: Call) -> Json:
    chat, paging = get_chat(call, call.parameters["id"]), call.paging
    page = call.world.state(EviState).chats.page_of_events(chat["id"], paging)
    answer = {
        **chat,
        **page.to_json(),
        "pagination_direction": paging.direction,
        "events_page": page.items,
    }
    del answer["event_count"]  # only lists of chats have it
    return answer


@operation("get-audio")
def get_audio(call: Call) -> Json:
    return poll_audio(call, get_chat(call, call.parameters["id"]))


def get_chat(call: Call, id: str) -> Chat:
    chat = call.world.state(EviState).chats.find_chat(id)
    if chat is None:
        raise api_error(CHAT_NOT_FOUND, id=id)
    return chat


def chat_status(call: Call) -> str | None:
    """Return the `status` to filter by. Raises ApiError for a text that is not a status."""
    status: str | None = call.parameters["status"]
    if status is not None and status not in CHAT_STATUSES:
        known = ", ".join(CHAT_STATUSES)
        raise api_error(
            STATUS_UNKNOWN, got=status, hint=closest(status, CHAT_STATUSES), known=known
        )
    return status
