"""Scripts as files: YAML or JSON that describes what `chat/script` builds in Python."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from emulator.apis.evi.chat.finding_scripts import bundled_scripts, script_path
from emulator.apis.evi.chat.messages import SessionSettings, client_message, first_problem
from emulator.apis.evi.chat.prosody import read_mood
from emulator.apis.evi.chat.script import (
    Rule,
    Script,
    SendMessage,
    Speak,
    ToolAnswer,
    UserStep,
    Wait,
    as_text,
    read_duration,
    why_refused,
)
from emulator.apis.evi.model.options import model_options
from emulator.apis.evi.model.source import QUIRKS
from emulator.apis.voices.sounds import read_bytes_beside, sound_in_base64
from emulator.audio.own_sound import OwnSound
from emulator.durations import read_pace
from emulator.errors import Loc, ScriptError, UsageError, closest
from emulator.jsontext import Json, JsonObject
from emulator.patterns import PatternError, compile_pattern
from emulator.source_files import SourceFile, UnreadableError, at, read_source_file, short

MOST_MISTAKES = 100  # that a message lists

# How a simulated chat can end: with a status, by the assistant, or not at all.
EndReason: TypeAlias = Literal[
    "USER_ENDED",
    "USER_TIMEOUT",
    "INACTIVITY_TIMEOUT",
    "MAX_DURATION_TIMEOUT",
    "ERROR",
    "hang_up",
    "ACTIVE",
]


M = TypeVar("M", bound=BaseModel)


def _short_form(key: str, full: Any) -> BeforeValidator:
    """Return a validator that reads a text as a `full` object with that text under the key."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value,
        json_schema_input_type=str | full,
    )


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _check_mood(value: Any) -> Any:
    return value if value is None else read_mood(value)


Mood: TypeAlias = Annotated[
    str | dict[str, float] | None, Field(union_mode="left_to_right"), BeforeValidator(_check_mood)
]


def _check_actions(part: BaseModel, actions: Mapping[str, frozenset[str]]) -> None:
    """Raise ValueError unless a step names one action, and only what belongs to it."""
    present = {name for name in part.model_fields_set if getattr(part, name) is not None}
    named = [name for name in actions if name in present]
    if len(named) > 1:  # such as the error of a web_search
        named = [name for name in named if not any(name in actions[other] for other in named)]
    if len(named) != 1:
        got = " and ".join(named) or "none of them"
        raise ValueError(f"a step has exactly one of {', '.join(actions)}; got {got}")
    for name in sorted(present - {named[0]} - actions[named[0]]):
        raise ValueError(f"{name!r} does not go with {named[0]!r}")


# What belongs to each action of the assistant, and of the user.
_STEPS = {
    "say": frozenset(("mood", "quick")),
    "call_tool": frozenset(("parameters",)),
    "web_search": frozenset(("result", "error")),
    "hang_up": frozenset[str](),
    "pause": frozenset[str](),
    "error": frozenset(("message",)),
}
_USER_STEPS = {
    "say": frozenset(("mood",)),
    "type": frozenset[str](),
    "interrupt": frozenset(("mood",)),
    "wait": frozenset[str](),
    "send": frozenset[str](),
}


class _Step(_Part):
    """A step of the assistant: one action, and what belongs to it."""

    say: str | None = None
    mood: Mood = None
    quick: bool = False
    call_tool: str | None = None
    parameters: dict[str, Any] | None = None
    web_search: str | None = None
    result: Any = None
    hang_up: Literal[True] | None = None
    pause: str | float | None = None
    error: str | None = None
    message: str | None = None

    @model_validator(mode="after")
    def _has_one_action(self) -> "_Step":
        _check_actions(self, _STEPS)
        return self

    def add_to(self, rule: Rule) -> None:
        if self.say is not None:
            rule.say(self.say, self.mood, self.quick)
        elif self.call_tool is not None:
            rule.call_tool(self.call_tool, self.parameters)
        elif self.web_search is not None:
            rule.use_builtin("web_search", {"query": self.web_search}, self.result, self.error)
        elif self.pause is not None:
            rule.pause(self.pause)
        elif self.error is not None:
            rule.error(self.error, self.message)
        else:
            rule.hang_up()


class _When(_Part):
    text: str | None = None
    regex: str | None = None
    turn: int | None = Field(default=None, ge=1)

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            compile_pattern(value or "", ignore_case=True)
        except PatternError as error:
            raise ValueError(f"unusable regular expression: {error}") from None
        return value


class _Rule(_Part):
    when: Annotated[_When, _short_form("text", _When)] = _When()
    times: int | None = Field(default=None, ge=1)
    answer: Annotated[
        list[Annotated[_Step, _short_form("say", _Step)]],
        BeforeValidator(
            lambda value: [value] if isinstance(value, str | dict) else value,
            json_schema_input_type=str | _Step | list[str | _Step],
        ),
    ]

    def to_rule(self) -> Rule:
        regex = self.when.regex
        pattern = None if regex is None else compile_pattern(regex, ignore_case=True)
        return Rule(self.when.text, pattern, self.when.turn, self.times)


