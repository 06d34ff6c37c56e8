"""Whose voices a chat has: the user's, and the assistant's, which its config names."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from emulator.apis.evi.state import EviState
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.voice_store import CUSTOM_VOICE, HUME_AI
from emulator.audio.live_voices import (
    ASSISTANT_TONES,
    USER_TONES,
    LiveVoice,
    SpokenVoice,
    VoiceWithSounds,
)
from emulator.audio.served import ServedSpeaker, ServedVoice
from emulator.audio.sound import Speaker
from emulator.audio.speakers import is_server
from emulator.audio.timbre import read_timbre, timbre_of
from emulator.audio.tones import Speech
from emulator.jsontext import JsonObject
from emulator.world.voice import voice_of
from emulator.world.world import World

# Returns the assistant's voice; the session settings may name it, by its id or its name.
FindVoice: TypeAlias = Callable[[str | None], LiveVoice]

_TONES = "tones"
_USER = timbre_of("user", "Male")


def user_voice(world: World) -> LiveVoice:
    """Return the voice of every user; a server speaks for the assistant alone."""
    if world.settings.voice == _TONES or is_server(world.settings.voice):
        return USER_TONES
    return SpokenVoice(voice_of(world), _USER)


def assistant_voice(world: World, of_config: JsonObject | None) -> FindVoice:
    """Return what finds the assistant's voice: by default the one that its config shows."""
    if world.settings.voice == _TONES:
        return partial(_in_tones, world)
    return partial(_spoken, world, voice_of(world), of_config)


def simulated_voice(world: World, of_config: JsonObject | None) -> FindVoice:
    """Return the same for a chat that is simulated: no server is asked, and tones say how long."""
    if is_server(world.settings.voice):
        return partial(_in_tones, world)
    return assistant_voice(world, of_config)


def _in_tones(world: World, named: str | None) -> LiveVoice:
    return _with_sounds(world.state(VoicesState), ASSISTANT_TONES)


def _with_sounds(state: VoicesState, voice: LiveVoice) -> LiveVoice:
    return VoiceWithSounds(voice, state.sounds, _USER) if state.has_sounds else voice


def _spoken(
    world: World, speaker: Speaker, of_config: JsonObject | None, named: str | None
) -> LiveVoice:
    state = world.state(VoicesState)
    voice = _named(state, named) or of_config or state.voices.default
    timbre = replace(read_timbre(state.timbre(voice)), name=voice.get("name") or "")
    if isinstance(speaker, ServedSpeaker):
        return _with_sounds(state, ServedVoice(speaker, timbre))
    return _with_sounds(state, SpokenVoice(speaker, timbre))


def _named(state: VoicesState, named: str | None) -> JsonObject | None:
    """Return the voice with this id or name, or one that only the service knows."""
    if not named:
        return None
    voices = state.voices
    return (
        voices.find(named)
        or voices.find_name(HUME_AI, named)
        or voices.find_name(CUSTOM_VOICE, named)
        or {"id": named}
    )


def said_in(world: World, chat: JsonObject) -> Iterator[Speech]:
    """Yield all that was said in a chat that has ended."""
    user, find_assistant = user_voice(world), assistant_voice(world, _voice_of(world, chat))
    assistant = find_assistant(None)
    for event in world.state(EviState).chats.iter_events(chat["id"]):
        text, begin_ms = event["message_text"], event["timestamp"] - chat["start_timestamp"]
        if event["type"] == "SESSION_SETTINGS" and '"voice_id"' in text:
            named = json.loads(text).get("voice_id")
            assistant = find_assistant(named) if named else assistant
        elif event["type"] == "USER_MESSAGE":
            yield user.utterance(text, begin_ms)
        elif event["type"] == "AGENT_MESSAGE":
            yield assistant.utterance(text, begin_ms)


def _voice_of(world: World, chat: JsonObject) -> JsonObject | None:
    """Return the voice of a chat's config, or None if the config is gone."""
    config = chat.get("config", {})
    found = world.state(EviState).configs.find(config.get("id", ""))
    version = None if found is None else found.find_version(config.get("version", 0))
    voice: JsonObject | None = None if version is None else version.content["voice"]
    return voice
