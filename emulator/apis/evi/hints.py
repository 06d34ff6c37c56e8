"""Paths and query parameters of EVI that people get wrong, and what to use in their place.

Each row was seen in at least two public programs (docs/fidelity.md), except for rows that mention
this emulator.
"""

from emulator.openapi.hints import Hints, PathHint

CHATS_ARE_AT = "chats are at /v0/evi/chat (TypeScript: set environment, not baseUrl)"
_SETTING = "it is a session setting: write session_settings[{name}]=..., or send it as a message"

EVI_HINTS = Hints(
    paths=(
        PathHint(
            "/v0/evi/chats/{id}/events",
            "/v0/evi/chats/[^/]+/(events|messages|transcript)",
            "a chat's events are at GET /v0/evi/chats/{id}, in pages (events_page)",
        ),
        PathHint(
            "/v0/evi/custom_voices",
            "/v0/evi/(custom_voices|voices)(/.*)?",
            "voices are at /v0/tts/voices: ?provider=CUSTOM_VOICE lists your own, HUME_AI the "
            "library",
        ),
        PathHint(
            "/v0/assistant/chat",
            "/v0/assistant(/.*)?",
            "chats are at /v0/evi/chat (a WebSocket)",
        ),
        PathHint(
            "/v0/evi/conversations",
            "/v0/evi/(conversation|session)s?(/.*)?",
            "a conversation is a chat: open one at /v0/evi/chat (a WebSocket), list them at "
            "GET /v0/evi/chats",
        ),
        PathHint(
            "/v0/evi/tts",
            "/v0/evi/tts(/.*)?",
            "speech is made at /v0/tts, in the text-to-speech API",
        ),
        PathHint(
            "/v1/evi/configs", "/v1(/(?!expression).*)?", "the paths of the API begin with /v0"
        ),
    ),
    # Query parameters that the service does not read, in REST requests and in handshakes.
    of_requests={
        "apiKey": "send the key in the header X-Hume-Api-Key",
        "accessToken": "send the token in the header Authorization: Bearer TOKEN",
    },
    sockets=CHATS_ARE_AT,
    of_handshakes={
        "evi_version": "a config has its evi_version: name the config with config_id",
    },
)


def setting_hint(name: str) -> str:
    """Return where a session setting belongs that a handshake has outside of session_settings."""
    return _SETTING.format(name=name)
