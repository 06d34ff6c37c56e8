"""The control plane: messages to a live chat from outside its socket (PROTOCOL 9)."""

from emulator.errors import CHAT_NOT_LIVE, api_error
from emulator.jsontext import Json
from emulator.operations.chats import get_chat
from emulator.operations.registry import Call, operation


@operation("send")
def send(call: Call) -> Json:
    chat = get_chat(call, call.parameters["chat_id"].lower())
    raise api_error(CHAT_NOT_LIVE, id=chat["id"])
