"""One chat as a state machine without I/O (PROTOCOL 6 to 8, 11 to 13).

Client messages and clock ticks go in; server messages and chat events come out. What happens is
stored as it happens, so an active chat can be read.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TypeAlias

from emulator.chat import improvised
from emulator.chat.assistant import Assistant, End, TurnStep
from emulator.chat.channel import Channel, ChatEnded, ChatStarted, Output
from emulator.chat.config import EventMessage
from emulator.chat.decoding import DecodeError
from emulator.chat.hearing import Sound, Speaking, TurnOver
from emulator.chat.history import History
from emulator.chat.messages import (
    AssistantInput,
    AudioInput,
    ChatMessage,
    ChatMetadata,
    ClientMessage,
    Inference,
    Interval,
    PauseAssistantMessage,
    Prosody,
    ResumeAssistantMessage,
    SessionSettings,
    ToolCall,
    ToolError,
    ToolResponse,
    UserInput,
    UserInterruption,
    UserMessage,
)
from emulator.chat.microphone import Interim, Microphone
from emulator.chat.prosody import USER_MOODS, sound_like
from emulator.chat.request import ChatRequest
from emulator.chat.script import Say, UseBuiltin, UserTurn
from emulator.chat.settings import SettingsInForce, as_recorded
from emulator.clock import Clock
from emulator.errors import CHAT_ERRORS, closest
from emulator.ids import IdSource
from emulator.jsontext import JsonObject
from emulator.store.chats import ChatStore
from emulator.store.journal import Journal

GRACE_MS = 15_000  # between the inactivity message and the end (PROTOCOL 7.2)

# When something is due (ms), what goes first of two due at one time, and what it does.
Due: TypeAlias = tuple[int, int, Callable[[], None]]


class Session:
    """A chat from its start to its end. After the end nothing changes any more."""

    def __init__(
        self,
        request: ChatRequest,
        store: ChatStore,
        clock: Clock,
        ids: IdSource,
        journal: Journal,
    ) -> None:
        self.request = request
        self.config = request.config
        self.chat_id = ids.uuid()
        self.chat_group_id = request.resumed_group_id or ids.uuid()
        self.status = "ACTIVE"
        self.start_ms = clock.now_ms()
        self.settings = SettingsInForce(request.config)
        self._store = store
        self._clock = clock
        self._channel = Channel(self.chat_id, self.settings, ids, journal)
        self._history = History(store, self.chat_id, clock, ids)
        self.assistant = Assistant(
            self.chat_id, request, self.settings, self._channel, self._history, clock, ids
        )
        self._user_turns = 0
        self._unanswered: UserTurn | None = None
        self._recording = False
        self._microphone = Microphone(request, self.settings)
        self._last_audio_ms = self.start_ms
        self._last_user_ms = self.start_ms
        self._nudge_from_ms = self.start_ms
        self._grace_until_ms: int | None = None
        self._closing = False

    # what drivers ask

    @property
    def is_over(self) -> bool:
        return self.status != "ACTIVE"

    @property
    def waits_for(self) -> ToolCall | None:
        """The tool call that must be answered before the assistant goes on."""
        return self.assistant.waits_for

    @property
    def next_due_ms(self) -> int | None:
        """When `tick` next has something to do; None after the end."""
        return None if self.is_over else min(self._due())[0]

    # what drivers do

    def start(self) -> Output:
        """The chat begins; chat_metadata is the first message."""
        self.start_ms = self._last_user_ms = self._nudge_from_ms = self._clock.now_ms()
        resumed = self.request.resumed_group_id is not None
        last_said = self._last_said() if resumed else None
        self._store.add_chat(self._document())
        if self.request.settings is not None:
            self.settings.apply(self.request.settings)
        self._channel.send(
            ChatMetadata(
                chat_id=self.chat_id,
                chat_group_id=self.chat_group_id,
                request_id=self._channel.request_id(),
            )
        )
        self._channel.tell(ChatStarted(self.start_ms, resumed))
        self._history.add("CHAT_START_MESSAGE")
        if self.request.settings is not None:
            self._record_settings(self.request.settings)
        self._history.add("SYSTEM_PROMPT", self.settings.prompt)
        self._note_unknown_tools()
        if self.config.on_new_chat.enabled:
            greeting = improvised.greeting(self.config.name, last_said)
            self._speak_up(self.config.on_new_chat, greeting)
        return self.tick()

    def receive(self, message: ClientMessage) -> Output:
        """A message of the client, or of somebody who speaks through the control plane."""
        if not self.is_over:
            if message.custom_session_id is not None:
                self.settings.custom_session_id = message.custom_session_id
            self._receive(message)
        return self.tick()

    def hear(self, text: str, mood: Mapping[str, float] | None, lasted_ms: int) -> Output:
        """The user has said something aloud, which took so long and ends now."""
        if not self.is_over:
            self._record()
            scores = sound_like(mood, USER_MOODS, self.chat_id, "user", self._user_turns)
            self._user_said(text, scores, lasted_ms)
        return self.tick()

    def hear_audio(self, data: bytes) -> Output:
        """Sound from the user's microphone, in whatever format the client sends."""
        if not self.is_over:
            self._record()
            self._last_audio_ms = self._clock.now_ms()
            self._listen(self._microphone.feed(data))
        return self.tick()

    def refuse_frame(self, slug: str, problem: str) -> Output:
        """A frame that is no message, or not allowed: the chat goes on."""
        if not self.is_over:
            self._channel.error(slug, problem=problem)
        return self.tick()

    def tick(self) -> Output:
        """Do all that is due by now, in the order in which it came due."""
        while not self.is_over:
            due_ms, _, act = min(self._due(), key=lambda due: due[:2])
            if due_ms > self._clock.now_ms():
                break
            act()
        return self._channel.take()

    def end(self, status: str, slug: str | None = None) -> Output:
        """The chat is over: its client has gone (USER_ENDED), or `slug` names the error."""
        if not self.is_over:
            self._end(End(status, slug))
        return self._channel.take()

    def hang_up(self) -> Output:
        """The assistant says goodbye and ends the chat."""
        if not self.is_over and not self._closing:
            self.assistant.add_turn([Say(improvised.GOODBYE), UseBuiltin("hang_up", {})], "event")
        return self.tick()

    def _receive(self, message: ClientMessage) -> None:
        match message:
            case UserInput():
                self._user_said(message.text, None, 0)
            case AssistantInput():
                if not self._closing:
                    self.assistant.add_turn([Say(message.text)], "input")
            case SessionSettings():
                self._change_settings(message)
            case ToolResponse() | ToolError():
                self.assistant.receive_result(message)
            case PauseAssistantMessage():
                self._pause()
            case ResumeAssistantMessage():
                self._resume()
            case AudioInput():
                self._receive_audio_input(message)

    # the start

    def _document(self) -> JsonObject:
        chat: JsonObject = {
            "id": self.chat_id,
            "chat_group_id": self.chat_group_id,
            "status": self.status,
            "start_timestamp": self.start_ms,
            "end_timestamp": None,
            "metadata": "",
        }
        if self.config.id is not None:  # left out rather than null, as the schema asks
            chat["config"] = {"id": self.config.id, "version": self.config.version}
        return chat

    def _last_said(self) -> str | None:
        """The user's last words in the group, as far back as the event limit lets one look."""
        events = self._store.newest_events(self.chat_group_id)
        for event in islice(events, self.request.event_limit):
            if event["type"] == "USER_MESSAGE":
                text: str = event["message_text"]
                return text
        return None

    def _note_unknown_tools(self) -> None:
        for name in dict.fromkeys(self.request.script.tool_names()):
            if name not in self.settings.tools:
                hint = closest(name, list(self.settings.tools))
                self._channel.note(
                    f"the script calls {name!r}, a tool that the config lacks{hint}",
                    "script_tool_unknown",
                )

    # time

    def _due(self) -> list[Due]:
        """Everything that is to happen at a time."""
        due: list[Due] = []
        if self.assistant.due_ms is not None:
            due.append((self.assistant.due_ms, 0, self._take_step))
        if self._microphone.is_hearing:
            silence_ms = self.config.turn_detection.end_of_turn_silence_ms
            due.append((self._last_audio_ms + silence_ms, 4, self._audio_stopped))
        if not self._closing:
            due.append((self.start_ms + self.config.max_duration_ms, 3, self._max_duration_over))
            if not self.request.user_is_present:
                due += self._silences()
        return due

    def _silences(self) -> Iterator[Due]:
        if self._grace_until_ms is not None:
            yield self._grace_until_ms, 2, self._inactivity_over
        elif self.config.inactivity_ms is not None:
            yield self._last_user_ms + self.config.inactivity_ms, 2, self._inactive
        if self.config.nudge_ms is not None and self._is_quiet():
            since_ms = max(self._nudge_from_ms, self.assistant.quiet_since_ms)
            yield since_ms + self.config.nudge_ms, 1, self._nudge

    def _is_quiet(self) -> bool:
        idle = not self.assistant.is_busy and not self.assistant.paused
        return idle and self._grace_until_ms is None

    def _take_step(self) -> None:
        end = self.assistant.take_step()
        if end is not None:
            self._end(end)

    def _nudge(self) -> None:
        self._nudge_from_ms = self._clock.now_ms()
        self.assistant.add_turn([Say(improvised.NUDGE)], "event")

    def _inactive(self) -> None:
        if not self.config.on_inactivity_timeout.enabled:
            self._inactivity_over()
            return
        self._grace_until_ms = self._clock.now_ms() + GRACE_MS
        self.assistant.drop()
        self._speak_up(self.config.on_inactivity_timeout, improvised.INACTIVITY)

    def _inactivity_over(self) -> None:
        seconds = (self.config.inactivity_ms or 0) // 1000
        self._end(End("INACTIVITY_TIMEOUT", "inactivity_timeout", seconds))

    def _max_duration_over(self) -> None:
        seconds = self.config.max_duration_ms // 1000
        end = End("MAX_DURATION_TIMEOUT", "max_duration_timeout", seconds)
        if not self.config.on_max_duration_timeout.enabled:
            self._end(end)
            return
        self._closing = True
        self.assistant.drop()
        self._speak_up(self.config.on_max_duration_timeout, improvised.MAX_DURATION, end)

    def _speak_up(self, message: EventMessage, improvised_text: str, *then: TurnStep) -> None:
        self.assistant.add_turn([Say(message.text or improvised_text), *then], "event")

    # the user

    def _user_said(self, text: str, scores: Mapping[str, float] | None, lasted_ms: int) -> None:
        if self._closing:
            return  # the assistant is saying goodbye
        self._interrupt()
        now_ms = self._clock.now_ms()
        interval = self._send_user_message(text, scores, lasted_ms, interim=False)
        self._history.user_message(text, scores, interval.begin, interval.end)
        self._last_user_ms = self._nudge_from_ms = now_ms
        self._grace_until_ms = None
        self._user_turns += 1
        turn = UserTurn(self._user_turns, text)
        if self.assistant.paused:
            self._unanswered = turn
        else:
            self.assistant.answer(turn)

    def _send_user_message(
        self,
        text: str,
        scores: Mapping[str, float] | None,
        lasted_ms: int,
        interim: bool,
    ) -> Interval:
        end_ms = self._clock.now_ms() - self.start_ms
        interval = Interval(begin=max(0, end_ms - lasted_ms), end=end_ms)
        prosody = None if scores is None else Prosody(scores=dict(scores))
        self._channel.send(
            UserMessage(
                message=ChatMessage(role="user", content=text),
                models=Inference(prosody=prosody),
                time=interval,
                from_text=scores is None,
                interim=interim,
            )
        )
        return interval

    def _interrupt(self) -> None:
        """The user speaks while the assistant is still at it, or held."""
        if self.assistant.is_busy and not self.assistant.paused:
            self._channel.send(UserInterruption(time=self._clock.now_ms()))
            self._history.add("USER_INTERRUPTION")
        self.assistant.drop(keep="input" if self.assistant.paused else None)

    def _receive_audio_input(self, message: AudioInput) -> None:
        try:
            data = b64decode(message.data, validate=True)
        except ValueError as error:
            self._channel.error("payload_parse", problem=f"data is no base64: {error}")
            return
        self._record()
        self._last_audio_ms = self._clock.now_ms()
        self._listen(self._microphone.feed(data))

    def _listen(self, sounds: Iterator[Sound | Interim]) -> None:
        """What the microphone makes of the sound."""
        try:
            for sound in sounds:
                self._hear_sound(sound)
        except DecodeError as error:
            self._microphone.is_deaf = True
            if CHAT_ERRORS[error.slug].ends:
                self._end(End("ERROR", error.slug))
            else:
                self._channel.error(error.slug, problem=str(error))

    def _hear_sound(self, sound: Sound | Interim) -> None:
        match sound:
            case Speaking(spoken_ms):
                if spoken_ms >= self.config.min_interruption_ms and not self._closing:
                    self._interrupt()
            case Interim(text, spoken_ms):
                scores = sound_like(None, USER_MOODS, self.chat_id, "user", self._user_turns)
                self._send_user_message(text, scores, spoken_ms, interim=True)
            case TurnOver():
                speak = self._microphone.transcript()
                scores = sound_like(speak.mood, USER_MOODS, self.chat_id, "user", self._user_turns)
                self._user_said(speak.text, scores, sound.end_ms - sound.begin_ms)

    def _audio_stopped(self) -> None:
        """The client sends no more sound: what was said is complete."""
        self._listen(self._microphone.stop())

    def _record(self) -> None:
        if not self._recording:
            self._recording = True
            self._history.add("USER_RECORDING_START_MESSAGE")

    def _pause(self) -> None:
        if not self.assistant.paused:
            self.assistant.paused = True
            self._history.add("PAUSE_ONSET")

    def _resume(self) -> None:
        """One answer, to the latest user message; a turn that was held goes on."""
        if not self.assistant.paused:
            return
        self.assistant.paused = False
        self._history.add("RESUME_ONSET")
        self._nudge_from_ms = self._clock.now_ms()
        if self._unanswered is not None:
            turn, self._unanswered = self._unanswered, None
            self.assistant.answer(turn)

    def _change_settings(self, message: SessionSettings) -> None:
        before = self.settings.prompt
        self.settings.apply(message)
        self._record_settings(message)
        if self.settings.prompt != before:
            self._history.add("SYSTEM_PROMPT", self.settings.prompt)

    def _record_settings(self, message: SessionSettings) -> None:
        self._history.add("SESSION_SETTINGS", as_recorded(message))
        if message.metadata is not None:
            self._store.set_metadata(self.chat_id, json.dumps(message.metadata))

    # the end

    def _end(self, end: End) -> None:
        if end.slug is not None:
            self._channel.error(end.slug, seconds=end.seconds)
        self.assistant.drop()
        end_ms = self._clock.now_ms()
        self._history.add("CHAT_END_MESSAGE")
        self.status = end.status
        self._store.end_chat(self.chat_id, end.status, end_ms)
        self._channel.tell(ChatEnded(self.start_ms, end_ms, end.status))
