"""The default assistant: it greets, echoes and calls tools where no script says otherwise.

It calls a tool that the user names, or asks for (`tool_request`, `tool_arguments`).
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.chat.script import CallTool, Say, Step, UseBuiltin
from emulator.apis.evi.chat.tool_arguments import said_arguments, within
from emulator.apis.evi.chat.tool_request import asked_tool
from emulator.jsontext import JsonObject, parse

INACTIVITY = "Are you still there? If I hear nothing, I will end our chat."
MAX_DURATION = "Our time is up, so I have to go. Goodbye!"
TOOL_FAILED = "The tool gave no answer."
GOODBYE = "Goodbye! It was nice to talk to you."
NUDGE = "Take your time. I am still here."
NOT_CAUGHT = "I did not catch that. Could you say it again?"
QUICK_RESPONSES = ("Okay.", "I see.", "Right.", "Let me think.")

_HELLO = re.compile(r"\W*(hello|hi|hey|good (morning|day|afternoon|evening))\b(\W+there)?\W*", re.I)
_GOODBYE = re.compile(r"\b(goodbye|good bye|bye|hang up|hang_up)\b", re.I)
_SEARCH = re.compile(r"\b(web_search|search the web|look it up)\b", re.I)
_STOPS = (".", "!", "?", "…", "。", "！", "？")
_LONGEST_REMINDER = 1_000  # characters that are repeated in every turn, or every chat
_SAID = "{said}"  # a placeholder, so that braces in the text have no meaning
_FOLLOW_UPS = ("Tell me more.", "What happened then?", "Go on, I am listening.")


def greeting(name: str, last_said: str | None) -> str:
    """Return the first words of a chat; in a resumed group they quote the user's last words."""
    if last_said is not None:
        return f"Welcome back. Last time you said: {_quoted(last_said[:_LONGEST_REMINDER])}"
    if not name:
        return "Hello! How can I help you?"
    return f"Hello, this is {name}{_stop_after(name)} How can I help you?"


def reply(
    text: str,
    turn: int,
    context: str | None,
    tools: Mapping[str, ToolSpec],
    builtin_tools: Iterable[str],
) -> tuple[list[Step], Mapping[str, str]]:
    """Return the steps that answer a user turn, and values for their placeholders."""
    if not _says_something(text):
        return [Say(NOT_CAUGHT)], {}
    named = _named_tool(text, tools)
    if named is not None:
        return _call_named(named, text)
    if "hang_up" in builtin_tools and _GOODBYE.search(text):
        return [Say(GOODBYE), UseBuiltin("hang_up", {})], {}
    if "web_search" in builtin_tools and _SEARCH.search(text):
        search = UseBuiltin("web_search", {"query": "{user_text}"})
        return [search, Say("The web says: {tool_result.summary}")], {}
    asked = asked_tool(text, tools)
    if asked is not None:
        return _call_asked(asked, text)
    return [Say(_echo(text, turn) + _reminder(context))], {}


def _reminder(context: str | None) -> str:
    if not context:
        return ""
    if len(context) > _LONGEST_REMINDER:
        return " I keep a long text in mind."
    return f" I keep in mind: {{context}}{_stop_after(context)}"


def _says_something(text: str) -> bool:
    """True if a text has more than punctuation and spaces."""
    return any(unicodedata.category(character)[0] not in "PZC" for character in text)


def _call_named(tool: ToolSpec, text: str) -> tuple[list[Step], Mapping[str, str]]:
    """Call the tool that the user named; arguments that were not clear are the whole text."""
    said = _without_name(text, tool.name)
    clear = said_arguments(tool, said)
    arguments = {**example_arguments(tool.parameters, text), **clear.parameters}
    return _call(tool, arguments), {"said": said, **clear.values}


def _call_asked(tool: ToolSpec, text: str) -> tuple[list[Step], Mapping[str, str]]:
    """Call the tool that the user asked for, or ask for arguments that it requires."""
    clear = said_arguments(tool, text)
    if clear.missing:
        missing = ", ".join(name.replace("_", " ") for name in clear.missing)
        return [Say(f"To use {tool.name} I need to know: {{missing}}.")], {"missing": missing}
    return _call(tool, clear.parameters), clear.values


def _call(tool: ToolSpec, arguments: JsonObject) -> list[Step]:
    return [CallTool(tool.name, arguments), Say(f"{tool.name} answered: {{tool_result}}")]


def _without_name(text: str, tool: str) -> str:
    """Return the text without the tool's name, or the whole text if it has nothing else."""
    spans = [found.span() for found in re.finditer(r"[^\W_]+", text)]
    said = " ".join(text[begin:end].casefold() for begin, end in spans)
    name = _words(tool)
    at = f" {said} ".find(f" {name} ")
    if at < 0:  # case folding may split a word in two, as with the letter İ
        return text
    first = said.count(" ", 0, at)
    last = first + name.count(" ")
    rest = " ".join((text[: spans[first][0]] + text[spans[last][1] :]).split())
    return rest.strip(" .,:;!?") or text


def _echo(text: str, turn: int) -> str:
    if _HELLO.fullmatch(text):
        return "Hello! What would you like to talk about?"
    if text.rstrip().endswith("?"):
        return 'You asked: "{user_text}" I can only repeat what I hear.'
    return f"You said: {_quoted(text, '{user_text}')} {_FOLLOW_UPS[turn % len(_FOLLOW_UPS)]}"


def _quoted(text: str, shown: str | None = None) -> str:
    """Return the text in quotation marks, with a full stop if it has none of its own."""
    return f'"{text if shown is None else shown}"{_stop_after(text)}'


def _stop_after(text: str) -> str:
    """Return the full stop that a text needs, or nothing if it ends with its own."""
    return "" if text.rstrip().endswith(_STOPS) else "."


def _named_tool(text: str, tools: Mapping[str, ToolSpec]) -> ToolSpec | None:
    """Return the tool with the longest name in the text, as it is or with spaces in it."""
    if not tools:
        return None
    said = f" {_words(text)} "
    for name in sorted(tools, key=len, reverse=True):
        if f" {_words(name)} " in said:
            return tools[name]
    return None


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def example_arguments(parameters: str, text: str) -> JsonObject:
    """Return arguments that fit a tool's JSON schema; free texts are what the user said.

    An unsound schema gets no arguments.
    """
    try:
        example = _example(parse(parameters.encode()), text)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        return {}
    return example if isinstance(example, dict) else {}


def _example(schema: Any, text: str) -> Any:
    if not isinstance(schema, dict):
        return _SAID
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if schema.get(key):
            return schema[key][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind == "object":
        properties = schema.get("properties", {})
        required = schema.get("required", list(properties))
        return {name: _example(properties.get(name, {}), text) for name in required}
    if kind == "array":
        return [_example(schema.get("items", {}), text)]
    if kind in ("integer", "number"):
        return _number_in(text, schema)
    return {"boolean": True, "null": None}.get(kind, _SAID)


def _number_in(text: str, schema: Mapping[str, Any]) -> float:
    """Return the first number that the user said, else the smallest that the schema allows."""
    found = re.search(r"\d{1,15}", text)
    value = int(found[0]) if found else schema.get("minimum", 1)
    return within(schema, value)


def search_result(parameters: str) -> JsonObject:
    """Return an empty result of a web search, in the shape that web_search answers."""
    query = json.loads(parameters).get("query", "")
    return {
        "summary": f"The emulator has no web. It would have searched for: {query}",
        "references": [],
    }
