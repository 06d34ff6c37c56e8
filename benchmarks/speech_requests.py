"""The requests for speech that servers are measured with."""

from benchmarks.messages import request
from emulator.jsontext import JsonObject, render

FILE, LINES, WHOLE_FILE, JSON = (
    "/v0/tts/stream/file",
    "/v0/tts/stream/json",
    "/v0/tts/file",
    "/v0/tts",
)
_SENTENCES = (
    "The weather is fine today, and the sea is calm. Bring a hat, some water and a friend who "
    "likes to walk along the shore. Don't forget the dog! "
)


def body(characters: int, format: str) -> JsonObject:
    """The body of a request to say a text of so many characters."""
    voice = {"provider": "HUME_AI", "name": "Ava Song"}
    text = (_SENTENCES * (characters // len(_SENTENCES) + 1))[:characters]
    return {
        "utterances": [{"text": text, "voice": voice}],
        "format": {"type": format},
        "strip_headers": True,
    }


def asking(path: str, characters: int, format: str) -> bytes:
    """A request as Hume's SDK sends it."""
    return request("POST", path, render(body(characters, format)))


def short(path: str) -> str:
    """The part of a path that tells it from others."""
    return path.removeprefix("/v0/tts").removeprefix("/") or "whole JSON"
