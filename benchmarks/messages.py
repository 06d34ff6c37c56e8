"""The requests that servers are measured with, as the bytes that Hume's SDK would send."""

from collections.abc import Callable, Sequence
from itertools import count

from benchmarks.servers import API_KEY
from emulator.jsontext import JsonObject, render

Make = Callable[[], bytes]  # the next request

WRITTEN_KEY = "written"  # a world for what is created, which is reset now and then
CHATS = "/v0/evi/chats?page_number=0&page_size=10"
CONFIGS = "/v0/evi/configs"
CONFIG: JsonObject = {
    "evi_version": "3",
    "name": "Weather",
    "voice": {"provider": "HUME_AI", "name": "Ava Song"},
    "language_model": {
        "model_provider": "ANTHROPIC",
        "model_resource": "claude-3-7-sonnet-latest",
        "temperature": 1.0,
    },
    "event_messages": {
        "on_new_chat": {"enabled": False, "text": ""},
        "on_inactivity_timeout": {"enabled": False, "text": ""},
        "on_max_duration_timeout": {"enabled": False, "text": ""},
    },
}
TWO_FIELDS: JsonObject = {"evi_version": "3", "name": "Weather"}
ONE_PROBLEM: JsonObject = {"evi_version": "3"}  # no name
SIX_PROBLEMS: JsonObject = {
    "evi_version": 3,
    "voice": {"provider": "HUME_AI"},
    "language_model": {"model_provider": "NOBODY", "temperature": "warm"},
    "timeouts": {"inactivity": {"enabled": "maybe"}},
}


def always(method: str, path: str, body: bytes | None = None, more: Sequence[str] = ()) -> Make:
    """The same request again and again."""
    text = request(method, path, body, more=more)
    return lambda: text


def new_configs(config: JsonObject) -> Make:
    """Requests for one config after another, each with a name of its own."""
    numbers = count()

    def make() -> bytes:
        body = render({**config, "name": f"Weather {next(numbers):06}"})
        return request("POST", CONFIGS, body, WRITTEN_KEY)

    return make


def request(
    method: str,
    path: str,
    body: bytes | None = None,
    key: str = API_KEY,
    more: Sequence[str] = (),
) -> bytes:
    """A request with the headers that Hume's SDK sends, and more."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1:8484",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "Connection: keep-alive",
        "User-Agent: hume/0.14.1",
        "X-Fern-Language: Python",
        "X-Fern-SDK-Name: hume",
        "X-Fern-SDK-Version: 0.14.1",
        f"X-Hume-Api-Key: {key}",
        *more,
    ]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
        if not any(line.startswith("Content-Type:") for line in more):
            lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")
