"""Transcripts of recorded chats: turn by turn, as the steps of a script."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from emulator.apis.evi.chat.script import PLACEHOLDER, SCRIPTED_ERRORS
from emulator.extras.recording.format import NORMAL, Conversation, Frame, Recording
from emulator.jsontext import Json, JsonObject, JsonTextError, parse

_VARIABLE = re.compile(r"\{\{(.*?)\}\}")
_SHORTEST_PAUSE_MS = 50
_CUT_SHORT = "60s"
_TIMEOUTS = ("inactivity_timeout", "max_duration_timeout")  # errors that come by themselves
_UNANSWERED = ("script_unmatched", "script_exhausted")
_SENT_AS_THEY_ARE = ("assistant_input", "pause_assistant_message", "resume_assistant_message")


@dataclass
class Turn:
    """A turn of the user, and the steps with which the assistant answered."""

    text: str
    number: int
    steps: list[JsonObject] = field(default_factory=list)
    is_unanswered: bool = False  # by a strict script


@dataclass
class Transcript:
    """One chat. `user`, `tools` and `settings` are what a simulation of it needs."""

    conversation: Conversation
    number: int
    turns: list[Turn] = field(default_factory=list)
    user: list[JsonObject] = field(default_factory=list)
    tools: dict[str, JsonObject] = field(default_factory=dict)
    settings: JsonObject | None = None
    notes: list[str] = field(default_factory=list)


def transcripts(recording: Recording, pauses: bool = False) -> list[Transcript]:
    """Return the chats of a recording, numbered from 1, without refused and joined ones.

    `pauses` keeps how long user and assistant took.
    """
    opened = [each for each in recording.conversations() if is_chat(each)]
    return [_Reading(each, number, pauses).read() for number, each in enumerate(opened, 1)]


def is_chat(conversation: Conversation) -> bool:
    """True if a WebSocket was opened as a chat and the server began one."""
    path = "/" + conversation.opened.path.strip("/")
    return path == "/v0/evi/chat" and any(f.type == "chat_metadata" for f in conversation.frames)


class _Reading:
    """Turns a conversation into a transcript."""

    def __init__(self, conversation: Conversation, number: int, pauses: bool) -> None:
        self._transcript = Transcript(conversation, number)
        self._pauses = pauses
        self._before_ms = conversation.opened.at_ms
        self._calls: dict[str, str] = {}  # tools by the id of their call
        self._turn: Turn | None = None
        self._is_over = False  # the assistant has finished its turn
        self._interrupts = False
        self._failed = False  # by an error, which may end the chat
        self._inputs: list[str] = []  # what the client had the assistant say
        self._unasked: list[str] = []

    def read(self) -> Transcript:
        for frame in self._transcript.conversation.frames:
            value = frame.content.value
            if isinstance(value, dict):
                self._take(frame, value)
                self._before_ms = frame.at_ms
            elif frame.content.cut is not None:
                self._note(f"line {frame.line}: a frame was too large to be kept")
        self._hang_up()
        if self._unasked:
            said = "; ".join(repr(text) for text in self._unasked[:3])
            self._note(
                f"{len(self._unasked)} messages answer no turn (the config's event messages and "
                f"nudges say such): {said}"
            )
        return self._transcript

    def _hang_up(self) -> None:
        """Add a step that hangs up if the server closed without an error: the assistant hung up."""
        closed = self._transcript.conversation.closed
        by_server = closed is not None and closed.sender == "server" and closed.code == NORMAL
        steps = self._turn.steps if self._turn is not None else [{"hang_up": True}]
        if by_server and not self._failed and {"hang_up": True} not in steps:
            steps.append({"hang_up": True})

    def _note(self, message: str) -> None:
        self._transcript.notes.append(f"chat {self._transcript.number}: {message}")

    def _take(self, frame: Frame, value: JsonObject) -> None:
        take = getattr(self, f"_{frame.sender}_{frame.type}", None)
        if take is not None:
            take(frame, value)
        elif frame.sender == "client" and frame.type in _SENT_AS_THEY_ARE:
            self._transcript.user.append({"send": value})

    # the client

    def _client_session_settings(self, frame: Frame, value: JsonObject) -> None:
        settings = {k: v for k, v in value.items() if k != "language_model_api_key"}
        if self._transcript.settings is None and not self._transcript.turns:
            self._transcript.settings = {k: v for k, v in settings.items() if k != "type"}
        else:
            self._transcript.user.append({"send": settings})

    def _client_assistant_input(self, frame: Frame, value: JsonObject) -> None:
        self._inputs.append(str(value.get("text", "")))
        self._transcript.user.append({"send": value})

    def _client_tool_response(self, frame: Frame, value: JsonObject) -> None:
        self._answer_tool(value, {"content": _json_or_text(value.get("content", ""))})

    def _client_tool_error(self, frame: Frame, value: JsonObject) -> None:
        content = {} if value.get("content") is None else {"content": value["content"]}
        self._answer_tool(value, {"error": str(value.get("error", "")), **content})

    def _answer_tool(self, value: JsonObject, answer: JsonObject) -> None:
        self._is_over = False
        name = self._calls.get(str(value.get("tool_call_id")))
        if name is None:
            return
        if self._transcript.tools.setdefault(name, answer) != answer:
            self._note(f"tool {name!r} gave different answers; a simulation gives the first")

    # the server

    def _server_user_message(self, frame: Frame, value: JsonObject) -> None:
        if value.get("interim"):
            return
        text = _said(value)
        self._pause(self._transcript.user, frame, "wait")
        action = "type" if value.get("from_text") else "interrupt" if self._interrupts else "say"
        self._transcript.user.append({action: text})
        self._interrupts = self._is_over = False
        self._turn = Turn(text, len(self._transcript.turns) + 1)
        self._transcript.turns.append(self._turn)

    def _server_user_interruption(self, frame: Frame, value: JsonObject) -> None:
        self._interrupts = True
        if self._turn is not None and not self._is_over:
            self._turn.steps.append({"pause": _CUT_SHORT})  # it would have gone on

    def _server_assistant_message(self, frame: Frame, value: JsonObject) -> None:
        text = _said(value)
        if value.get("from_text") or any(text in said for said in self._inputs):
            return
        if self._turn is None or self._is_over:
            self._unasked.append(text)
            return
        quick = {"quick": True} if value.get("is_quick_response") else {}
        self._add(frame, {"say": without_placeholders(text), **quick})

    def _server_assistant_end(self, frame: Frame, value: JsonObject) -> None:
        self._is_over = True

    def _server_tool_call(self, frame: Frame, value: JsonObject) -> None:
        name = str(value.get("name"))
        self._calls[str(value.get("tool_call_id"))] = name
        parameters = _json_or_text(value.get("parameters"))
        parameters = without_placeholders(parameters) if isinstance(parameters, dict) else {}
        self._is_over = False
        if value.get("tool_type") != "builtin":
            more = {"parameters": parameters} if parameters else {}
            self._add(frame, {"call_tool": name, **more})
        elif name == "hang_up":
            self._add(frame, {"hang_up": True})
        else:
            self._add(frame, {"web_search": str(parameters.get("query", ""))})

    def _server_tool_response(self, frame: Frame, value: JsonObject) -> None:
        content = without_placeholders(_json_or_text(value.get("content", "")))
        self._answer_builtin(frame, {"result": content})

    def _server_tool_error(self, frame: Frame, value: JsonObject) -> None:
        self._answer_builtin(frame, {"error": str(value.get("error", ""))})

    def _answer_builtin(self, frame: Frame, answer: JsonObject) -> None:
        """Give a web search its result; the service may send the result without a call before."""
        steps = self._turn.steps if self._turn else []
        if not steps or steps[-1].keys() != {"web_search"}:
            query = without_placeholders(self._turn.text) if self._turn else ""
            self._add(frame, {"web_search": query})
        if steps:
            steps[-1].update(answer)

    def _server_error(self, frame: Frame, value: JsonObject) -> None:
        slug = str(value.get("slug"))
        self._failed = True
        if slug in _UNANSWERED and self._turn is not None:
            self._turn.is_unanswered = True
        elif slug in SCRIPTED_ERRORS and slug not in _TIMEOUTS and self._turn is not None:
            self._add(frame, {"error": slug, "message": str(value.get("message", ""))})
        elif slug in SCRIPTED_ERRORS:
            self._note(f"line {frame.line}: the error {slug!r} answers no turn")

    def _add(self, frame: Frame, step: JsonObject) -> None:
        if self._turn is None:
            self._note(f"line {frame.line}: {next(iter(step))!r} answers no turn")
            return
        self._pause(self._turn.steps, frame, "pause")
        self._turn.steps.append(step)

    def _pause(self, steps: list[JsonObject], frame: Frame, action: str) -> None:
        gap_ms = frame.at_ms - self._before_ms
        if self._pauses and gap_ms >= _SHORTEST_PAUSE_MS:
            steps.append({action: f"{gap_ms:.0f}ms"})


def _said(value: JsonObject) -> str:
    message = value.get("message")
    return str(message.get("content") or "") if isinstance(message, dict) else ""


def _json_or_text(text: Any) -> Json:
    """Return the value of a JSON object or list, and any other text as it is."""
    if not isinstance(text, str) or text[:1] not in ("{", "["):
        return text
    try:
        return parse(text.encode())
    except JsonTextError:
        return text


def without_placeholders(value: Json) -> Json:
    """Return a value whose texts have parentheses for the braces that a script would fill in."""
    if isinstance(value, str):
        plain = _VARIABLE.sub(r"((\1))", value)
        return PLACEHOLDER.sub(lambda found: f"({found[0][1:-1]})", plain)
    if isinstance(value, dict):
        return {name: without_placeholders(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_placeholders(item) for item in value]
    return value


def _lost_settings(transcript: Transcript) -> Iterator[str]:
    """Yield notes on what the query of a chat asked for and a simulation lacks."""
    if "session_settings" in transcript.conversation.opened.query:
        yield f"chat {transcript.number}: the session settings of its query are not in the script"


def all_notes(found: Iterable[Transcript]) -> list[str]:
    """Return the notes of all transcripts."""
    return [
        note for transcript in found for note in (*transcript.notes, *_lost_settings(transcript))
    ]
