"""Simulated conversations: a scripted user, in a session like any other.

A chat that is simulated at once ends now, and began as much earlier as it lasts. To know its
length, it is rehearsed first, on a copy of the world.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from emulator.apis.evi.chat.channel import Output
from emulator.apis.evi.chat.config import ChatConfig
from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.chat.messages import (
    ToolError,
    ToolResponse,
    UserInput,
    client_message,
)
from emulator.apis.evi.chat.opening import find_config, model_of, open_chat
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.script import Script, SendMessage, Speak, ToolAnswer, Wait
from emulator.apis.evi.chat.script_file import Scene
from emulator.apis.evi.chat.script_use import ScriptUse
from emulator.apis.evi.chat.session import GRACE_MS, Session
from emulator.apis.evi.chat_store import ChatStore
from emulator.apis.evi.chat_voices import simulated_voice, user_voice
from emulator.apis.evi.errors import END_UNREACHABLE
from emulator.apis.evi.state import EviState
from emulator.apis.evi.world_script import script_of
from emulator.apis.voices.state import VoicesState
from emulator.clock import LaggingClock, ManualClock
from emulator.durations import read_pace
from emulator.errors import api_error, closest
from emulator.ids import derived_random
from emulator.journal.entries import FrameEntry, ScriptEntry
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject, JsonText, render
from emulator.pace import pace_of
from emulator.timers import Timer, Timers
from emulator.waiting import until
from emulator.world.world import World

# How long the simulated user takes at the pace of 1: from, to (ms).
REACTION_MS = (500, 1_200)  # after the assistant's last word, and before it ends the chat
TOOL_MS = (300, 900)  # to answer a tool call
INTERRUPTION_MS = 50  # after the beginning of the answer
SENDING_MS = 100  # before a message that waits for nothing

_LONG_MS = 100 * 86_400_000
_WAITING_ROOM_MS = 10_000  # kept free if somebody else answers tool calls, which may take long
_MODEL_ROOM_MS = 60_000  # kept free for each answer of a language model, whose length nobody knows
LONGEST_WAIT_S = 20  # for the answers of a language model

Plan: TypeAlias = tuple[int, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A conversation to simulate; `end_reason` is one of END_REASONS."""

    request: ChatRequest
    end_reason: str = "USER_ENDED"
    wait_for_tools: bool = False

    @property
    def script(self) -> Script:
        return self.request.script


def new_scenario(world: World, script: Script, scene: Scene) -> Scenario:
    """Return the scenario of a script in a world.

    Raises ApiError: 404 for a config or group that does not exist, 400 for an end that the config
    does not allow.
    """
    config_id, group_id = scene.config_id, scene.resumed_chat_group_id
    config = find_config(
        world,
        config_id and config_id.lower(),
        scene.config_version,
        group_id and group_id.lower(),
    )
    world.state(VoicesState).add_sounds(script.sounds)
    if not script.rules and not script.strict:  # the script has only the user's part
        own = script_of(world)
        script = replace(
            script,
            rules=own.rules,
            strict=own.strict,
            mood=script.mood or own.mood,
            tools={**own.tools, **script.tools},
        )
    if scene.end_reason == "INACTIVITY_TIMEOUT":
        _check_inactivity(config)
    request = ChatRequest(
        config=config,
        model=model_of(world, config, script),
        script=script,
        script_use=world.state(EviState).script_use,
        resumed_group_id=group_id and group_id.lower(),
        settings=scene.session_settings,
        most_added=world.settings.max_filled_chars,
        pace=read_pace(scene.pace),
        first_audio_ms=pace_of(world.settings).first_audio_ms,
        voiced=False,
        find_voice=simulated_voice(world, config.voice),
        user_voice=user_voice(world),
        user_is_present=scene.end_reason == "MAX_DURATION_TIMEOUT",
        caller_number=scene.caller_number,
        twilio_metadata=scene.twilio_metadata,
    )
    return Scenario(request, scene.end_reason, scene.unanswered_tool_calls == "wait")


