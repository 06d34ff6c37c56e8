"""Turns scripts into the content of their files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from emulator.apis.evi.chat.script import (
    CallTool,
    Fail,
    Pause,
    Rule,
    Say,
    Script,
    SendMessage,
    Speak,
    Step,
    ToolAnswer,
    UseBuiltin,
    UserStep,
    Wait,
)
from emulator.apis.evi.chat.script_reading import script_from
from emulator.errors import ScriptError
from emulator.jsontext import JsonObject


def script_content(script: Script) -> JsonObject | None:
    """Return the content of a file with this script, or None if no file can express it.

    Scripts made in Python may have flags of regular expressions, or other parameters of web_search,
    which files do not have.
    """
    content = _without_nothing(
        rules=[_rule(rule) for rule in script.rules],
        strict=script.strict,
        mood=_mood(script.mood),
        model=script.model.to_json(),
        user=[_user_step(step) for step in script.user],
        tools={name: _tool(answer) for name, answer in script.tools.items()},
    )
    return content if not content or _says(content, script) else None


def _says(content: JsonObject, script: Script) -> bool:
    """True if a file with this content is this script."""
    try:
        loaded = script_from(content, script.name)
    except ScriptError:
        return False
    return loaded == replace(script, user=tuple(script.user), tools=dict(script.tools))


def _rule(rule: Rule) -> JsonObject:
    when = _without_nothing(
        text=rule.text, regex=rule.pattern and rule.pattern.pattern, turn=rule.turn
    )
    return {
        **_without_nothing(when=when, times=rule.times),
        "answer": [_STEPS[type(step)](step) for step in rule.steps],
    }


def _say(step: Say) -> JsonObject:
    return {"say": step.text, **_without_nothing(mood=_mood(step.mood), quick=step.quick)}


def _call_tool(step: CallTool) -> JsonObject:
    return {"call_tool": step.name, **_without_nothing(parameters=step.parameters)}


def _use_builtin(step: UseBuiltin) -> JsonObject:
    if step.name == "hang_up":
        return {"hang_up": True}
    query = step.parameters.get("query")
    return {"web_search": query, **_but_none(result=step.result, error=step.error)}


def _fail(step: Fail) -> JsonObject:
    return {"error": step.slug, **_but_none(message=step.message)}


def _pause(step: Pause) -> JsonObject:
    return {"pause": f"{step.ms}ms"}


_STEPS: Mapping[type[Step], Callable[[Any], JsonObject]] = {
    Say: _say,
    CallTool: _call_tool,
    UseBuiltin: _use_builtin,
    Fail: _fail,
    Pause: _pause,
}


def _user_step(step: UserStep) -> JsonObject:
    match step:
        case Wait(ms):
            return {"wait": f"{ms}ms"}
        case SendMessage(message):
            return {"send": message}
        case Speak(text, mood, typed, interrupt):
            action = "type" if typed else "interrupt" if interrupt else "say"
            return {action: text, **_but_none(mood=_mood(mood))}


def _tool(answer: ToolAnswer) -> JsonObject:
    return _but_none(content=answer.content, error=answer.error)


def _mood(mood: Mapping[str, float] | None) -> JsonObject | None:
    return None if mood is None else dict(mood)


def _but_none(**values: Any) -> JsonObject:
    return {name: value for name, value in values.items() if value is not None}


def _without_nothing(**values: Any) -> JsonObject:
    """Return the values that say something: not null, false, zero or empty."""
    return {name: value for name, value in values.items() if value}
