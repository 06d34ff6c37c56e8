"""A question to a language model: one request, for one turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.model.brain import as_servers_want
from emulator.apis.evi.model.conversation import Said
from emulator.apis.evi.model.source import ModelSource
from emulator.jsontext import JsonObject, JsonTextError, parse

GREETING_REQUEST = "Speak your greeting to the user."  # as the service was seen to write it
_DEFAULT_NAMES = {True: "hume", False: "default"}  # of a model without a name, by is_custom
_DEGREES = (  # in words, each from this score on
    ("extremely", 0.7),
    ("very", 0.5),
    ("quite", 0.3),
    ("slightly", 0.15),
    ("very slightly", 0.0),
)
_SHOWN_EXPRESSIONS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a language model; `number` counts the user's turns of the chat, from 1."""

    id: str
    number: int
    source: ModelSource
    body: JsonObject
    session_id: str | None = None  # known so far
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Situation:
    """The parts of a question besides the conversation."""

    prompt: str
    prompt_is_own: bool  # the session's settings gave it
    tools: Mapping[str, ToolSpec]
    session_id: str | None = None
    key: str | None = None
    context: str | None = None
    instruction: str | None = None  # asks for a greeting, in the user's place
    instructs_as: str = "user"  # the role of its message
    prefix: str | None = None  # an instruction before, which the next user message repeats


def new_question(
    id: str, number: int, source: ModelSource, said: Sequence[Said], situation: Situation
) -> Question:
    """Return the question that a chat asks in this situation."""
    messages = list(_messages(source, said, situation))
    body: JsonObject = {
        "messages": messages,
        "model": source.name or _DEFAULT_NAMES[source.is_custom],
    }
    body["stream"] = True
    if situation.tools:
        body["tools"] = [_tool(each) for each in situation.tools.values()]
    if source.temperature is not None and not source.is_custom:
        body["temperature"] = source.temperature
    key = situation.key if source.is_custom else source.key
    session_id = situation.session_id if source.is_custom else None
    return Question(id, number, source, body, session_id, key)


def _messages(
    source: ModelSource, said: Sequence[Said], situation: Situation
) -> Iterable[JsonObject]:
    is_wanted = source.system == "always" and (situation.prompt or source.is_custom)
    if is_wanted or (source.system == "session" and situation.prompt_is_own):
        yield {"role": "system", "content": situation.prompt}
    told = _as_told(source, said, situation)
    for each in told if source.is_custom else as_servers_want(told, GREETING_REQUEST):
        yield each.to_message(with_extras=source.is_custom)


def _as_told(source: ModelSource, said: Sequence[Said], situation: Situation) -> Iterable[Said]:
    """Yield what was said, changed as the source's quirks and the situation want it."""
    quirks, last = source.quirks, _last_user(said)
    for index, each in enumerate(said):
        told = each
        if each.role == "user" and "expression_suffix" in quirks and each.scores:
            told = replace(told, text=f"{told.text} {expressions(each.scores)}")
        if index == last and situation.prefix is not None:
            told = replace(told, text=f"{situation.prefix} {told.text}")
        if index == last and situation.context and not source.is_custom:
            told = replace(told, text=f"{told.text} {{Context: {situation.context}}}")
        if index == last and "superset_finals" in quirks:
            yield from _beginnings(told)
        yield told
        if index == last and "duplicate_last_message" in quirks:
            yield told
    if situation.instruction is not None:
        yield Said(situation.instructs_as, situation.instruction)


def _last_user(said: Sequence[Said]) -> int | None:
    users = (index for index in reversed(range(len(said))) if said[index].role == "user")
    return next(users, None)


def _beginnings(said: Said) -> Iterable[Said]:
    """Yield the first third and two thirds of a message's words."""
    words = said.text.split()
    for third in (1, 2):
        count = len(words) * third // 3
        if count:
            yield replace(said, text=" ".join(words[:count]))


def expressions(scores: Mapping[str, float]) -> str:
    """Return the strongest expressions in words, such as {very calm, slightly amused}."""
    strongest = sorted(scores.items(), key=lambda scored: -scored[1])[:_SHOWN_EXPRESSIONS]
    parts = (f"{_degree(score)} {name.lower()}" for name, score in strongest)
    return f"{{{', '.join(parts)}}}"


def _degree(score: float) -> str:
    return next(word for word, least in _DEGREES if score >= least)


def _tool(tool: ToolSpec) -> JsonObject:
    function: JsonObject = {"name": tool.name, "parameters": _schema(tool.parameters)}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _schema(text: str) -> Any:
    try:
        return parse(text.encode())
    except JsonTextError:  # a tool whose parameters are not JSON was accepted all the same
        return {"type": "object", "properties": {}}
