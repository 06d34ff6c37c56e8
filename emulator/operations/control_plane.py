"""The control plane: messages to a live chat from outside its socket (PROTOCOL 9)."""

from emulator.errors import CHAT_NOT_LIVE, ValidationFailed, api_error
from emulator.jsontext import Json
from emulator.operations.chats import get_chat
from emulator.operations.registry import Call, operation


@operation("send")
def send(call: Call) -> Json:
    """The message counts as its client's own; audio is not in the document's union."""
    chat = get_chat(call, call.parameters["chat_id"].lower())
    live = call.world.live.get(chat["id"])
    if live is None:
        raise api_error(CHAT_NOT_LIVE, id=chat["id"])
    problems = live.receive_json(call.body)
    if problems:
        raise ValidationFailed(problems)
    return {}
