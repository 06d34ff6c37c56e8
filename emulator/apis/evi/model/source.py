"""Which language model a chat asks: the custom one of its config, or the brain of its world.

Facts: docs/protocol.md#custom-language-models.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from emulator.apis.evi.model.options import ModelOptions
from emulator.outgoing.open_ai import route
from emulator.settings import Settings

EVENT_STREAM, SOCKET = "event stream", "WebSocket"
LONGEST_REQUEST = 8_388_608  # bytes
LONGEST_ANSWER = 8_388_608  # bytes
_SOCKET_SCHEMES = ("ws://", "wss://")

# What the service was seen to do at times. Each is a name that the setting `model_quirks` may have.
QUIRKS = {
    "greeting_as_user_text": "a greeting is asked for by a user message",
    "greeting_prefix_once": "the next user message begins with that request",
    "duplicate_last_message": "the last user message comes twice",
    "expression_suffix": "user messages end with expressions, such as {very calm}",
    "superset_finals": "the last user message comes word group by word group, each with all before",
    "double_post": "each request is sent twice at once",
    "retry_after_silence": "after an empty answer the request is sent again 57 s later",
    "resume_without_history": "a resumed chat sends none of what was said before",
    "connect_id_ignored": "a session id in the handshake does not count, only one in a message",
    "none": "nothing of that",
}


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A language model: where it is, and how it is asked.

    `is_custom` is False for the brain, which is any OpenAI-compatible server; `name` is the model's
    name there. `system` says when a system message is sent: session, always or never.
    """

    url: str
    is_custom: bool = True
    name: str | None = None
    key: str | None = field(default=None, repr=False)
    temperature: float | None = None
    system: str = "session"
    quirks: Collection[str] = ()
    timeout_s: int = 10
    ends_chat: bool = False  # if it fails

    @property
    def form(self) -> str:
        """Return how the model is asked: by an event stream, or by a WebSocket."""
        return SOCKET if self.url.lower().startswith(_SOCKET_SCHEMES) else EVENT_STREAM


def custom_source(
    settings: Settings, options: ModelOptions, url: str, name: str | None
) -> ModelSource:
    """Return the model of a config; the options go before the settings."""
    quirks = settings.model_quirks if options.quirks is None else options.quirks
    return ModelSource(
        url,
        name=name,
        system=options.system or settings.model_system,
        quirks=frozenset(quirks),
        timeout_s=options.timeout or settings.model_timeout,
        ends_chat=(options.failure or settings.model_failure) == "end",
    )


def brain_source(settings: Settings, temperature: float | None = None) -> ModelSource | None:
    """Return the brain of a world, or None; the temperature is that of a chat's config."""
    if not settings.brain:
        return None
    return ModelSource(
        route(settings.brain, "/chat/completions"),
        is_custom=False,
        name=settings.brain_model or None,
        key=settings.brain_key or None,
        temperature=temperature,
        system="always",
        timeout_s=settings.brain_timeout,
    )