def _check_inactivity(config: ChatConfig) -> None:
    grace_ms = GRACE_MS if config.on_inactivity_timeout.enabled else 0
    if config.inactivity_ms is None:
        why = "its config has no inactivity timeout"
    elif config.inactivity_ms + grace_ms >= config.max_duration_ms:
        why = "its config's max duration is over before that"
    else:
        return
    raise api_error(END_UNREACHABLE, end_reason="INACTIVITY_TIMEOUT", why=why)


async def simulated(world: World, scenario: Scenario) -> Session:
    """Run a conversation as `simulate` does, and wait for its language model, too.

    It waits for LONGEST_WAIT_S at most; then the conversation goes on by itself.
    """
    simulation = begin_simulation(world, scenario)
    await until(simulation.watchers, lambda: not simulation.is_under_way, LONGEST_WAIT_S)
    return simulation.session


def simulate(world: World, scenario: Scenario) -> Session:
    """Run a conversation as far as it gets by itself: to its end, or until it waits.

    It waits for the clock if it has a pace, for answers to tool calls that the scenario leaves to
    others, and for a language model. From then on the world's timers drive it.
    """
    return begin_simulation(world, scenario).session


def begin_simulation(world: World, scenario: Scenario) -> "Simulation":
    """Run a conversation as `simulate` does, and return the user's side of it."""
    at_once = scenario.request.pace == 0
    lag_ms = 0
    if at_once:
        scenario = replace(scenario, request=replace(scenario.request, pace=1))
        lag_ms = rehearse(world, scenario)
        if scenario.wait_for_tools:
            lag_ms += _WAITING_ROOM_MS
        if scenario.request.model is not None:
            lag_ms += _MODEL_ROOM_MS * (1 + len(scenario.script.user))
    live = open_chat(world, scenario.request, lag_ms)
    live.join(_Observer(world.journal, live.session.chat_id))
    simulation = Simulation(live, world.timers, scenario, at_once, world.journal)
    simulation.start()
    return simulation


def rehearse(world: World, scenario: Scenario) -> int:
    """Return how long the conversation lasts (ms). The world does not change.

    Nobody asks a language model: the default assistant answers in its place.
    """
    clock = LaggingClock(ManualClock(world.clock.now_ms() + _LONG_MS), _LONG_MS)
    timers, journal = Timers(clock), Journal(clock, 1)
    chats, ids = _Stage(world.state(EviState).chats), world.ids.fork()
    request = replace(scenario.request, model=None, script_use=ScriptUse())
    live = LiveChat(Session(request, chats, clock, ids, journal), clock, timers)
    rehearsed = replace(scenario, wait_for_tools=False)
    Simulation(live, timers, rehearsed, True, journal).start()
    timers.clear()
    live.let_go()
    return clock.now_ms() - live.session.start_ms


class _Observer:
    """Takes the place of a client, and notes its frames in the journal."""

    def __init__(self, journal: Journal, chat_id: str) -> None:
        self._journal = journal
        self._chat_id = chat_id

    def __call__(self, messages: Sequence[JsonObject], over: bool = False) -> None:
        for message in messages:
            content = JsonText(render(message))
            self._journal.add(FrameEntry(self._chat_id, "out", content, simulated=True))


class _Stage(ChatStore):
    """The chats of a rehearsal: empty, except for what was said in the world before."""

    def __init__(self, world: ChatStore) -> None:
        super().__init__()
        self._world = world

    def newest_events(self, id: str) -> Iterator[JsonObject]:
        return self._world.newest_events(id)


