"""A chat keeps its promises, whatever its client sends and however time passes."""

import json
import os
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from emulator.apis.evi.chat.config import ChatConfig, EventMessage, ToolSpec
from emulator.apis.evi.chat.messages import (
    AssistantInput,
    AudioInput,
    ClientMessage,
    Context,
    PauseAssistantMessage,
    ResumeAssistantMessage,
    ServerMessage,
    SessionSettings,
    Tool,
    ToolError,
    ToolResponse,
    server_message,
    to_json,
)
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat_store import CHAT_STATUSES, EVENT_ROLES
from tests.apis.evi.chat.chats import Chat, config_with

settings.register_profile(
    "session",
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "session-ci", settings.get_profile("session"), derandomize=True, database=None
)
PROFILE = settings.get_profile("session-ci" if os.environ.get("CI") else "session")

texts = st.one_of(
    st.sampled_from(
        (
            "",
            " ",
            "Hello!",
            "lookup",
            "get weather 42",
            "bye",
            "nothing \0",
            "search the web",
            "It failed. Again. And again!",
            "{tool_result} {user_text} {{name}}",
            "Ünïcödé 🚲 " * 100,
        )
    ),
    st.text(max_size=40),
)
event_messages = st.builds(
    EventMessage, st.booleans(), st.sampled_from(("", "One.", "Well. Well, well."))
)
tools = st.sampled_from(
    (
        {},
        {"lookup": ToolSpec("lookup", "{}")},
        {
            "lookup": ToolSpec("lookup", "{}", "nothing"),
            "get_weather": ToolSpec(
                "get_weather", '{"properties": {"n": {"type": "integer"}, "s": {}}}'
            ),
        },
    )
)
configs = st.builds(
    config_with,
    prompt=st.sampled_from(("Be kind.", "Greet {{name}}.")),
    tools=tools,
    builtin_tools=st.sampled_from(({}, {"web_search": "no luck", "hang_up": None})),
    on_new_chat=event_messages,
    on_inactivity_timeout=event_messages,
    on_max_duration_timeout=event_messages,
    inactivity_ms=st.sampled_from((None, 1_000, 30_000, 120_000)),
    max_duration_ms=st.sampled_from((30_000, 90_000, 1_800_000)),
    nudge_ms=st.sampled_from((None, None, 1_000, 15_000)),
    allow_short_responses=st.booleans(),
)


def a_script(number: int) -> Script:
    """One of some scripts: none, a long one, a strict one that is used up, one that breaks."""
    script = Script(strict=number in (2, 3))
    if number == 1:
        script.on_user("lookup").say("Wait.").call_tool("lookup", {"q": "{user_text}"}).say(
            "{tool_result.a.0} or {tool_result}."
        )
        script.on_user("weather").say("One. Two. Three.").pause("3s").say("Four.", "Joy")
        script.on_user(re.compile("search")).use_builtin(
            "web_search", {"query": "x"}, error="broken"
        ).say("{tool_result}")
        script.on_turn(3).error("E0712").say("Back.")
    if number == 2:
        script.on_anything(times=1).say("One. Two.").call_tool("lookup")
        script.on_user("bye", times=1).hang_up()
    if number == 4:
        script.on_turn(4).say("Oh no.").error("uncaught")
        script.on_user("Hello", times=2).pause("10s").hang_up()
    return script


