"""Configs: their defaults, and the prompts, tools and voices that they name.

Facts: docs/protocol.md#configs.
"""

from collections.abc import Sequence
from functools import cache
from sys import intern
from urllib.parse import urlsplit

from emulator.api import Call
from emulator.apis.evi import errors
from emulator.apis.evi.openness import CUSTOM_LANGUAGE_MODEL, UNNAMED_MODEL
from emulator.apis.evi.operations.prompts import (
    DEFAULT_EXPANSION,
    prompt_content,
    render_prompt,
)
from emulator.apis.evi.operations.versioned import FIXED, LATEST, Kind, register, render_version
from emulator.apis.evi.state import EviState
from emulator.apis.voices.lookup import default_voice, resolve_voice
from emulator.apis.voices.state import VoicesState
from emulator.contract.findings import find
from emulator.errors import ErrorText, Problem, ValidationFailed, api_error
from emulator.hosts import MODEL_SCHEMES, WEBHOOK_SCHEMES, call_problem, mapped
from emulator.jsontext import Json, JsonObject
from emulator.settings import Settings
from emulator.store.versioned import Resource, Row, Version, VersionedCollection

EVI_VERSIONS = ("3", "4-mini")
ENDED_EVI_VERSIONS = ("1", "2")  # versions that old configs of an account still have
MOST_TOOL_CHARS = 4_194_304  # characters in the texts of all tools that a config names

# Values of fields that a config's body leaves out (docs/protocol.md#configs).
LANGUAGE_MODEL = (
    "model_provider",
    "model_resource",
    "temperature",
    "custom_language_model_model",
)
_COMPLETIONS = "/chat/completions"  # the end of a custom language model's URL, unless it is wss
_NONE: list[JsonObject] = []  # stored documents share it
_ELLM_MODELS = {given: {"allow_short_responses": given} for given in (False, True)}
DEFAULT_EVENT_MESSAGE = {"enabled": False, "text": ""}
DEFAULT_EVENT_MESSAGES = {
    "on_new_chat": DEFAULT_EVENT_MESSAGE,
    "on_inactivity_timeout": DEFAULT_EVENT_MESSAGE,
    "on_max_duration_timeout": DEFAULT_EVENT_MESSAGE,
}
DEFAULT_MAX_DURATION = {"enabled": True, "duration_secs": 1800}
DEFAULT_NUDGES = {"enabled": False, "interval_secs": None}
DEFAULT_INTERRUPTION = {"min_interruption_ms": 800}
DEFAULT_TURN_DETECTION = {
    "end_of_turn_silence_ms": 800,
    "speech_detection_threshold": 0.5,
    "prefix_padding_ms": 300,
}


def new_content(call: Call, previous: Version | None) -> JsonObject:
    """Make a version's content from a request. Raises ApiError for a value that can't be used."""
    _check_evi_version(call.body["evi_version"], EVI_VERSIONS)
    return _content(call, previous)


def seed_content(call: Call, previous: Version | None) -> JsonObject:
    """Make a version's content from a seed, which may hold values that can no longer be posted."""
    _check_evi_version(call.body["evi_version"], (*ENDED_EVI_VERSIONS, *EVI_VERSIONS))
    return _content(call, previous)


def _content(call: Call, previous: Version | None) -> JsonObject:
    """Make a config version's content.

    References to prompts and tools are kept as references, since the prompts and tools may change.
    A version takes nothing from the one before except `allow_short_responses`.
    """
    body, store = call.body, call.world.state(EviState)
    content: JsonObject = {
        "evi_version": _one_copy(body["evi_version"]),
        "version_description": body.get("version_description", ""),
        "voice": _voice(call),
        "ellm_model": _ellm_model(body, previous),
        "tools": [_tool_reference(store, tool) for tool in body.get("tools") or ()] or _NONE,
        "builtin_tools": [_builtin_tool(tool) for tool in body.get("builtin_tools") or ()] or _NONE,
        "event_messages": _filled(DEFAULT_EVENT_MESSAGES, body.get("event_messages", {})),
        "timeouts": _timeouts(body.get("timeouts", {}), call.settings.inactivity_timeout),
        "nudges": _filled(DEFAULT_NUDGES, body.get("nudges", {})),
        "interruption": _filled(DEFAULT_INTERRUPTION, body.get("interruption", {})),
        "turn_detection": _filled(DEFAULT_TURN_DETECTION, body.get("turn_detection", {})),
        "webhooks": [_webhook(call, webhook) for webhook in body.get("webhooks") or ()] or _NONE,
    }
    _render_tools(store, content["tools"])  # raises if they are too long
    if "language_model" in body:
        content["language_model"] = _language_model(call, body["language_model"])
    if "prompt" in body:  # last, since it may create a prompt
        content["prompt"] = _prompt_reference(call, body["prompt"])
    return content