class Simulation:
    """The user's side of one conversation."""

    def __init__(
        self,
        live: LiveChat,
        timers: Timers,
        scenario: Scenario,
        at_once: bool,
        journal: Journal,
    ) -> None:
        self._live = live
        self._journal = journal
        self.session = self._session = live.session
        self.watchers: list[Callable[[], None]] = []  # called after each of its steps
        self._assistant = live.session.assistant
        self._timers = timers
        self._scenario = scenario
        self._at_once = at_once
        self._pace = scenario.request.pace
        self._steps = list(scenario.script.user)
        self._acted_ms = self._called_ms = self._answered_ms = 0
        self._silent_since_ms: int | None = None
        self._has_ended = False
        self._timer: Timer | None = None
        live.listeners.append(self._listen)

    def start(self) -> None:
        self._drive(self._at_once)
        self._live.start()
        self._acted_ms = self._session.start_ms
        self._go_on()

    @property
    def is_under_way(self) -> bool:
        """True if a conversation that is simulated at once goes on soon, without anybody's help."""
        if self._session.is_over or not self._at_once:
            return False
        timer = self._timer
        is_due = timer is not None and not timer.cancelled and timer.due_ms <= self._world_ms()
        return is_due or self._waits_for_model()

    def _world_ms(self) -> int:
        return self._live.clock.now_ms() + self._live.clock.lag_ms

    def _waits_for_model(self) -> bool:
        return self._assistant.waits_for_model and self._session.waits_for is None

    def _drive(self, by_hand: bool) -> None:
        """Set whether the clock moves only from step to step, without timers."""
        if by_hand != self._live.driven:
            self._live.driven = by_hand
            if by_hand:
                self._live.clock.hold()
            else:
                self._live.clock.let_go()

    def _listen(self, output: Output) -> None:
        for message in output.messages:
            if message["type"] == "tool_call":
                self._called_ms = self._live.clock.now_ms()
            if message["type"] == "assistant_message":
                self._answered_ms = self._live.clock.now_ms()
        if not self._live.driven:
            self._set_timer()
        self._notify()

    def _notify(self) -> None:
        for watcher in list(self.watchers):
            watcher()

    def _go_on(self) -> None:
        """Go as far as possible without waiting; timers do the rest."""
        self._drive(self._at_once)
        while self._at_once and self._take_next():
            pass
        self._drive(False)
        self._live.set_timer()
        self._set_timer()
        self._notify()

    def _take_next(self) -> bool:
        """Do what is due next, now; False if somebody or something else comes first."""
        plan, due_ms = self._plan(), self._session.next_due_ms
        if self._is_waiting(plan) or due_ms is None:
            return False
        if plan is not None and plan[0] <= due_ms:
            due_ms, act = plan
        else:
            act = self._live.tick
        self._live.clock.move_to(due_ms)
        if self._live.clock.now_ms() < due_ms:
            return False  # its time would lie in the future
        act()
        return True

    def _is_waiting(self, plan: Plan | None) -> bool:
        """True if somebody else must answer, or the chat continues without this user."""
        if self._assistant.is_thinking and plan is None:
            return True
        waits_for_tool = self._session.waits_for is not None and plan is None
        left_open = self._scenario.end_reason == "ACTIVE" and not self._steps
        return waits_for_tool or (left_open and self._is_quiet())

    def _set_timer(self) -> None:
        """Have the world's timers take the next step when it is due."""
        self._timers.cancel(self._timer)
        self._timer = None
        plan = None if self._session.is_over else self._plan()
        if self._at_once and not self._session.is_over and not self._is_waiting(plan):
            self._timer = self._timers.at(self._next_ms(plan), self._go_on)
        elif plan is not None:
            due_ms, act = plan
            self._timer = self._timers.at(due_ms + self._live.clock.lag_ms, act)

    def _next_ms(self, plan: Plan | None) -> int:
        """Return when to go on: now while the chat lags behind its world, else when it is due."""
        clock, next_due_ms = self._live.clock, self._session.next_due_ms
        due = [due_ms for due_ms in (plan and plan[0], next_due_ms) if due_ms is not None]
        if clock.lag_ms > 0 or not due:
            return clock.now_ms() + clock.lag_ms
        return min(due)

    # the user's next step, and its time

    def _plan(self) -> Plan | None:
        if self._session.waits_for is not None:
            return self._plan_tool_answer()
        if not self._steps:
            return self._plan_end()
        step = self._steps[0]
        if isinstance(step, SendMessage):
            return self._acted_ms + round(SENDING_MS * self._pace), self._send
        if isinstance(step, Speak) and step.interrupt:
            return self._plan_interruption()
        if not self._is_quiet():
            return None
        if isinstance(step, Wait):
            if self._silent_since_ms is None:
                self._silent_since_ms = self._quiet_since_ms()
            return self._silent_since_ms + round(step.ms * self._pace), self._wait
        spoken_ms = self._speech_ms(step) * self._pace
        return self._quiet_since_ms() + round(self._reaction_ms() + spoken_ms), self._speak

    def _speech_ms(self, step: Speak) -> int:
        return self._scenario.request.user_voice.speech_ms(step.text)

    def _is_quiet(self) -> bool:
        return self._assistant.paused or not self._assistant.is_busy

    def _quiet_since_ms(self) -> int:
        return max(self._assistant.quiet_since_ms, self._acted_ms)

    def _reaction_ms(self) -> float:
        return self._drawn("reaction", REACTION_MS)

    def _drawn(self, what: str, limits_ms: tuple[int, int]) -> float:
        """Return a time between the limits (ms), the same each time it is asked for."""
        place = (self._session.chat_id, what, len(self._steps))
        return derived_random(*place).uniform(*limits_ms) * self._pace

    def _plan_interruption(self) -> Plan | None:
        """Plan to speak once the answer has begun; without an answer, after a reaction time."""
        if self._is_quiet():
            return self._quiet_since_ms() + round(self._reaction_ms()), self._speak
        if self._answered_ms <= self._acted_ms:
            return None
        return self._answered_ms + round(INTERRUPTION_MS * self._pace), self._speak

    def _plan_tool_answer(self) -> Plan | None:
        call = self._session.waits_for
        assert call is not None
        if call.name not in self._scenario.script.tools and self._scenario.wait_for_tools:
            return None
        return self._called_ms + round(self._drawn("tool", TOOL_MS)), self._answer_tool

    def _plan_end(self) -> Plan | None:
        wanted = self._scenario.end_reason
        by_itself = wanted in ("ACTIVE", "INACTIVITY_TIMEOUT", "MAX_DURATION_TIMEOUT")
        if self._has_ended or by_itself or not self._is_quiet():
            return None
        return self._quiet_since_ms() + round(self._reaction_ms()), self._end

    # the user's steps

    def _next_step(self) -> object:
        self._acted_ms = self._live.clock.now_ms()
        self._silent_since_ms = None
        return self._steps.pop(0)

    def _speak(self) -> None:
        before_ms = self._acted_ms
        step = self._next_step()
        assert isinstance(step, Speak)
        if step.typed:
            self._live.receive(UserInput(text=step.text))
        else:
            silent_ms = self._live.clock.now_ms() - before_ms
            lasted_ms = min(round(self._speech_ms(step) * self._pace), silent_ms)
            self._live.hear(step.text, step.mood, lasted_ms)

    def _wait(self) -> None:
        self._next_step()
        self._live.tick()

    def _send(self) -> None:
        step = self._next_step()
        assert isinstance(step, SendMessage)
        self._live.receive(client_message.validate_python(step.message))

    def _answer_tool(self) -> None:
        call = self._session.waits_for
        if call is None:
            return
        unknown = ToolAnswer(None, f"The simulated client has no answer for {call.name}.")
        self._note_missing_answer(call.name)
        answer = self._scenario.script.tools.get(call.name, unknown)
        if answer.error is None:
            self._live.receive(
                ToolResponse(
                    tool_call_id=call.tool_call_id,
                    content=answer.content or "",
                    tool_name=call.name,
                    tool_type=call.tool_type,
                )
            )
        else:
            self._live.receive(
                ToolError(
                    tool_call_id=call.tool_call_id,
                    error=answer.error,
                    content=answer.content,
                    tool_type=call.tool_type,
                )
            )

    def _note_missing_answer(self, name: str) -> None:
        """Note a script that answers tools but not this one, since it may be mistyped."""
        known = list(self._scenario.script.tools)
        if known and name not in known:
            hint = closest(name, known)
            message = f"the script's 'tools' have no answer for {name!r}{hint}: its fallback counts"
            self._journal.add(
                ScriptEntry(
                    chat_id=self._session.chat_id,
                    finding="tool_answer_missing",
                    message=message,
                )
            )

    def _end(self) -> None:
        self._has_ended = True
        wanted = self._scenario.end_reason
        if wanted == "hang_up":
            self._live.hang_up()
        else:
            self._live.end(wanted, "uncaught" if wanted == "ERROR" else None)
