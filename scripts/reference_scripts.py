"""Makes the reference of scripts from the models that read their files."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from emulator.apis.evi.chat.script import SCRIPTED_ERRORS
from emulator.apis.evi.chat.script_file import ScriptFile, bundled_scripts
from emulator.apis.evi.errors import CHAT_ERRORS
from scripts.markdown import code, table

_SCHEMA = ScriptFile.model_json_schema()
_PARTS = {
    "rule": "_Rule",
    "when": "_When",
    "tool": "_ToolAnswer",
    "sound": "_Sound",
    "model": "_Model",
}
_STEPS = {"a step of an answer": "_Step", "a step of the user": "_UserStep"}


def _ends() -> str:
    """Return which errors of a script end the chat."""
    frames = {slug: CHAT_ERRORS[slug].ends for slug in SCRIPTED_ERRORS}
    ending, others = (
        [code(slug) for slug in frames if frames[slug] is ends] for ends in (True, False)
    )
    return f"{_listed(ending)} end the chat; {_listed(others)} do not"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


# What each key means. A key that has no line here fails `make reference`.
MEANINGS: Mapping[str, str] = {
    "description": "what the script is for; the emulator ignores it",
    "strict": "a turn that no rule answers sends an error frame and makes a finding",
    "mood": "the assistant's mood in steps that name none: one of the 48 emotions, or scores by "
    "emotion",
    "model": "how a custom language model is asked, for this script alone",
    "rules": "what the assistant answers: the first rule that matches and is not used up",
    "tools": "by tool: what a simulated client answers to its calls (a text is its `content`)",
    "sounds": "texts with a sound of their own, up to 60 s each",
    "config_id": "the config of a simulated chat",
    "config_version": "its version; the newest if left out",
    "resumed_chat_group_id": "the group that a simulated chat resumes",
    "session_settings": "the settings that a simulated client sends first",
    "caller_number": "makes the chat a phone call, from this number",
    "twilio_metadata": "what Twilio says of the call; needs `caller_number`",
    "user": "what a simulated user does, step by step (a text is a `say`)",
    "unanswered_tool_calls": "what happens to a tool call that `tools` does not answer: its "
    "`fallback_content` counts, or the chat waits for the control plane",
    "end_reason": "how the simulated chat ends; `ACTIVE` leaves it live",
    "pace": "how fast a simulated chat runs: `instant`, `realtime`, or a speed factor",
    "rule.when": "which turns it answers (a text is its `text`); every turn if left out",
    "rule.times": "how many turns it answers before it is used up; without it, no limit",
    "rule.answer": "the steps of the answer, in order; one step needs no list; a text is a `say`",
    "when.text": "these words, anywhere in the turn, in any case",
    "when.regex": "a regular expression, searched for in the turn, in any case",
    "when.turn": "the number of the turn, from 1",
    "tool.content": "what the tool answers: a text, or any JSON",
    "tool.error": "the tool fails with this text; `content` is then its fallback",
    "sound.text": "the text, exactly as it is said",
    "sound.file": "the path of an audio file, in the folder of the script or below; not in a "
    "script that is sent over HTTP",
    "sound.data": "the content of an audio file in base64, instead of `file`",
    "model.quirks": "the service's habits, as for `--model-quirks`",
    "model.failure": "whether the chat ends when the model fails, as for `--model-failure`",
    "model.system": "when a system message is sent, as for `--model-system`",
    "model.timeout": "how many seconds the model may be silent, as for `--model-timeout`",
    "a step of an answer.say": "says a text, with its placeholders filled in",
    "a step of an answer.mood": "the mood of `say`",
    "a step of an answer.quick": "marks `say` as a quick response",
    "a step of an answer.call_tool": "calls this tool, and waits for its answer",
    "a step of an answer.parameters": "the arguments of `call_tool`",
    "a step of an answer.web_search": "searches the web for this query, as the built-in tool",
    "a step of an answer.result": "what `web_search` finds",
    "a step of an answer.hang_up": "ends the chat",
    "a step of an answer.pause": "says nothing for this long",
    "a step of an answer.error": "sends this error frame (a slug or code), or fails `web_search`. "
    + _ends(),
    "a step of an answer.message": "the message of `error`",
    "a step of the user.say": "speaks a text once the assistant is quiet",
    "a step of the user.type": "types a text: such a message has no scores",
    "a step of the user.interrupt": "speaks a text while the assistant still answers",
    "a step of the user.mood": "the mood of `say` or `interrupt`",
    "a step of the user.wait": "does nothing for this long",
    "a step of the user.send": "sends any message of a client, without waiting",
}


def keys() -> str:
    """Return the table of a script's keys, and one for each part."""
    tables = [_table("", _SCHEMA)]
    for part, name in _PARTS.items():
        tables.append(f"\n### {part.capitalize()}\n\n{_table(f'{part}.', _SCHEMA['$defs'][name])}")
    return "".join(tables)


def steps() -> str:
    """Return a table for each kind of step."""
    tables = []
    for kind, name in _STEPS.items():
        heading = f"### {kind[0].upper()}{kind[1:]}"
        tables.append(f"\n{heading}\n\n{_table(f'{kind}.', _SCHEMA['$defs'][name])}")
    return "".join(tables)


def bundled() -> str:
    """Return the table of the scripts that come with the emulator."""
    rows = [
        (code(name), " ".join(yaml.safe_load(path.read_text())["description"].split()))
        for name, path in bundled_scripts().items()
    ]
    return table(("script", "is for"), rows)


def _table(prefix: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = (
        (
            f"**{code(name)}**" if name in required else code(name),
            _takes(each),
            _default(each),
            MEANINGS[prefix + name],
        )
        for name, each in schema["properties"].items()
    )
    return table(("key", "takes", "default", "meaning"), rows)


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    if default is None or default in ("", [], {}) or isinstance(default, dict):
        return ""
    return code(str(default).lower() if isinstance(default, bool) else default)


def _takes(schema: Mapping[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_words(schema)))


def _words(schema: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        yield ", ".join(code(str(each).lower() if each is True else each) for each in values)
    elif "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _words(each)
    elif "$ref" in schema or "allOf" in schema:
        yield "an object"
    elif schema.get("type") != "null":
        yield _TYPES[schema.get("type", "")]


_TYPES = {
    "": "any JSON",
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "an object",
}
