"""One chat as a state machine without I/O (docs/protocol.md).

Client messages and clock ticks go in; server messages and chat events come out. Each event is
stored as it happens, so a live chat can be read.
"""

import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TypeAlias

from emulator.apis.evi.chat import frames, improvised
from emulator.apis.evi.chat.assistant import Assistant
from emulator.apis.evi.chat.channel import Channel, ChatEnded, ChatStarted, Output
from emulator.apis.evi.chat.config import EventMessage
from emulator.apis.evi.chat.filling import TextTooLong
from emulator.apis.evi.chat.history import History
from emulator.apis.evi.chat.messages import (
    AssistantInput,
    AudioInput,
    ClientMessage,
    PauseAssistantMessage,
    ResumeAssistantMessage,
    SessionSettings,
    ToolCall,
    ToolError,
    ToolResponse,
    UserInput,
)
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.script import Say, UseBuiltin
from emulator.apis.evi.chat.settings import EffectiveSettings, as_recorded
from emulator.apis.evi.chat.turns import AskModel, End, TurnStep
from emulator.apis.evi.chat.user import User
from emulator.apis.evi.chat_store import ChatStore
from emulator.apis.evi.ears.utterance import Hearing
from emulator.apis.evi.model.question import GREETING_REQUEST
from emulator.apis.evi.model.replies import Reply
from emulator.clock import Clock
from emulator.errors import closest
from emulator.ids import IdSource
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject

MOST_EVENTS = 1_000_000  # of a resumed group that are searched
GRACE_MS = 15_000  # between the inactivity message and the end (docs/protocol.md#timeouts)

# When something is due (ms), its rank among things due at one time, and what it does. A step of the
# assistant comes before all of them.
Due: TypeAlias = tuple[int, int, Callable[[], object]]
_NEVER: Due = (2**63, 5, lambda: None)


