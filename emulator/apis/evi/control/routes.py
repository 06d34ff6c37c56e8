"""EVI's control routes: scripts, heard texts, tool calls, chats, webhooks, audio."""

from emulator.apis.evi.control.audio import get_audio_file
from emulator.apis.evi.control.clm_check import check_model
from emulator.apis.evi.control.schemas import PART
from emulator.apis.evi.control.script import (
    add_heard_text,
    get_model,
    list_live_chats,
    reset_script,
    set_model,
)
from emulator.apis.evi.control.sign import sign_webhook
from emulator.apis.evi.control.tool_calls import get_tool_calls, set_tool_calls
from emulator.apis.evi.control.trigger import trigger_webhook
from emulator.apis.evi.operations.audio import AUDIO_PATH
from emulator.control import ControlCall, ControlHandler, ControlRoute, ControlRoutes
from emulator.jsontext import Json, JsonObject
from emulator.reply import Reply

# An outline is enough: the reader of scripts checks the rest, with better messages.
_OUTLINE: JsonObject = {
    "type": "object",
    "properties": {"script": {"type": ["string", "object"]}},
}


def _scripted(operation_id: str) -> ControlHandler:
    """Return a handler of a script as text; its module is imported at the first call."""

    async def handle(call: ControlCall) -> Json | Reply:
        from emulator.apis.evi.control.scripted import SCRIPTED  # on pydantic, which takes 0.1 s

        return await SCRIPTED[operation_id](call)

    return handle


CONTROL = ControlRoutes(
    PART,
    (
        ControlRoute("GET", "/_emulator/script", "get-script", _scripted("get-script")),
        ControlRoute(
            "PUT", "/_emulator/script", "set-script", _scripted("set-script"), outline=_OUTLINE
        ),
        ControlRoute("DELETE", "/_emulator/script", "reset-script", reset_script),
        ControlRoute(
            "POST",
            "/_emulator/script/check",
            "check-script",
            _scripted("check-script"),
            outline=_OUTLINE,
        ),
        ControlRoute("GET", "/_emulator/model", "get-model", get_model),
        ControlRoute("PUT", "/_emulator/model", "set-model", set_model, True),
        ControlRoute("POST", "/_emulator/clm-check", "check-model", check_model, True),
        ControlRoute("POST", "/_emulator/heard", "add-heard-text", add_heard_text, True),
        ControlRoute("GET", "/_emulator/tool-calls", "get-tool-calls", get_tool_calls),
        ControlRoute("PUT", "/_emulator/tool-calls", "set-tool-calls", set_tool_calls, True),
        ControlRoute("GET", "/_emulator/chats/live", "list-live-chats", list_live_chats),
        ControlRoute(
            "POST",
            "/_emulator/simulate",
            "simulate-chat",
            _scripted("simulate-chat"),
            outline=_OUTLINE,
        ),
        ControlRoute(
            "POST", "/_emulator/webhooks/trigger", "trigger-webhook", trigger_webhook, True
        ),
        ControlRoute("POST", "/_emulator/webhooks/sign", "sign-webhook", sign_webhook, True),
        ControlRoute("GET", AUDIO_PATH, "get-audio-file", get_audio_file, needs_key=False),
    ),
)