def _check_evi_version(got: str, offered: Sequence[str]) -> None:
    if got not in offered:
        known = ", ".join(map(repr, offered))
        raise api_error(errors.EVI_VERSION_UNKNOWN, got=got, known=known)


def _voice(call: Call) -> JsonObject:
    if "voice" in call.body:
        return resolve_voice(call.world, call.body["voice"], ("body", "voice"), call.findings)
    if call.settings.require_voice and call.body["evi_version"] == "3":
        raise api_error(errors.VOICE_REQUIRED)
    return default_voice(call.world.state(VoicesState).voices)


def _ellm_model(body: JsonObject, previous: Version | None) -> JsonObject:
    given = body.get("ellm_model", {}).get("allow_short_responses")
    if given is not None:
        return _ELLM_MODELS[given]
    if previous is not None:
        inherited: JsonObject = previous.content["ellm_model"]
        return inherited
    return _ELLM_MODELS[False]


def _tool_reference(store: EviState, tool: JsonObject) -> JsonObject:
    return _reference(store.tools, tool, errors.TOOL_UNKNOWN)


def _prompt_reference(call: Call, prompt: JsonObject) -> JsonObject:
    given = [key for key in ("id", "text") if prompt.get(key) is not None]
    if len(given) != 1:
        got = "both" if given else "neither"
        raise api_error(errors.PROMPT_AMBIGUOUS, got=got)
    if given == ["id"]:
        reference = _reference(call.world.state(EviState).prompts, prompt, errors.PROMPT_UNKNOWN)
    else:
        reference = {"id": _create_prompt(call, prompt), "version": 0}
    if "prompt_expansion" in prompt:
        reference["prompt_expansion"] = _filled(DEFAULT_EXPANSION, prompt["prompt_expansion"])
    return reference


def _create_prompt(call: Call, prompt: JsonObject) -> str:
    id = call.world.ids.uuid()
    name = f"{call.body['name']} prompt"
    now_ms = call.world.clock.now_ms()
    call.world.state(EviState).prompts.create(id, name, prompt_content(prompt), now_ms)
    return id


def _reference(
    collection: VersionedCollection, given: JsonObject, unknown: ErrorText
) -> JsonObject:
    """Return the id and the version (None for the latest) that a config names, if they exist."""
    number = given.get("version")
    reference = {"id": given["id"].lower(), "version": None if number is None else int(number)}
    if _look_up(collection, reference) is None:
        version = "" if number is None else f" version {number}"
        raise api_error(unknown, id=given["id"], version=version)
    return reference


def _look_up(collection: VersionedCollection, reference: JsonObject) -> Row | None:
    resource = collection.find(reference["id"])
    if resource is None:
        return None
    if reference["version"] is None:
        return resource, resource.latest
    version = resource.find_version(reference["version"])
    return None if version is None else (resource, version)


def _builtin_tool(tool: JsonObject) -> JsonObject:
    return {
        "tool_type": "BUILTIN",
        "name": tool["name"],
        "fallback_content": tool.get("fallback_content"),
    }


def _timeouts(given: JsonObject, inactivity_secs: int) -> JsonObject:
    return _filled(_default_timeouts(inactivity_secs), given)


@cache  # worlds have few different settings
def _default_timeouts(inactivity_secs: int) -> JsonObject:
    inactivity = {"enabled": True, "duration_secs": inactivity_secs}
    return {"inactivity": inactivity, "max_duration": DEFAULT_MAX_DURATION}