class Session:
    """A chat from its start to its end. After the end nothing changes."""

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
        self.settings = EffectiveSettings(request.config, request.most_added)
        self._store = store
        self._clock = clock
        self._channel = Channel(self.chat_id, self.settings, ids, journal)
        self._history = History(store, self.chat_id, clock, ids)
        self.assistant = Assistant(
            self.chat_id, request, self.settings, self._channel, self._history, clock, ids
        )
        self._user = User(
            self.chat_id,
            request,
            self.settings,
            self._channel,
            self._history,
            self.assistant,
            clock,
            ids,
        )
        self._prompt: str | None = None  # the last one recorded
        self._nudge_from_ms = self.start_ms
        self._grace_until_ms: int | None = (
            None  # set while the inactivity message waits for an answer
        )

    # questions of drivers

    @property
    def is_over(self) -> bool:
        return self.status != "ACTIVE"

    @property
    def waits_for(self) -> ToolCall | None:
        """Return the tool call that must be answered before the assistant goes on."""
        return self.assistant.waits_for

    @property
    def next_due_ms(self) -> int | None:
        """Return when `tick` next has something to do; None after the end."""
        if self.is_over:
            return None
        step_ms, other_ms = self.assistant.due_ms, self._next_otherwise()[0]
        return other_ms if step_ms is None else min(step_ms, other_ms)

    # inputs from drivers

    def start(self) -> Output:
        """Start the chat; chat_metadata is the first message."""
        self.start_ms = self._nudge_from_ms = self._clock.now_ms()
        self._user.begin(self.start_ms)
        resumed = self.request.resumed_group_id is not None
        last_said = self._last_said() if resumed else None
        self._store.add_chat(self._document())
        if self.request.settings is not None:
            self.settings.apply(self.request.settings)
        self._channel.send(
            frames.chat_metadata(self.chat_id, self.chat_group_id, self._channel.request_id())
        )
        self._channel.tell(ChatStarted(self.start_ms, resumed))
        self._history.add("CHAT_START_MESSAGE")
        if self.request.settings is not None:
            self._record_settings(self.request.settings)
        self._record_prompt()
        self._note_mistakes()
        self._note_unnamed_model()
        if self.config.on_new_chat.enabled:
            self._greet(last_said)
        return self.tick()

    def receive(self, message: ClientMessage) -> Output:
        """Take a message from the client, or from somebody on the control plane."""
        if not self.is_over:
            if message.custom_session_id is not None:
                self.settings.custom_session_id = message.custom_session_id
                self.settings.session_id_was_sent = True
            self._receive(message)
        return self.tick()

    def hear(self, text: str, mood: Mapping[str, float] | None, lasted_ms: int) -> Output:
        """Take something that the user said aloud, which took `lasted_ms` and ends now."""
        if not self.is_over:
            self._user.speak(text, mood, lasted_ms)
        return self.tick()

    def hear_audio(self, data: bytes) -> Output:
        """Take sound from the user's microphone, in whatever format the client sends."""
        if not self.is_over:
            self._end_if(self._user.hear(data))
        return self.tick()

    def hear_model(self, question_id: str, reply: Reply) -> Output:
        """Take a piece of what the language model says."""
        if not self.is_over:
            self._end_if(self.assistant.hear_model(question_id, reply))
            if self.assistant.is_thinking:
                return self._channel.take()  # in the middle of a sentence there is nothing to do
        return self.tick()

    def understand(self, utterance_id: str, hearing: Hearing) -> Output:
        """Take the words of something that the user said, as the ears understood it."""
        if not self.is_over:
            self._end_if(self._user.understand(utterance_id, hearing))
        return self.tick()

    def hear_voice(self, sound_id: str) -> Output:
        """Take note that the sound of a sentence has been made, or could not be."""
        if not self.is_over:
            self.assistant.hear_voice(sound_id)
        return self.tick()

    def new_error(self, slug: str, problem: str) -> JsonObject:
        """Make an error frame for the sender of a bad frame; the chat goes on."""
        return self._channel.new_error(slug, problem=problem)

    def tick(self) -> Output:
        """Do everything that is due by now, in the order in which it came due."""
        now_ms, other = self._clock.now_ms(), self._next_otherwise()
        while not self.is_over:
            due_ms, _, act = other
            step_ms = self.assistant.due_ms
            if step_ms is not None and step_ms <= due_ms:
                due_ms, act = step_ms, self._take_step
            if due_ms > now_ms and due_ms > (now_ms := self._clock.now_ms()):
                break
            act()
            if act is other[2]:  # a step makes nothing else due earlier
                other = self._next_otherwise()
        return self._channel.take()

    def end(self, status: str, slug: str | None = None) -> Output:
        """End the chat: its client is gone (USER_ENDED), or `slug` names the error."""
        if not self.is_over:
            self._end(End(status, slug))
        return self._channel.take()

    def fail(self, slug: str, message: str | None = None) -> Output:
        """Send an error of CHAT_ERRORS; many of them end the chat."""
        if not self.is_over:
            self._end_if(self.assistant.fail(slug, message))
        return self.tick()

    def hang_up(self) -> Output:
        """Say goodbye as the assistant, and end the chat."""
        if not self.is_over and not self._user.is_ignored:
            self._user.is_ignored = True
            self.assistant.drop()
            self.assistant.add_turn([Say(improvised.GOODBYE), UseBuiltin("hang_up", {})], "event")
        return self.tick()

    def _receive(self, message: ClientMessage) -> None:
        match message:
            case UserInput():
                self._user.type(message.text)
            case AssistantInput():
                if not self._user.is_ignored:
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
                self._end_if(self._user.hear_base64(message.data))

    # the start

    def _greet(self, last_said: str | None) -> None:
        """Say the config's greeting; without one, the model or the assistant itself finds words."""
        message = self.config.on_new_chat
        if message.text or self.assistant.questions is None:
            self._speak_up(message, improvised.greeting(self.config.name, last_said))
        else:
            self.assistant.add_turn([AskModel(0, GREETING_REQUEST)], "event")

    def _document(self) -> JsonObject:
        chat: JsonObject = {
            "id": self.chat_id,
            "chat_group_id": self.chat_group_id,
            "status": self.status,
            "start_timestamp": self.start_ms,
            "end_timestamp": None,
            "metadata": "",
        }
        if self.config.id is not None:  # left out, since the schema does not allow null
            chat["config"] = {"id": self.config.id, "version": self.config.version}
        return chat

    def _last_said(self) -> str | None:
        """Return the user's last words in the group, within the event limit."""
        events = self._store.newest_events(self.chat_group_id)
        limit = self.request.event_limit
        settings = self.request.settings
        if settings is not None and settings.event_limit is not None:
            limit = min(limit, settings.event_limit)
        for event in islice(events, min(limit, MOST_EVENTS)):
            if event["type"] == "USER_MESSAGE":
                text: str = event["message_text"]
                return text
        return None

    def _note_mistakes(self) -> None:
        """Note mistakes of the script that only a chat with its config reveals."""
        for number, rule in enumerate(self.request.script.rules):
            if not rule.steps:
                self._channel.note(f"rule {number} ({rule}) has no answer", "script_rule_empty")
        for name in dict.fromkeys(self.request.script.tool_names()):
            if name not in self.settings.tools:
                self._channel.note(self._unknown_tool(name), "script_tool_unknown")

    def _unknown_tool(self, name: str) -> str:
        """Say that the script calls a tool that the chat lacks, and what to do."""
        hint = closest(name, list(self.settings.tools))
        if self.config.id is None:
            return (
                f"the script calls {name!r}, a tool that the chat lacks{hint}: the client named no "
                "config; connect with the config_id of a config that has the tool"
            )
        return (
            f"the script calls {name!r}, a tool that the config lacks{hint}; add it to the config"
        )

    def _note_unnamed_model(self) -> None:
        """Tell the client and the journal of a custom language model without a URL."""
        model = self.config.model
        if model is not None and not model.url and self.request.model is None:
            message = (
                "Custom language model was not called: the config's language_model has no URL in "
                "model_resource, so the emulator's own assistant answers."
            )
            self._channel.error("custom_language_model_error", message)

    # time

    def _take_step(self) -> None:
        self._end_if(self.assistant.take_step())

    def _next_otherwise(self) -> Due:
        """Return the next thing that is due besides the assistant's steps."""
        due = [_NEVER]
        audio_over_ms = self._user.audio_over_ms
        if audio_over_ms is not None:
            due.append((audio_over_ms, 4, self._user.stop_hearing))
        if not self._user.is_ignored:
            due.append((self.start_ms + self.config.max_duration_ms, 3, self._max_duration_over))
            is_silent = audio_over_ms is None and not self._user.is_awaited
            if is_silent and not self.request.user_is_present:
                self._add_silences(due)
        return min(due)

    def _add_silences(self, due: list[Due]) -> None:
        if self._grace_is_on:
            assert self._grace_until_ms is not None
            due.append((self._grace_until_ms, 2, self._inactivity_over))
        elif self.config.inactivity_ms is not None:
            due.append((self._user.last_ms + self.config.inactivity_ms, 2, self._inactive))
        if self.config.nudge_ms is not None and self._is_quiet():
            since_ms = max(self._nudge_from_ms, self._user.last_ms, self.assistant.quiet_since_ms)
            due.append((since_ms + self.config.nudge_ms, 1, self._nudge))

    def _is_quiet(self) -> bool:
        idle = not self.assistant.is_busy and not self.assistant.paused
        return idle and not self._grace_is_on

    @property
    def _grace_is_on(self) -> bool:
        """True if the user has not answered since the inactivity message."""
        grace = self._grace_until_ms
        return grace is not None and self._user.last_ms < grace - GRACE_MS

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
        self._user.is_ignored = True
        self.assistant.drop()
        self._speak_up(self.config.on_max_duration_timeout, improvised.MAX_DURATION, end)

    def _speak_up(self, message: EventMessage, improvised_text: str, *then: TurnStep) -> None:
        """Say an event message of the config, with its variables filled in."""
        self.assistant.warn_of_missing(self.settings.missing_in(message.text), "An event message")
        text = self._filled(message.text) or improvised_text
        self.assistant.add_turn([Say(text), *then], "event")

    def _filled(self, text: str) -> str:
        """Return an event message with its variables; if too long, '' after an error frame."""
        try:
            return self.settings.fill_variables(text)
        except TextTooLong as error:
            self._channel.error("text_too_long", problem=f"an event message: {error}")
            return ""

    # settings, pause and resume

    def _pause(self) -> None:
        if not self.assistant.paused:
            self.assistant.paused = True
            self._history.add("PAUSE_ONSET")

    def _resume(self) -> None:
        """Answer the latest user message; a turn that was held continues."""
        if not self.assistant.paused:
            return
        self.assistant.paused = False
        self._history.add("RESUME_ONSET")
        self._nudge_from_ms = self._clock.now_ms()
        turn = self._user.take_unanswered()
        if turn is not None:
            self.assistant.answer(turn)

    def _change_settings(self, message: SessionSettings) -> None:
        self.settings.apply(message)
        self._record_settings(message)
        self._record_prompt()

    def _record_prompt(self) -> None:
        """Record the system prompt as an event whenever it has changed."""
        try:
            prompt = self.settings.prompt
        except TextTooLong as error:
            self._channel.error("text_too_long", problem=f"the system prompt: {error}")
        else:
            if prompt != self._prompt:
                self._history.add("SYSTEM_PROMPT", prompt)
            self._prompt = prompt

    def _record_settings(self, message: SessionSettings) -> None:
        self._history.add("SESSION_SETTINGS", as_recorded(message))
        if message.metadata is not None:
            self._store.set_metadata(self.chat_id, json.dumps(message.metadata))

    # the end

    def _end_if(self, end: End | None) -> None:
        if end is not None:
            self._end(end)

    def _end(self, end: End) -> None:
        if end.slug is not None:
            self._channel.error(end.slug, end.message, end.cause, seconds=end.seconds)
        self.assistant.end()
        self._user.end()
        end_ms = self._clock.now_ms()
        self._history.add("CHAT_END_MESSAGE")
        self.status = end.status
        self._store.end_chat(self.chat_id, end.status, end_ms)
        self._channel.tell(ChatEnded(self.start_ms, end_ms, end.status))