class _ToolAnswer(_Part):
    content: Any = None
    error: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "_ToolAnswer":
        if not self.model_fields_set:
            raise ValueError("a tool's answer has 'content', or 'error', or both")
        return self

    def to_answer(self) -> ToolAnswer:
        return ToolAnswer(None if self.content is None else as_text(self.content), self.error)


class _UserStep(_Part):
    """A step of the simulated user: one action, and what belongs to it."""

    say: str | None = None
    type: str | None = None
    interrupt: str | None = None
    mood: Mood = None
    wait: str | float | None = None
    send: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _has_one_action(self) -> "_UserStep":
        _check_actions(self, _USER_STEPS)
        return self

    @field_validator("send")
    @classmethod
    def _is_message(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is not None:
            try:
                client_message.validate_python(value)
            except ValidationError as error:
                raise ValueError(f"no client message: {first_problem(error)}") from None
        return value

    def to_step(self) -> UserStep:
        if self.wait is not None:
            return Wait(read_duration(self.wait))
        if self.send is not None:
            return SendMessage(self.send)
        text = self.say if self.say is not None else self.type
        mood = None if self.mood is None else read_mood(self.mood)
        if text is None:
            return Speak(self.interrupt or "", mood, interrupt=True)
        return Speak(text, mood, typed=self.type is not None)


class _Sound(_Part):
    """The sound of a text: an audio file beside the script's, or its content in base64."""

    text: str = Field(min_length=1)
    file: str | None = Field(default=None, min_length=1)
    data: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _is_somewhere(self) -> "_Sound":
        if (self.file is None) == (self.data is None):
            raise ValueError("a sound has exactly one of 'file' and 'data'")
        return self

    def to_sound(self) -> OwnSound:
        if self.data is None:
            message = "only a script that is read from a file can name another: send 'data', base64"
            raise ScriptError([(("file",), message)])
        try:
            return sound_in_base64(self.text, self.data)
        except UsageError as error:
            raise ScriptError([((), str(error))]) from None


class Scene(_Part):
    """The keys of a simulation besides the rules: who talks about what, and how it ends."""

    config_id: str | None = None
    config_version: int | None = Field(default=None, ge=0)
    resumed_chat_group_id: str | None = None
    session_settings: SessionSettings | None = None
    caller_number: str | None = Field(default=None, pattern=r"^\+[1-9]\d{1,14}$")
    twilio_metadata: dict[str, str] | None = None
    user: list[Annotated[_UserStep, _short_form("say", _UserStep)]] = []
    unanswered_tool_calls: Literal["fallback", "wait"] = "fallback"
    end_reason: EndReason = "USER_ENDED"
    pace: str | float = "instant"

    @model_validator(mode="after")
    def _calls_from_somewhere(self) -> "Scene":
        if self.twilio_metadata is not None and self.caller_number is None:
            raise ValueError("twilio_metadata needs a caller_number: only phone calls have it")
        return self

    @field_validator("pace")
    @classmethod
    def _is_pace(cls, value: str | float) -> str | float:
        read_pace(value)
        return value


class _Model(_Part):
    """How a custom language model is asked: as the settings of these names say, for one script."""

    quirks: list[Annotated[str, Field(json_schema_extra={"enum": [*QUIRKS]})]] | None = None
    failure: Literal["continue", "end"] | None = None
    system: Literal["session", "always", "never"] | None = None
    timeout: int | None = Field(default=None, ge=1, le=600)

    @field_validator("quirks")
    @classmethod
    def _exist(cls, value: list[str] | None) -> list[str] | None:
        for name in value or ():
            if name not in QUIRKS:
                hint = closest(name, list(QUIRKS))
                raise ValueError(f"no quirk {name!r}{hint}; known: {', '.join(QUIRKS)}")
        return value


class ScriptFile(Scene):
    description: str = ""
    strict: bool = False
    mood: Mood = None
    model: _Model = _Model()
    rules: list[_Rule] = []
    tools: dict[str, Annotated[_ToolAnswer, _short_form("content", _ToolAnswer)]] = {}
    sounds: list[_Sound] = []

    def to_script(self, name: str) -> Script:
        mood = None if self.mood is None else read_mood(self.mood)
        script = Script(strict=self.strict, mood=mood, name=name)
        script.model = model_options(self.model.model_dump())
        script.tools = {tool: answer.to_answer() for tool, answer in self.tools.items()}
        collected, last = _Collected(), None
        for number, written in enumerate(self.rules):
            rule = written.to_rule()
            for index, step in enumerate(written.answer):
                collected.run(("rules", number, "answer", index), partial(step.add_to, rule))
            collected.note(("rules", number), why_refused(rule, last))
            script.rules.append(rule)
            if last is None and rule.is_last:
                last = number
        steps = [
            collected.run(("user", index), step.to_step) for index, step in enumerate(self.user)
        ]
        sounds = [
            collected.run(("sounds", index), each.to_sound)
            for index, each in enumerate(self.sounds)
        ]
        collected.refuse()
        script.user, script.sounds = tuple(steps), tuple(sounds)
        return script


class _Collected:
    """Collects the mistakes of several calls, each with its place."""

    def __init__(self) -> None:
        self._mistakes: list[tuple[Loc, str]] = []

    def run(self, loc: Loc, act: Callable[[], Any]) -> Any:
        """Return the call's result, or None if it is a mistake."""
        try:
            return act()
        except ScriptError as error:
            self._mistakes += [((*loc, *inner), message) for inner, message in error.mistakes]

    def note(self, loc: Loc, message: str | None) -> None:
        if message is not None and len(self._mistakes) < MOST_MISTAKES:
            self._mistakes.append((loc, message))

    def refuse(self) -> None:
        """Raise ScriptError if there are mistakes."""
        if self._mistakes:
            raise ScriptError(self._mistakes)


def read_script_file(name: str) -> JsonObject:
    """Return the content of a script by its name or path. Raises ScriptError for mistakes.

    The files of its sounds are read into it.
    """
    path = script_path(name)
    try:
        file = checked_script_file(path, bundled=name in bundled_scripts())
    except UnreadableError as error:
        raise ScriptError([((), str(error))], path.name, str(error)) from None
    if file.mistakes:
        raise ScriptError(file.mistakes, path.name, file.describe_mistakes())
    content: JsonObject = file.content
    return content


def checked_script_file(path: Path, bundled: bool = False) -> SourceFile:
    """Return a script's file with the mistakes that it has. Raises UnreadableError."""
    file = read_source_file(path, bundled)
    if not _read_sounds(file):
        return file
    try:
        load_script(file.content, path.name)
    except ScriptError as error:
        file.mistakes += error.mistakes
    return file


def _read_sounds(file: SourceFile) -> bool:
    """Put the content of the files of sounds in their place; note one that can't be read.

    Returns True if all could be.
    """
    sounds = file.content.get("sounds") if isinstance(file.content, dict) else None
    for index, sound in enumerate(sounds if isinstance(sounds, list) else ()):
        named = sound.get("file") if isinstance(sound, dict) else None
        if not isinstance(named, str) or not named or "data" in sound:
            continue  # a mistake of form, which is found later
        try:
            data = read_bytes_beside(file.path, named)
        except UsageError as error:
            file.mistake(("sounds", index, "file"), str(error))
            return False
        del sound["file"]
        sound["data"] = b64encode(data).decode()
    return True


def load_script(content: Json, name: str = "script") -> tuple[Script, Scene]:
    """Return the script and the scene that a file describes. Raises ScriptError."""
    file = validated(ScriptFile, content, name)
    try:
        return file.to_script(name), file
    except ScriptError as error:
        raise ScriptError(error.mistakes, name) from None


def validated(model: type[M], content: Json, name: str) -> M:
    """Return the content as a model. Raises ScriptError with every mistake."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        mistakes = [_mistake(problem, content) for problem in error.errors()[:MOST_MISTAKES]]
        raise ScriptError(list(dict.fromkeys(mistakes)), name) from None


def _mistake(problem: Mapping[str, Any], content: Json) -> tuple[Loc, str]:
    loc: Loc = tuple(problem["loc"])
    kind, message = problem["type"], str(problem["msg"])
    if kind == "extra_forbidden":
        name = str(loc[-1])
        if name in _KNOWN:
            return _existing(loc, content), f"{name!r} belongs elsewhere in a script, not here"
        return _existing(loc, content), f"unknown key{closest(name, _KNOWN)}"
    if kind == "missing":
        return _existing(loc[:-1], content), f"the key {loc[-1]!r} is missing"
    place = _existing(loc, content)
    if kind == "value_error":
        return place, message.removeprefix("Value error, ")
    got = at(content, place)
    if kind in ("model_type", "model_attributes_type"):
        message = "Input should be an object"
    options = message.split("'")[1::2]
    hint = closest(got, options) if isinstance(got, str) and options else ""
    return place, f"{message}, got {short(got)}{hint}"


def _existing(loc: Loc, content: Json) -> Loc:
    """Return the part of a place that the content has, since short forms add steps to it."""
    existing: Loc = ()
    for step in loc:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            break
        existing = (*existing, step)
    return existing


_KNOWN = sorted(
    {
        key
        for model in (ScriptFile, _Model, _Rule, _When, _Step, _UserStep, _ToolAnswer, _Sound)
        for key in model.model_fields
    }
)
