"""Chat groups: chats linked by resuming (docs/protocol.md#resuming)."""

from emulator.api import Call
from emulator.apis.evi.errors import CHAT_GROUP_NOT_FOUND
from emulator.apis.evi.handlers import operation
from emulator.apis.evi.operations.audio import poll_audio
from emulator.apis.evi.operations.chats import chat_status
from emulator.apis.evi.state import EviState
from emulator.errors import api_error
from emulator.jsontext import Json, JsonObject


@operation("list-chat-groups")
def list_chat_groups(call: Call) -> Json:
    paging = call.paging
    page = call.world.state(EviState).chats.page_of_groups(paging, call.parameters["config_id"])
    return {
        **page.to_json(),
        "pagination_direction": paging.direction,
        "chat_groups_page": page.items,
    }


@operation("get-chat-group")
def get_chat_group(call: Call) -> Json:
    group, paging, chats = _get_group(call), call.paging, call.world.state(EviState).chats
    page = chats.page_of_group_chats(group["id"], paging, chat_status(call))
    return {
        "id": group["id"],
        "first_start_timestamp": group["first_start_timestamp"],
        "most_recent_start_timestamp": group["most_recent_start_timestamp"],
        "num_chats": group["num_chats"],
        "active": group["active"],
        **page.to_json(),
        "pagination_direction": paging.direction,
        "chats_page": [chat.fragment for chat in page.items],
    }


@operation("list-chat-group-events")
def list_chat_group_events(call: Call) -> Json:
    group, paging = _get_group(call), call.paging
    page = call.world.state(EviState).chats.page_of_events(group["id"], paging)
    return {
        "id": group["id"],
        **page.to_json(),
        "pagination_direction": paging.direction,
        "events_page": page.items,
    }


@operation("get-chat-group-audio")
def get_chat_group_audio(call: Call) -> Json:
    group, paging = _get_group(call), call.paging
    page = call.world.state(EviState).chats.page_of_group_chats(group["id"], paging)
    return {
        "id": group["id"],
        "user_id": call.world.user_id,
        "num_chats": group["num_chats"],
        **page.to_json(),
        "pagination_direction": paging.direction,
        "audio_reconstructions_page": [poll_audio(call, chat) for chat in page.items],
    }


def _get_group(call: Call) -> JsonObject:
    id = call.parameters["id"]
    group = call.world.state(EviState).chats.find_group(id)
    if group is None:
        raise api_error(CHAT_GROUP_NOT_FOUND, id=id)
    return group
