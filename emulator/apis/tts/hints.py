"""Paths of text-to-speech that people get wrong, and what to use in their place.

Some are paths that similar APIs have and this one lacks. Others come of base URLs that are put
before the wrong part of a path.
"""

from emulator.openapi.hints import Hints, PathHint

SPEECH_STREAMS_FROM = (
    "text is spoken as it comes at /v0/tts/stream/input (TypeScript: set environment, not baseUrl)"
)

TTS_HINTS = Hints(
    paths=(
        PathHint(
            "/stream/input",
            "(/v0)?/stream/input/?",
            "the WebSocket is at /v0/tts/stream/input (TypeScript: set environment, not baseUrl)",
        ),
        PathHint(
            "/v0/tts/stream/ws",
            "/v0/tts/((stream/)?(ws|websocket|socket)|input|stream-input)/?",
            "the WebSocket is at /v0/tts/stream/input",
        ),
        PathHint(
            "/v0/tts/stream",
            "/v0/tts/(stream|streaming)/?",
            "speech is streamed by POST /v0/tts/stream/json and POST /v0/tts/stream/file, or by "
            "the WebSocket /v0/tts/stream/input",
        ),
        PathHint(
            "/v0/tts/json",
            "/v0/(tts/(json|synthesize|speech|generate)|octave(/.*)?|speech|synthesize)/?",
            "speech is made by POST /v0/tts, and as a file by POST /v0/tts/file",
        ),
        PathHint(
            "/v0/tts/generations/{id}",
            "/v0/tts/(generations?|history|snippets?)(/.*)?",
            "a generation can't be asked for again: keep the audio of the answer, and use its "
            "generation_id as a context or to save a voice (POST /v0/tts/voices)",
        ),
        PathHint(
            "/v0/tts/voices/{id}",
            "/v0/tts/voices/[^/]+/?",
            "GET /v0/tts/voices?provider=CUSTOM_VOICE lists voices with their ids, and "
            "DELETE /v0/tts/voices?name=... deletes one by its name",
        ),
        PathHint(
            "/v0/voices",
            "/v0/(voices|(tts/)?(voice|custom[_-]voices?))/?",
            "voices are at /v0/tts/voices: ?provider=CUSTOM_VOICE lists your own, HUME_AI the "
            "library",
        ),
        PathHint(
            "/v0/tts/models",
            "/v0/tts/(models?|versions?)(/.*)?",
            "the API has no list of models: a request names its version, 1 or 2, as a text",
        ),
        PathHint(
            "/v0/tts/voice_conversion",
            "/v0/tts/(voice_conversion|(voice-conversion|convert)(/.*)?)/?",
            "recordings are converted by POST /v0/tts/voice_conversion/json and "
            "POST /v0/tts/voice_conversion/file",
        ),
    ),
    sockets=SPEECH_STREAMS_FROM,
)
