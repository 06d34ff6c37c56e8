"""Scripts: what the assistant answers to which user turn, and how tools and users behave.

    script = Script()
    script.on_user("weather").call_tool("get_weather", {"location": "Oslo"}).say("{tool_result}")

A file can hold a script, too: `chat/script_file`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from emulator.apis.evi.chat.prosody import read_mood
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.apis.evi.model.options import ModelOptions
from emulator.audio.own_sound import OwnSound
from emulator.durations import duration_ms
from emulator.errors import Loc, ScriptError, closest
from emulator.handles.tracebacks import is_on_purpose
from emulator.jsontext import Json, JsonObject
from emulator.patterns import Pattern

__tracebackhide__ = is_on_purpose

Mood: TypeAlias = str | Mapping[str, float]

# A placeholder in a text: {tool_result}, {tool_result.temperature}, {user_text}, {context}, or a
# named group of the rule's regular expression.
PLACEHOLDER = re.compile(r"(?<!\{)\{([A-Za-z_]\w*)((?:\.\w+)*)\}(?!\})")
PLACEHOLDERS = ("tool_result", "user_text", "context")
SCRIPTED_ERRORS = (  # by slug: the service's errors that nothing in a client's message causes
    "uncaught",
    "transcription_failure",
    "transcription_disconnected",
    "custom_language_model_timed_out",
    "custom_language_model_disconnected",
    "inactivity_timeout",
    "max_duration_timeout",
)
BUILTIN_TOOLS = ("web_search", "hang_up")


# what the assistant does


class Say(NamedTuple):
    """Speech, sentence by sentence, in a mood (scores by emotion)."""

    text: str
    mood: Mapping[str, float] | None = None
    quick: bool = False


class CallTool(NamedTuple):
    """A call of a function tool. The turn continues when the call is answered."""

    name: str
    parameters: JsonObject


class UseBuiltin(NamedTuple):
    """A built-in tool, which the server answers itself: with `result`, or with `error`."""

    name: str
    parameters: JsonObject
    result: Json = None
    error: str | None = None


class Fail(NamedTuple):
    """An error frame, by its slug in CHAT_ERRORS."""

    slug: str
    message: str | None = None


class Pause(NamedTuple):
    """A pause of so many ms within the assistant's turn."""

    ms: int


Step: TypeAlias = Say | CallTool | UseBuiltin | Fail | Pause


# what the user of a simulation does


class Speak(NamedTuple):
    """A user turn, spoken or typed; with `interrupt` it begins while the assistant answers."""

    text: str
    mood: Mapping[str, float] | None = None
    typed: bool = False
    interrupt: bool = False


class Wait(NamedTuple):
    """Silence of so many ms."""

    ms: int


class SendMessage(NamedTuple):
    """Any client message, such as session_settings or pause_assistant_message."""

    message: JsonObject


UserStep: TypeAlias = Speak | Wait | SendMessage


class ToolAnswer(NamedTuple):
    """A simulated client's answer to a tool call: `content`, or an `error`."""

    content: str | None
    error: str | None = None


class UserTurn(NamedTuple):
    """A turn of the user: its number in the chat, from 1, its text, and its context."""

    number: int
    text: str
    context: str | None = None


