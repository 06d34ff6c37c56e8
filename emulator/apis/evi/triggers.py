"""Single webhook events, about a chat of the world or about a made-up one."""

from collections.abc import Mapping

from emulator.apis.evi import webhooks as events
from emulator.apis.evi.errors import CHAT_NOT_FOUND, NO_SUBSCRIBER, SEVERAL_SUBSCRIBERS
from emulator.apis.evi.state import EviState
from emulator.apis.evi.webhooks import ChatFacts
from emulator.errors import Problem, ValidationFailed, api_error, closest
from emulator.jsontext import Json, JsonObject, read
from emulator.openapi.validation import Validation
from emulator.outgoing.outbox import Delivery
from emulator.world.world import World

_MADE_UP_MS = 180_000  # the duration of a made-up chat


def trigger(
    world: World,
    validation: Validation,
    event_name: str,
    url: str | None = None,
    chat_id: str | None = None,
    overrides: Mapping[str, Json] | None = None,
    faults: Mapping[str, int] | None = None,
) -> Delivery:
    """Send one event. Raises ApiError: 404 for an unknown chat, 422 for a wrong override."""
    chat = _find_chat(world, chat_id)
    payload = _checked_payload(world, validation, chat, event_name, overrides or {})
    target = url or _subscriber(world, payload)
    faults = dict(faults or {})
    before = after = None
    if faults.pop("reorder", None) is not None:  # needs a second event, which comes too early
        if event_name == "chat_started":
            before = _payload(world, {**chat, "id": payload["chat_id"]}, "chat_ended")
        else:
            after = _payload(world, {**chat, "id": payload["chat_id"]}, "chat_started")
    return world.outbox.trigger(payload, target, faults, before, after)


def event_payload(
    world: World,
    validation: Validation,
    event_name: str,
    chat_id: str | None,
    overrides: Mapping[str, Json],
) -> JsonObject:
    """Return the payload of an event about a chat, or about a made-up one.

    Raises ApiError: 404 for an unknown chat, 422 for a wrong override.
    """
    chat = _find_chat(world, chat_id)
    return _checked_payload(world, validation, chat, event_name, overrides)


def _checked_payload(
    world: World,
    validation: Validation,
    chat: JsonObject,
    event_name: str,
    overrides: Mapping[str, Json],
) -> JsonObject:
    payload = override(_payload(world, chat, event_name), overrides)
    _check(payload, validation)
    return payload


def _find_chat(world: World, chat_id: str | None) -> JsonObject:
    """Return the chat's document; without an id, the one of a made-up chat that ends now."""
    if chat_id is not None:
        chat = world.state(EviState).chats.find_chat(chat_id.lower())
        if chat is None:
            raise api_error(CHAT_NOT_FOUND, id=chat_id)
        return chat
    now_ms = world.clock.now_ms()
    return {
        "id": world.ids.uuid(),
        "chat_group_id": world.ids.uuid(),
        "status": "USER_ENDED",
        "start_timestamp": now_ms - _MADE_UP_MS,
        "end_timestamp": now_ms,
    }


def _payload(world: World, chat: JsonObject, event_name: str) -> JsonObject:
    facts, start_ms = _facts(world, chat), chat["start_timestamp"]
    now_ms = world.clock.now_ms()
    if event_name == "chat_started":
        return events.chat_started(facts, start_ms, _has_resumed(world, chat))
    if event_name == "chat_ended":
        active = chat["status"] == "ACTIVE"
        end_ms = now_ms if active else chat["end_timestamp"]
        return events.chat_ended(
            facts, start_ms, end_ms, "USER_ENDED" if active else chat["status"]
        )
    called_ms, message = _tool_call(world, chat)
    return events.tool_call(facts, called_ms, message)


def _facts(world: World, chat: JsonObject) -> ChatFacts:
    """Return the facts of the chat's newest webhook, or else those in its history."""
    for delivery in reversed(list(world.outbox.deliveries.values())):
        if delivery.chat_id == chat["id"] and not delivery.triggered:
            sent = read(delivery.body)
            return ChatFacts(**{name: sent[name] for name in ChatFacts.__slots__})
    session_id = None
    for event in world.state(EviState).chats.newest_events(chat["id"]):
        if event["type"] == "SESSION_SETTINGS" and session_id is None:
            session_id = _object(event["message_text"]).get("custom_session_id")
    config_id = chat.get("config", {}).get("id")
    return ChatFacts(chat["id"], chat["chat_group_id"], config_id, session_id)


def _has_resumed(world: World, chat: JsonObject) -> bool:
    group = world.state(EviState).chats.find_group(chat["chat_group_id"])
    return group is not None and chat["start_timestamp"] > group["first_start_timestamp"]


def _tool_call(world: World, chat: JsonObject) -> tuple[int, JsonObject]:
    """Return the chat's last call of a function tool, or a made-up one."""
    for event in world.state(EviState).chats.newest_events(chat["id"]):
        if event["type"] == "FUNCTION_CALL":
            call = _object(event["message_text"])
            if call.get("tool_type") == "function":
                return event["timestamp"], {"type": "tool_call", **call}
    made_up = {
        "type": "tool_call",
        "name": "get_current_weather",
        "parameters": '{"location": "Oslo"}',
        "tool_call_id": f"call_{world.ids.secret()[:24]}",
        "tool_type": "function",
        "response_required": True,
    }
    return world.clock.now_ms(), made_up


def _object(text: str) -> JsonObject:
    """Return the JSON object in an event's text, or {}, since a seed may have any text there."""
    try:
        content = read(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def override(payload: JsonObject, overrides: Mapping[str, Json]) -> JsonObject:
    """Return the payload with fields replaced, such as 'end_reason' or 'tool_call_message.name'.

    Raises ValidationFailed for a field that it does not have.
    """
    for path, value in overrides.items():
        payload = _replace(payload, path.split("."), value, path)
    return payload


def _replace(part: Json, steps: list[str], value: Json, path: str) -> Json:
    if path == "event_name":
        message = "The event itself can't be set; trigger another one"
        raise ValidationFailed([Problem(("body", "set", path), message, "field_fixed")])
    if not isinstance(part, dict) or steps[0] not in part:
        known = list(part) if isinstance(part, dict) else []
        message = (
            f"The payload has no field {path!r}{closest(steps[0], known)}; it has "
            f"{', '.join(known) or 'no fields there'}"
        )
        raise ValidationFailed([Problem(("body", "set", path), message, "field_unknown")])
    changed = value if len(steps) == 1 else _replace(part[steps[0]], steps[1:], value, path)
    return {**part, steps[0]: changed}


def _check(payload: JsonObject, validation: Validation) -> None:
    pointer = events.SCHEMAS[payload["event_name"]]
    problems = validation.check(pointer)(payload, ("body", "set"))
    if problems:
        raise ValidationFailed(problems)


def _subscriber(world: World, payload: JsonObject) -> str:
    """Return the one URL to which the chat's config sends such events. Raises ApiError (400)."""
    config = world.state(EviState).configs.find(payload["config_id"] or "")
    chat: JsonObject = world.state(EviState).chats.find_chat(payload["chat_id"]) or {}
    number = chat.get("config", {}).get("version")
    version = None if config is None or number is None else config.find_version(number)
    webhooks = [] if version is None else version.content["webhooks"]
    urls = [each["url"] for each in webhooks if payload["event_name"] in each["events"]]
    if not urls:
        raise api_error(NO_SUBSCRIBER, event_name=payload["event_name"])
    if len(urls) > 1:
        raise api_error(SEVERAL_SUBSCRIBERS, urls=", ".join(urls))
    url: str = urls[0]
    return url
