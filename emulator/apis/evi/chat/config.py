"""A config as a chat uses it, read once when the chat begins (docs/protocol.md#configs)."""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.apis.evi.chat.hearing import TurnDetection
from emulator.apis.evi.openness import CUSTOM_LANGUAGE_MODEL, UNNAMED_MODEL
from emulator.jsontext import JsonObject

DEFAULT_PROMPT = "You are a friendly voice assistant. Keep your answers short and helpful."
DEFAULT_NUDGE_MS = 10_000  # no source names the service's default
MOST_NUDGE_S = 86_400  # no chat lasts that long
MAX_DURATION_CAP_MS = 1_800_000  # also if the timeout is disabled


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A function tool: `parameters` is the JSON text of its JSON schema."""

    name: str
    parameters: str
    fallback_content: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class EventMessage:
    """A message that the assistant says on an event; for an empty text it finds its own words."""

    enabled: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class ModelOfConfig:
    """A custom language model as a config names it; `url` is empty if the config has none."""

    url: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ChatConfig:
    """The config of a chat. Times are in ms; None for a timeout that is switched off."""

    id: str | None
    version: int | None
    name: str
    prompt: str
    evi_version: str
    tools: Mapping[str, ToolSpec]
    builtin_tools: Mapping[str, str | None]  # the fallback content, by name
    on_new_chat: EventMessage
    on_inactivity_timeout: EventMessage
    on_max_duration_timeout: EventMessage
    inactivity_ms: int | None
    max_duration_ms: int
    nudge_ms: int | None
    allow_short_responses: bool
    turn_detection: TurnDetection
    min_interruption_ms: int
    webhooks: tuple[JsonObject, ...] = ()
    voice: JsonObject | None = None  # as configs show it
    model: ModelOfConfig | None = None  # a custom language model
    temperature: float | None = None  # of any other model


def read_config(config: JsonObject) -> ChatConfig:
    """Return the config of a chat, from a config version as REST shows it."""
    timeouts, messages, nudges = config["timeouts"], config["event_messages"], config["nudges"]
    max_duration, inactivity = timeouts["max_duration"], timeouts["inactivity"]
    return ChatConfig(
        id=config.get("id"),
        version=config.get("version"),
        name=config.get("name", ""),
        prompt=config.get("prompt", {}).get("text") or DEFAULT_PROMPT,
        evi_version=config["evi_version"],
        tools={tool["name"]: _tool(tool) for tool in config["tools"]},
        builtin_tools={
            tool["name"]: tool.get("fallback_content") for tool in config["builtin_tools"]
        },
        on_new_chat=EventMessage(**messages["on_new_chat"]),
        on_inactivity_timeout=EventMessage(**messages["on_inactivity_timeout"]),
        on_max_duration_timeout=EventMessage(**messages["on_max_duration_timeout"]),
        inactivity_ms=round(inactivity["duration_secs"] * 1000) if inactivity["enabled"] else None,
        max_duration_ms=(
            round(max_duration["duration_secs"] * 1000)
            if max_duration["enabled"]
            else MAX_DURATION_CAP_MS
        ),
        nudge_ms=_nudge_ms(nudges["interval_secs"]) if nudges["enabled"] else None,
        allow_short_responses=config["ellm_model"]["allow_short_responses"],
        turn_detection=_turn_detection(config["turn_detection"]),
        min_interruption_ms=round(config["interruption"]["min_interruption_ms"]),
        webhooks=tuple(config["webhooks"]),
        voice=config.get("voice"),
        model=_model(config.get("language_model", {})),
        temperature=config.get("language_model", {}).get("temperature"),
    )


def _model(model: JsonObject) -> ModelOfConfig | None:
    """Return the config's custom language model, or None."""
    if model.get("model_provider") != CUSTOM_LANGUAGE_MODEL:
        return None
    url: str = model.get("model_resource", UNNAMED_MODEL)
    return ModelOfConfig(
        "" if url == UNNAMED_MODEL else url,
        model.get("custom_language_model_model"),
    )


def _tool(tool: JsonObject) -> ToolSpec:
    description = tool.get("description")
    return ToolSpec(tool["name"], tool["parameters"], tool.get("fallback_content"), description)


def _nudge_ms(interval_secs: float | None) -> int:
    """Return the interval, at least a second: a nudge that is always due would never end."""
    if interval_secs is None or interval_secs <= 0:
        return DEFAULT_NUDGE_MS
    return round(1000 * min(max(1, interval_secs), MOST_NUDGE_S))


def _turn_detection(shown: JsonObject) -> TurnDetection:
    return TurnDetection(
        end_of_turn_silence_ms=round(shown["end_of_turn_silence_ms"]),
        speech_detection_threshold=shown["speech_detection_threshold"],
        prefix_padding_ms=round(shown["prefix_padding_ms"]),
    )