@dataclass
class Rule:
    """The turns that it answers, how often (`times`; None: always), and with which steps."""

    text: str | None = None
    pattern: re.Pattern[str] | Pattern | None = None  # re.Pattern in a script made in Python
    turn: int | None = None
    times: int | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def matches_anything(self) -> bool:
        return self.text is None and self.pattern is None and self.turn is None

    @property
    def is_last(self) -> bool:
        """True if no rule after it can ever match."""
        return self.matches_anything and self.times is None

    def match(self, turn: UserTurn) -> Mapping[str, str] | None:
        """Return the named groups of the pattern if the rule answers this turn, else None."""
        if self.turn is not None and self.turn != turn.number:
            return None
        if self.text is not None and not _contains(turn.text, self.text):
            return None
        if self.pattern is None:
            return {}
        found = self.pattern.search(turn.text)
        return None if found is None else {k: v or "" for k, v in found.groupdict().items()}

    def __str__(self) -> str:
        parts = []
        if self.turn is not None:
            parts.append(f"turn {self.turn}")
        if self.text is not None:
            parts.append(repr(self.text))
        if self.pattern is not None:
            parts.append(f"/{self.pattern.pattern}/")
        return " and ".join(parts) or "anything"

    # steps, in the order in which they happen

    def say(self, text: str, mood: Mood | None = None, quick: bool = False) -> "Rule":
        """Speak. `mood` is an emotion's name, or scores by emotion. Raises ScriptError."""
        self._check_placeholders(text)
        return self._add(Say(text, _mood(mood), quick))

    def call_tool(self, name: str, parameters: JsonObject | None = None) -> "Rule":
        """Call a function tool; its answer is {tool_result} in later steps."""
        for text in _texts(parameters):
            self._check_placeholders(text)
        return self._add(CallTool(name, parameters or {}))

    def use_builtin(
        self,
        name: str,
        parameters: JsonObject | None = None,
        result: Json = None,
        error: str | None = None,
    ) -> "Rule":
        """Use web_search or hang_up."""
        if name not in BUILTIN_TOOLS:
            hint = closest(name, BUILTIN_TOOLS)
            raise _mistake(f"no built-in tool {name!r}{hint}; there are {', '.join(BUILTIN_TOOLS)}")
        for text in (*_texts(parameters), *_texts(result)):
            self._check_placeholders(text)
        return self._add(UseBuiltin(name, parameters or {}, result, error))

    def hang_up(self) -> "Rule":
        """End the chat."""
        return self.use_builtin("hang_up")

    def pause(self, duration: str | float) -> "Rule":
        """Stop for a while: '2s', '500ms', or a number of seconds."""
        return self._add(Pause(read_duration(duration)))

    def error(self, error: str, message: str | None = None) -> "Rule":
        """Send an error frame, by its slug or its code."""
        return self._add(Fail(read_error(error), message))

    def _add(self, step: Step) -> "Rule":
        self.steps.append(step)
        return self

    def _check_placeholders(self, text: str) -> None:
        groups = tuple(self.pattern.groupindex) if self.pattern else ()
        known = (*PLACEHOLDERS, *groups)
        for name, _ in PLACEHOLDER.findall(text):
            if name not in known:
                hint = closest(name, known)
                raise _mistake(f"nothing is called {{{name}}}{hint}; known: {', '.join(known)}")
            if name == "tool_result" and not any(
                isinstance(step, CallTool | UseBuiltin) for step in self.steps
            ):
                raise _mistake("{tool_result} comes before any tool call of this rule")


class ScriptText(NamedTuple):
    """The text that a script was read from, and what the script said then."""

    text: str
    said: str


class Followed(Protocol):
    """The file that a script is from, which is read again once it has changed.

    `revision` counts the changes; after one that can't be read, `mistake` says why, and `script`
    stays the last good one.
    """

    path: Path
    script: "Script"
    revision: int
    mistake: str | None

    def look(self) -> None:
        """Read the file again if it has changed."""


@dataclass
class Script:
    """The course of a chat. A turn is answered by the first matching rule that is not used up.

    A `strict` script answers a turn that no rule matches with an error; otherwise the default
    assistant answers. `model` says how a custom language model is asked. `user` and `tools` are for
    simulations. `sounds` are given to the world that takes the script, and no part of the course.
    """

    rules: list[Rule] = field(default_factory=list)
    strict: bool = False
    mood: Mapping[str, float] | None = None
    user: Sequence[UserStep] = ()
    tools: Mapping[str, ToolAnswer] = field(default_factory=dict)
    name: str = "script"
    model: ModelOptions = ModelOptions()
    sounds: Sequence[OwnSound] = field(default=(), compare=False)
    own_text: ScriptText | None = field(default=None, compare=False, repr=False)
    followed: Followed | None = field(default=None, compare=False, repr=False)

    def on_user(
        self, text: "str | re.Pattern[str]", times: int | None = None, turn: int | None = None
    ) -> Rule:
        """Add a rule for turns with these words in them (in any case), or that a pattern finds."""
        if isinstance(text, str):
            return self.add(Rule(text=text, times=times, turn=turn))
        return self.add(Rule(pattern=text, times=times, turn=turn))

    def on_turn(self, number: int, times: int | None = None) -> Rule:
        """Add a rule for the user's turn of that number, from 1."""
        return self.add(Rule(turn=number, times=times))

    def on_anything(self, times: int | None = None) -> Rule:
        """Add a rule for every turn that no earlier rule answers."""
        return self.add(Rule(times=times))

    def add(self, rule: Rule) -> Rule:
        """Add a rule after the others. Raises ScriptError if it makes no sense there."""
        last = next((number for number, each in enumerate(self.rules) if each.is_last), None)
        why = why_refused(rule, last)
        if why is not None:
            raise ScriptError([(("rules", len(self.rules)), why)], self.name)
        self.rules.append(rule)
        return rule

    def copy(self) -> "Script":
        """Return an equal script; rules added to either do not show in the other."""
        return replace(self, rules=list(self.rules))

    def answer_tool(self, name: str, content: Json) -> None:
        """Answer calls of this tool in simulations with a text, or with a value as JSON."""
        self.tools = {**self.tools, name: ToolAnswer(as_text(content))}

    def fail_tool(self, name: str, error: str, content: str | None = None) -> None:
        """Answer calls of this tool in simulations with a tool_error."""
        self.tools = {**self.tools, name: ToolAnswer(content, error)}

    def spoken(self) -> Iterator[Speak]:
        """Return what the user says aloud, in order, as transcripts of audio."""
        for step in self.user:
            if isinstance(step, Speak) and not step.typed:
                yield step

    def tool_names(self) -> Iterator[str]:
        """Return the tools that the rules call."""
        for rule in self.rules:
            yield from (step.name for step in rule.steps if isinstance(step, CallTool))