class SessionMachine(RuleBasedStateMachine):
    """Each step is something that a client, or time, does; after each, everything must agree."""

    def __init__(self) -> None:
        super().__init__()
        self.checked = 0  # messages that were looked at
        self.sentences = 0  # of the turn under way
        self.last_id = ""
        self.audio_index = 0
        self.is_input = False  # the turn under way is an assistant_input
        self.frozen: Any = None  # what was there at the end

    @initialize(
        config=configs,
        script=st.integers(0, 4),
        pace=st.sampled_from((0, 1, 0.1)),
        voiced=st.booleans(),
        greeted=st.booleans(),
    )
    def begin(
        self, config: ChatConfig, script: int, pace: float, voiced: bool, greeted: bool
    ) -> None:
        settings = SessionSettings(custom_session_id="mine") if greeted else None
        self.chat = Chat(config, a_script(script), pace=pace, voiced=voiced, settings=settings)
        self.chat.start()

    # what clients do

    @rule(text=texts)
    def type(self, text: str) -> None:
        self.chat.type(text)

    @rule(text=texts, lasted_ms=st.integers(0, 5_000))
    def speak(self, text: str, lasted_ms: int) -> None:
        self.chat.hear(text, lasted_ms)

    @rule(text=texts)
    def put_words_into_its_mouth(self, text: str) -> None:
        self.chat.send(AssistantInput(text=text))

    @rule(
        message=st.sampled_from(
            (
                PauseAssistantMessage(),
                PauseAssistantMessage(),
                ResumeAssistantMessage(),
                ResumeAssistantMessage(),
                AudioInput(data=""),
                ToolResponse(tool_call_id="", content="x"),
                ToolError(tool_call_id="call_0", error="x"),
                SessionSettings(),
                SessionSettings(metadata={"a": 1}, custom_session_id="other"),
                SessionSettings(variables={"name": 1.5}, system_prompt="{{name}} {{more}}"),
                SessionSettings(context=Context(text="cats")),
                SessionSettings(context=Context(text="dogs", type="persistent")),
                SessionSettings(context=None),
                SessionSettings(tools=[Tool(type="function", name="bye", parameters="?")]),
            )
        )
    )
    def send(self, message: ClientMessage) -> None:
        self.chat.send(message)

    @precondition(lambda self: self.chat.session.waits_for is not None)
    @rule(content=texts | st.just('{"a": ["b"]}'), fails=st.booleans(), twice=st.booleans())
    def answer_the_tool(self, content: str, fails: bool, twice: bool) -> None:
        call = self.chat.session.waits_for
        assert call is not None
        answer = (
            ToolError(tool_call_id=call.tool_call_id, error="e", content=content or None)
            if fails
            else ToolResponse(tool_call_id=call.tool_call_id, content=content)
        )
        for _ in range(1 + twice):
            self.chat.send(answer)

    # what else happens

    @rule(ms=st.sampled_from((0, 1, 100, 700, 700, 2_000, 20_000)))
    def wait(self, ms: int) -> None:
        self.chat.wait(ms)

    @rule(ms=st.sampled_from((1, 1_000, 40_000)))
    def oversleep(self, ms: int) -> None:
        """Time passes, and nobody wakes the session in between."""
        self.chat.clock.advance(ms)
        self.chat.take(self.chat.session.tick())

    @precondition(lambda self: len(self.chat.messages) > 20)
    @rule(how=st.sampled_from(("client", "error", "hang_up")))
    def end(self, how: str) -> None:
        if how == "hang_up":
            self.chat.hang_up()
        elif how == "error":
            self.chat.end("ERROR", "uncaught")
        else:
            self.chat.end()

    # what must hold

    @invariant()
    def messages_follow_the_protocol(self) -> None:
        """Metadata first and once; sentences, their audio and scores; each turn has one end."""
        new = self.chat.messages[self.checked :]
        self.checked = len(self.chat.messages)
        assert self.chat.messages[0].type == "chat_metadata"
        for position, message in enumerate(new):
            previous = self.chat.messages[self.checked - len(new) + position - 1]
            self.check(message, previous)
        if not self.chat.session.is_over and not self.chat.session.assistant.is_busy:
            assert self.sentences == 0, "a turn is over without assistant_end"

    def check(self, message: ServerMessage, previous: ServerMessage) -> None:
        assert server_message.validate_python(to_json(message)).type == message.type
        match message.type:
            case "chat_metadata":
                assert message is self.chat.messages[0]
            case "assistant_message":
                self.sentences += 1
                self.last_id, self.audio_index = message.id, 0
                self.is_input = message.from_text
            case "audio_output":
                assert (message.id, message.index) == (self.last_id, self.audio_index)
                self.audio_index += 1
            case "assistant_prosody":
                assert message.id == self.last_id
            case "assistant_end":
                assert self.sentences > 0, "an assistant_end for a turn without a sentence"
                self.sentences = 0
            case "user_message":
                assistant = self.chat.session.assistant
                held = assistant.paused
                assert self.sentences == 0 or held or previous.type == "user_interruption"
                if not (held and self.is_input and assistant.is_busy):
                    self.sentences = 0  # the turn under way is dropped

    @invariant()
    def history_is_what_was_sent(self) -> None:
        """Each event has its message, in the same order."""
        events = self.chat.events()
        sent = self.chat.messages
        assert [event["message_text"] for event in events if event["type"] == "USER_MESSAGE"] == [
            message.message.content for message in sent if message.type == "user_message"
        ]
        assert [
            (event["id"].replace("-", ""), event["message_text"])
            for event in events
            if event["type"] == "AGENT_MESSAGE"
        ] == [
            (message.id, message.message.content)
            for message in sent
            if message.type == "assistant_message"
        ]
        assert [
            event["related_event_id"].replace("-", "")
            for event in events
            if event["type"] == "ASSISTANT_PROSODY"
        ] == [message.id for message in sent if message.type == "assistant_prosody"]
        calls = [
            json.loads(event["message_text"])
            for event in events
            if event["type"] == "FUNCTION_CALL"
        ]
        assert [call["tool_call_id"] for call in calls if call["tool_type"] == "function"] == [
            message.tool_call_id for message in sent if message.type == "tool_call"
        ]
        interruptions = [
            event["timestamp"] for event in events if event["type"] == "USER_INTERRUPTION"
        ]
        assert interruptions == [
            message.time for message in sent if message.type == "user_interruption"
        ]

    @invariant()
    def events_lie_in_the_chat(self) -> None:
        """Times never go back; the first and the last event mark start and end."""
        events, stored = self.chat.events(), self.chat.stored
        assert events[0]["type"] == "CHAT_START_MESSAGE"
        end_ms = stored["end_timestamp"]
        times = [stored["start_timestamp"], *(event["timestamp"] for event in events)]
        times.append(self.chat.clock.now_ms() if end_ms is None else end_ms)
        assert times == sorted(times)
        ends = [event["type"] == "CHAT_END_MESSAGE" for event in events]
        assert ends.count(True) == (end_ms is not None)
        assert ends[-1] is (end_ms is not None)
        assert all(event["role"] == EVENT_ROLES[event["type"]] for event in events)
        assert len({event["id"] for event in events}) == len(events) == stored["event_count"]

    @invariant()
    def the_session_knows_what_is_due(self) -> None:
        """After a tick nothing is overdue; a chat that is over has nothing to do."""
        session = self.chat.session
        due_ms = session.next_due_ms
        assert (due_ms is None) is session.is_over
        assert due_ms is None or due_ms > self.chat.clock.now_ms()
        assert session.status in CHAT_STATUSES
        assert session.status == self.chat.stored["status"]

    @invariant()
    def the_end_is_the_end(self) -> None:
        """Nothing is sent, told or stored any more."""
        if self.chat.session.is_over:
            now = (len(self.chat.messages), len(self.chat.told), self.chat.stored)
            self.frozen = self.frozen or now
            assert now == self.frozen


@pytest.mark.slow
def test_a_session_keeps_its_promises() -> None:
    """The invariants hold after every step of every client, at every pace."""
    run_state_machine_as_test(SessionMachine, settings=PROFILE)