def _filled(defaults: JsonObject, given: JsonObject) -> JsonObject:
    """Return the defaults, replaced part by part by given values; null means the default, too.

    Stored documents are never changed, so they may share parts with each other and with requests.
    """
    if not given or given == defaults:
        return defaults
    filled = {}
    for key, default in defaults.items():
        value = given.get(key)
        if value is None:
            value = default
        elif isinstance(default, dict):
            value = _filled(default, value)
        filled[key] = value
    return defaults if filled == defaults else filled


def _webhook(call: Call, webhook: JsonObject) -> JsonObject:
    check_webhook_url(webhook["url"], call.settings)
    return {"url": webhook["url"], "events": list(map(_one_copy, webhook["events"]))}


def check_webhook_url(url: str, settings: Settings) -> None:
    """Raise ApiError (400) for a URL to which the emulator may send no webhooks."""
    _check_url(url, WEBHOOK_SCHEMES, settings, errors.WEBHOOK_URL_INVALID)


def _check_url(url: str, schemes: tuple[str, ...], settings: Settings, invalid: ErrorText) -> None:
    leads_to = mapped(url, settings.map_url)
    why = call_problem(leads_to, schemes, settings.call_hosts, settings.call_hosts_only)
    if why is not None:
        raise api_error(invalid, url=url, why=why)


def _language_model(call: Call, given: JsonObject) -> JsonObject:
    """Return the language model as it was posted. Raises ApiError for a custom one's bad URL."""
    url = given.get("model_resource", UNNAMED_MODEL)
    if given.get("model_provider") == CUSTOM_LANGUAGE_MODEL and url != UNNAMED_MODEL:
        _check_url(url, MODEL_SCHEMES, call.settings, errors.MODEL_URL_INVALID)
        path = urlsplit(url).path.rstrip("/")
        if url.lower().startswith("http") and not path.endswith(_COMPLETIONS):
            place = ("body", "language_model", "model_resource")
            call.findings.append(find("model_url_unusual", place, url))
    return {key: _one_copy(given[key]) for key in LANGUAGE_MODEL if key in given}


def _one_copy(value: Json) -> Json:
    """Return the copy of a text that all stored documents share."""
    return intern(value) if type(value) is str else value


def render_config(
    store: EviState, resource: Resource, version: Version, listed: bool
) -> JsonObject:
    """Return a config with its current prompt and tools as full objects."""
    content = version.content
    config = {
        "id": resource.id,
        "name": resource.name,
        "version": version.number,
        "created_on": resource.created_on,
        "modified_on": version.modified_on,
        **content,
    }
    if content["tools"]:
        config["tools"] = _render_tools(store, content["tools"])
    if "prompt" in content:
        _show_prompt(store, config, content["prompt"], listed)
    return config


def _show_prompt(store: EviState, config: JsonObject, reference: JsonObject, listed: bool) -> None:
    row = _look_up(store.prompts, reference)
    if row is None:  # deleted since
        del config["prompt"]
        return
    prompt = render_prompt(*row, listed, _version_type(reference))
    if not listed and "prompt_expansion" in reference:
        prompt["prompt_expansion"] = reference["prompt_expansion"]
    config["prompt"] = prompt


def _render_tools(store: EviState, references: list[JsonObject]) -> list[JsonObject]:
    """Return in full the tools that still exist. Raises ValidationFailed if they are too long.

    A reference is short and a tool may be long, so a small config could have an enormous answer.
    """
    tools, size = [], 0
    for reference in references:
        tool = _render_tool(store, reference)
        if tool is not None:
            tools.append(tool)
            size += sum(len(text) for text in tool.values() if isinstance(text, str))
        if size > MOST_TOOL_CHARS:
            message = f"Input should name tools of at most {MOST_TOOL_CHARS} characters in all"
            raise ValidationFailed([Problem(("body", "tools"), message, "too_long")])
    return tools


def _render_tool(store: EviState, reference: JsonObject) -> JsonObject | None:
    row = _look_up(store.tools, reference)
    return None if row is None else render_version(*row, _version_type(reference))


def _version_type(reference: JsonObject) -> str:
    return LATEST if reference["version"] is None else FIXED


register(
    Kind("config", "configs", "Config", errors.CONFIG_NOT_FOUND, True, new_content, render_config)
)