def why_refused(rule: Rule, last: int | None) -> str | None:
    """Say why a rule can't be added, or return None; `last` numbers a rule that must be last."""
    if rule.text is not None and not re.search(r"\w", rule.text):
        return f"the text {rule.text!r} has no words"
    if rule.pattern is not None and not rule.pattern.pattern:
        return "the regular expression is empty; leave 'when' out to match anything"
    if rule.turn is not None and rule.turn < 1:
        return f"turns count from 1, got {rule.turn}"
    if rule.times is not None and rule.times < 1:
        return f"a rule is used once at least, got times {rule.times}"
    if last is not None:
        return (
            f"can never match: rule {last} before it matches anything; "
            "put it last, or give it 'times'"
        )
    return None


class Chosen(NamedTuple):
    """The rule that answers a turn, with the named groups of its pattern."""

    rule: Rule
    groups: Mapping[str, str]


class ScriptRun:
    """A script in one chat. It counts how often each rule was used here."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._used: Counter[int] = Counter()

    def choose(self, turn: UserTurn) -> Chosen | None:
        """Return the rule that answers a turn, and count the use; None if no rule does."""
        for number, rule in enumerate(self.script.rules):
            if rule.times is not None and self._used[number] >= rule.times:
                continue
            groups = rule.match(turn)
            if groups is not None:
                self._used[number] += 1
                return Chosen(rule, groups)
        return None

    @property
    def is_exhausted(self) -> bool:
        """True if every rule is used up."""
        rules = self.script.rules
        return bool(rules) and all(
            rule.times is not None and self._used[number] >= rule.times
            for number, rule in enumerate(rules)
        )


def as_text(value: Json) -> str:
    """Return a text as it is, and any other JSON value as JSON text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_error(name: str) -> str:
    """Return the slug of an error frame, given by slug or code. Raises ScriptError."""
    slugs = {text.code: text.slug for text in CHAT_ERRORS.values() if text.slug in SCRIPTED_ERRORS}
    slug = slugs.get(name, name)
    if slug not in SCRIPTED_ERRORS:
        hint = closest(name, (*SCRIPTED_ERRORS, *slugs))
        raise _mistake(f"no error {name!r}{hint}; known: {', '.join(SCRIPTED_ERRORS)}")
    return slug


def read_duration(value: str | float) -> int:
    """Return a duration in ms; a number counts seconds. Raises ScriptError."""
    try:
        return duration_ms(str(value))
    except ValueError as error:
        raise _mistake(str(error)) from None


def _mood(mood: Mood | None) -> Mapping[str, float] | None:
    try:
        return None if mood is None else read_mood(mood)
    except ValueError as error:
        raise _mistake(str(error)) from None


def _mistake(message: str, loc: Loc = ()) -> ScriptError:
    return ScriptError([(loc, message)])


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _contains(text: str, words: str) -> bool:
    """True if the text has the words, as whole words, in any case."""
    return _words(words) in _said(text)


@lru_cache(1)
def _said(text: str) -> str:
    """Return the words of what the user said, which every rule is compared with."""
    return _words(text)


def _words(text: str) -> str:
    found = re.findall(r"\w+", text.casefold())
    return f" {' '.join(found)} "
