"""Chats for tests: a session on a clock that stands still, with all that came out of it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from emulator.apis.evi.chat.channel import ChatEvent, Output
from emulator.apis.evi.chat.config import ChatConfig, ToolSpec, read_config
from emulator.apis.evi.chat.messages import ClientMessage, ServerMessage, UserInput, server_message
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.session import Session
from emulator.apis.evi.chat_store import ChatStore
from emulator.clock import ManualClock
from emulator.ids import IdSource
from emulator.journal.journal import Journal
from emulator.jsontext import read, render

Json = dict[str, Any]

NOW = 1_700_000_000_000
WEATHER = ToolSpec(
    "get_weather",
    '{"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}',
)
_TIMEOUT_OFF = {"enabled": False, "duration_secs": 1}
PLAIN_CONTENT: Json = {
    "name": "",
    "evi_version": "3",
    "prompt": {"text": "Be kind."},
    "tools": [],
    "builtin_tools": [],
    "event_messages": {
        "on_new_chat": {"enabled": False, "text": ""},
        "on_inactivity_timeout": {"enabled": False, "text": ""},
        "on_max_duration_timeout": {"enabled": False, "text": ""},
    },
    "timeouts": {"inactivity": _TIMEOUT_OFF, "max_duration": _TIMEOUT_OFF},
    "nudges": {"enabled": False, "interval_secs": None},
    "ellm_model": {"allow_short_responses": False},
    "turn_detection": {
        "end_of_turn_silence_ms": 800,
        "speech_detection_threshold": 0.5,
        "prefix_padding_ms": 300,
    },
    "interruption": {"min_interruption_ms": 800},
    "webhooks": [],
}
PLAIN = read_config(PLAIN_CONTENT)


def config_with(**changes: Any) -> ChatConfig:
    """A plain config without any timeout but the longest, with these changes."""
    return replace(PLAIN, **changes)


class Chat:
    """A session, its clock and its store; `messages` and `told` are all that it sent."""

    def __init__(
        self,
        config: ChatConfig = PLAIN,
        script: Script | None = None,
        store: ChatStore | None = None,
        now_ms: int = NOW,
        random_seed: int = 1,
        most_added: int = 100_000,
        **request: Any,
    ) -> None:
        self.clock = ManualClock(now_ms)
        self.store = store or ChatStore()
        self.journal = Journal(self.clock, 1_000)
        self.session = Session(
            ChatRequest(config, script or Script(), most_added=most_added, **request),
            self.store,
            self.clock,
            IdSource(random_seed),
            self.journal,
        )
        self.messages: list[ServerMessage] = []
        self.told: list[ChatEvent] = []

    # what goes in; each returns the messages that came of it

    def start(self) -> list[ServerMessage]:
        return self.take(self.session.start())

    def send(self, message: ClientMessage) -> list[ServerMessage]:
        return self.take(self.session.receive(message))

    def type(self, text: str) -> list[ServerMessage]:
        return self.send(UserInput(text=text))

    def hear(self, text: str, lasted_ms: int = 0) -> list[ServerMessage]:
        return self.take(self.session.hear(text, None, lasted_ms))

    def hang_up(self) -> list[ServerMessage]:
        return self.take(self.session.hang_up())

    def end(self, status: str = "USER_ENDED", slug: str | None = None) -> list[ServerMessage]:
        return self.take(self.session.end(status, slug))

    def wait(self, ms: int) -> list[ServerMessage]:
        """Time passes, and the session is woken whenever it wants to be."""
        until_ms, messages = self.clock.now_ms() + ms, []
        while (due_ms := self.session.next_due_ms) is not None and due_ms <= until_ms:
            self.clock.move_to(due_ms)
            messages += self.take(self.session.tick())
        self.clock.move_to(until_ms)
        return messages

    def take(self, output: Output) -> list[ServerMessage]:
        messages = [
            server_message.validate_python(read(render(message))) for message in output.messages
        ]
        self.messages += messages
        self.told += output.events
        return messages

    # what REST shows of it

    @property
    def id(self) -> str:
        return self.session.chat_id

    @property
    def stored(self) -> Json:
        chat = self.store.find_chat(self.id)
        assert chat is not None
        return chat

    def events(self, *types: str) -> list[Json]:
        """Its events, or those of some types."""
        return [
            event
            for event in self.store.iter_events(self.id)
            if not types or event["type"] in types
        ]

    def event_texts(self, type: str) -> list[str]:
        return [event["message_text"] for event in self.events(type)]


def started(config: ChatConfig = PLAIN, script: Script | None = None, **more: Any) -> Chat:
    """A chat that has begun."""
    chat = Chat(config, script, **more)
    chat.start()
    return chat


def types(messages: Iterable[ServerMessage]) -> list[str]:
    """The types of messages in order; of audio, the first of a row stands for all."""
    found: list[str] = []
    for message in messages:
        if message.type != "audio_output" or found[-1:] != ["audio_output"]:
            found.append(message.type)
    return found


def of_type(messages: Iterable[ServerMessage], type: str) -> list[Any]:
    return [message for message in messages if message.type == type]


def said(messages: Iterable[ServerMessage]) -> list[str]:
    """What the assistant says in them."""
    return [message.message.content for message in of_type(messages, "assistant_message")]
