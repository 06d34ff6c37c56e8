"""Opens chats: finds their config and group, and connects their webhooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from emulator.api import Call
from emulator.apis.evi import webhooks as events
from emulator.apis.evi.chat import frames
from emulator.apis.evi.chat.channel import (
    ChatEnded,
    ChatEvent,
    ChatStarted,
    Output,
    ToolCalled,
    new_request_id,
)
from emulator.apis.evi.chat.config import ChatConfig, read_config
from emulator.apis.evi.chat.live import LiveChat, SendFrames
from emulator.apis.evi.chat.messages import SessionSettings, to_json
from emulator.apis.evi.chat.request import HISTORY_LIMIT, ChatRequest
from emulator.apis.evi.chat.script import Script, Speak
from emulator.apis.evi.chat.session import Session
from emulator.apis.evi.chat_voices import assistant_voice, user_voice
from emulator.apis.evi.ears.utterance import ears_source
from emulator.apis.evi.errors import (
    CHAT_ERRORS,
    CHAT_GROUP_NOT_FOUND,
    CONFIG_NOT_FOUND,
    TOO_MANY_EVENTS,
    VERSION_NOT_FOUND,
)
from emulator.apis.evi.model.source import ModelSource, brain_source, custom_source
from emulator.apis.evi.operations.configs import new_content, render_config
from emulator.apis.evi.state import EviState
from emulator.apis.evi.voice_caller import VoiceCaller
from emulator.apis.evi.webhooks import ChatFacts
from emulator.apis.evi.world_script import script_of
from emulator.audio.speakers import is_server
from emulator.clock import LaggingClock
from emulator.errors import ApiError, api_error
from emulator.jsontext import JsonObject
from emulator.pace import REALTIME, pace_of
from emulator.world.world import World


def find_config(
    world: World,
    config_id: str | None,
    config_version: int | None = None,
    group_id: str | None = None,
) -> ChatConfig:
    """Return the config of a new chat: the named one, else that of the group's newest chat.

    Without either, it is the default config. Raises ApiError (404) for what does not exist.
    """
    if group_id is not None:
        group = world.state(EviState).chats.find_group(group_id)
        if group is None:
            raise api_error(CHAT_GROUP_NOT_FOUND, id=group_id)
        if config_id is None and "most_recent_config" in group:
            latest = group["most_recent_config"]
            config_id, config_version = latest["id"], latest["version"]
    if config_id is None:
        return _default_config(world)
    resource = world.state(EviState).configs.find(config_id)
    if resource is None:
        raise api_error(CONFIG_NOT_FOUND, id=config_id)
    version = resource.latest
    if config_version is not None:
        found = resource.find_version(config_version)
        if found is None:
            known = ", ".join(str(each.number) for each in resource.versions)
            raise api_error(
                VERSION_NOT_FOUND,
                kind="Config",
                id=config_id,
                version=config_version,
                known=known,
            )
        version = found
    return read_config(render_config(world.state(EviState), resource, version, listed=False))


def _default_config(world: World) -> ChatConfig:
    """Return the config of a chat without one; such a chat needs no voice."""
    body, settings = {"evi_version": "3", "name": ""}, replace(world.settings, require_voice=False)
    return read_config(new_content(Call(world, settings, {}, body, ""), None))


@dataclass(frozen=True, slots=True)
class PhoneCaller:
    """Speaks to a chat by telephone: its number, and what webhooks tell of the call.

    `take_words` returns what the caller has said in a turn, or None if nobody has told.
    """

    number: str
    metadata: Mapping[str, str]
    take_words: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """The options of a client that opens a chat (docs/protocol.md#handshake).

    With a phone's `caller` it is never instant: what is said takes its time, since a telephone
    plays it while it comes.
    """

    config_id: str | None = None
    config_version: int | None = None
    resumed_chat_group_id: str | None = None
    settings: SessionSettings | None = None
    event_limit: int = HISTORY_LIMIT
    verbose_transcription: bool = False
    allow_connection: bool = False
    caller: PhoneCaller | None = None


def start_chat(world: World, options: ChatOptions, send: SendFrames) -> LiveChat:
    """Start a chat whose client is connected; `send` takes its frames.

    Raises ApiError (404) for a config, version or group that does not exist.
    """
    config_id, group_id = _lower(options.config_id), _lower(options.resumed_chat_group_id)
    pace, caller = pace_of(world.settings), options.caller
    config = find_config(world, config_id, options.config_version, group_id)
    script = script_of(world)
    request = ChatRequest(
        config=config,
        model=model_of(world, config, script),
        script=script,
        script_use=world.state(EviState).script_use,
        resumed_group_id=group_id,
        settings=options.settings,
        event_limit=options.event_limit,
        most_added=world.settings.max_filled_chars,
        pace=pace.stretch or (0 if caller is None else REALTIME),
        first_audio_ms=pace.first_audio_ms,
        jitter_ms=pace.jitter_ms,
        voiced=world.settings.audio_output,
        find_voice=assistant_voice(world, config.voice),
        user_voice=user_voice(world),
        inline_prosody=world.settings.prosody == "inline",
        verbose_transcription=options.verbose_transcription,
        transcribe=_Transcripts(world, caller),
        ears=ears_source(world.settings),
        survives_bad_audio=world.settings.transcription_failure == "continue",
        caller_number=None if caller is None else caller.number,
        twilio_metadata=None if caller is None else caller.metadata,
    )
    live = open_chat(world, request, allows_connection=options.allow_connection)
    live.join(send)
    try:
        live.start()
    except Exception:
        world.state(EviState).live.pop(live.session.chat_id, None)
        raise
    return live


class _Transcripts:
    """Returns transcripts for audio: a caller's own, the world's queued ones, the script user's."""

    def __init__(self, world: World, caller: PhoneCaller | None) -> None:
        self._world = world
        self._caller = caller
        self._spoken = world.state(EviState).script.spoken()

    def __call__(self) -> Speak | None:
        own = None if self._caller is None else self._caller.take_words()
        if own is not None:
            return Speak(own)
        if self._world.state(EviState).heard:
            return Speak(self._world.state(EviState).heard.popleft())
        return next(self._spoken, None)


def refuse_chat(world: World, error: ApiError) -> JsonObject:
    """Return the error frame of a chat that can't begin; the socket opens, sends it and closes."""
    of_group = error.body["code"] == CHAT_GROUP_NOT_FOUND.code
    kind = CHAT_ERRORS["chat_group_not_found" if of_group else "config_not_found"]
    message = kind.message.format(problem=error.body["message"])
    return frames.error(kind.code, kind.slug, message, new_request_id(world.ids), cause=message)


def _lower(id: str | None) -> str | None:
    return None if id is None else id.lower()


def open_chat(
    world: World, request: ChatRequest, lag_ms: int = 0, allows_connection: bool = False
) -> LiveChat:
    """Return a chat of a world that is ready to start `lag_ms` ago, and sends webhooks.

    Raises ApiError (429) if the world has as many events as it may have.
    """
    check_events(world)
    clock = LaggingClock(world.clock, lag_ms)
    chats, most_events = world.state(EviState).chats, world.settings.max_events
    session = Session(request, chats, clock, world.ids, world.journal)
    live = LiveChat(session, clock, world.timers, allows_connection)
    world.state(EviState).live[session.chat_id] = live

    def listen(output: Output) -> None:
        for event in output.events:
            _post(world, session, event)
            for watcher in world.state(EviState).watchers:
                watcher(session.chat_id, event)
        if session.is_over:
            world.state(EviState).live.pop(session.chat_id, None)
        elif chats.added_events >= most_events:
            live.fail(TOO_MANY_EVENTS.code, TOO_MANY_EVENTS.message.format(limit=most_events))

    live.listeners.append(listen)
    if request.model is not None:
        from emulator.apis.evi.model.caller import ModelCaller  # on aiohttp, which takes 0.2 s

        live.listeners.append(ModelCaller(world, live))
    if request.ears is not None:
        from emulator.apis.evi.ears.caller import EarsCaller  # on aiohttp, too

        live.listeners.append(EarsCaller(world, live))
    if is_server(world.settings.voice):
        live.listeners.append(VoiceCaller(world, live))
    return live


def check_events(world: World) -> None:
    """Raise ApiError (429) if no chat may begin, since the world is full of events."""
    limit = world.settings.max_events
    if world.state(EviState).chats.added_events >= limit:
        raise api_error(TOO_MANY_EVENTS, limit=limit)


def model_of(world: World, config: ChatConfig, script: Script) -> ModelSource | None:
    """Return the language model of a chat with this config: its own, or the world's brain."""
    if config.model is not None and config.model.url:
        options = script.model.over(world.state(EviState).model)
        return custom_source(world.settings, options, config.model.url, config.model.name)
    return brain_source(world.settings, config.temperature)


def _post(world: World, session: Session, event: ChatEvent) -> None:
    payload = _payload(session, event)
    for webhook in session.config.webhooks:
        if payload["event_name"] in webhook["events"]:
            world.outbox.post(payload, webhook["url"])


def _payload(session: Session, event: ChatEvent) -> JsonObject:
    facts = _facts(session)
    match event:
        case ChatStarted(start_ms, resumed):
            return events.chat_started(facts, start_ms, resumed)
        case ToolCalled(at_ms, call):
            return events.tool_call(facts, at_ms, to_json(call))
        case ChatEnded(start_ms, end_ms, status):
            return events.chat_ended(facts, start_ms, end_ms, status)


def _facts(session: Session) -> ChatFacts:
    request = session.request
    twilio: Mapping[str, str] | None = None
    if request.caller_number is not None:
        call_sid = f"CA{session.chat_id.replace('-', '')}"
        given = request.twilio_metadata or {}
        twilio = events.twilio_metadata(request.caller_number, given, call_sid)
    return ChatFacts(
        chat_id=session.chat_id,
        chat_group_id=session.chat_group_id,
        config_id=session.config.id,
        custom_session_id=session.settings.custom_session_id,
        caller_number=request.caller_number,
        twilio_metadata=twilio,
    )
