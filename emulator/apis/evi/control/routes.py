"""EVI's control routes: scripts, what is heard, simulated and live chats, webhooks, audio."""

from emulator.apis.evi.control.audio import get_audio_file
from emulator.apis.evi.control.schemas import PART
from emulator.apis.evi.control.script import (
    add_heard_text,
    get_script,
    list_live_chats,
    reset_script,
    set_script,
)
from emulator.apis.evi.control.simulate import simulate_chat
from emulator.apis.evi.control.trigger import trigger_webhook
from emulator.apis.evi.operations.audio import AUDIO_PATH
from emulator.control import ControlRoute, ControlRoutes
from emulator.jsontext import JsonObject

# What the document says more of a script, the script's own reader says better.
_OUTLINE: JsonObject = {
    "type": "object",
    "properties": {"script": {"type": ["string", "object"]}},
}

CONTROL = ControlRoutes(
    PART,
    (
        ControlRoute("GET", "/_emulator/script", "get-script", get_script),
        ControlRoute("PUT", "/_emulator/script", "set-script", set_script, outline=_OUTLINE),
        ControlRoute("DELETE", "/_emulator/script", "reset-script", reset_script),
        ControlRoute("POST", "/_emulator/heard", "add-heard-text", add_heard_text, True),
        ControlRoute("GET", "/_emulator/chats/live", "list-live-chats", list_live_chats),
        ControlRoute(
            "POST", "/_emulator/simulate", "simulate-chat", simulate_chat, outline=_OUTLINE
        ),
        ControlRoute(
            "POST", "/_emulator/webhooks/trigger", "trigger-webhook", trigger_webhook, True
        ),
        ControlRoute("GET", AUDIO_PATH, "get-audio-file", get_audio_file, needs_key=False),
    ),
)
