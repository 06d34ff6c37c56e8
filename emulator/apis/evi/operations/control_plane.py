"""The control plane: messages to a live chat from outside its socket.

Facts: docs/protocol.md#control-plane.
"""

from emulator.api import Call
from emulator.apis.evi.errors import CHAT_NOT_LIVE
from emulator.apis.evi.handlers import operation
from emulator.apis.evi.operations.chats import get_chat
from emulator.apis.evi.state import EviState
from emulator.apis.voices.contract import judge_voice_id
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.unlisted import voice_problems
from emulator.errors import Problem, ValidationFailed, api_error
from emulator.jsontext import Json


@operation("send")
def send(call: Call) -> Json:
    """Pass a message to the chat as its client's own; the document allows no audio here."""
    chat = get_chat(call, call.parameters["chat_id"].lower())
    live = call.world.state(EviState).live.get(chat["id"])
    if live is None:
        raise api_error(CHAT_NOT_LIVE, id=chat["id"])
    problems = _voice_problems(call) or live.receive_json(call.body)
    if problems:
        raise ValidationFailed(problems)
    return {}


def _voice_problems(call: Call) -> list[Problem]:
    """Add a finding about a voice that the library's list lacks; return problems if refused."""
    if call.body.get("type") != "session_settings":
        return []
    voices, named = call.world.state(VoicesState).voices, call.body.get("voice_id")
    loc = ("body", "voice_id")
    call.findings.extend(judge_voice_id(voices, loc, named))
    return voice_problems(call.settings, voices, loc, named)
