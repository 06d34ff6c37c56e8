"""Findings about the frames that a chat's client sends."""

from base64 import b64decode
from collections.abc import Collection, Sequence
from string import ascii_letters, digits
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError

from emulator.apis.evi.chat.frames import ErrorFrame
from emulator.apis.evi.chat.messages import ClientMessage, client_message
from emulator.apis.evi.strictness import FRAME, message_fields
from emulator.contract.findings import MOST_AT_ONCE, Finding, find
from emulator.contract.refusals import in_words
from emulator.contract.values import judge_use
from emulator.errors import nearest
from emulator.jsontext import Json, read_or_none
from emulator.openapi.fields import use_of

CLIENT_TYPES = tuple(each.model_fields["type"].default for each in get_args(ClientMessage))
BINARY = "(binary audio)"  # the coverage's name of a binary frame
_ANSWERS = ("tool_response", "tool_error")
_BASE64 = (ascii_letters + digits + "+/").encode()

# Kinds of findings by the slug of an error frame, for errors that a client can cause.
FINDING_BY_ERROR = {
    "audio_refused": "audio_refused",
    "transcription_failure": "audio_undecodable",
    "variable_missing": "variable_missing",
    "config_not_found": "chat_refused",
    "chat_group_not_found": "chat_refused",
}
# A client that joined a chat can cause these errors; it also gets errors that others cause.
ERRORS_BY_JOINED = ("audio_refused",)
# Errors for which the client's own frame already has a finding.
FINDING_BY_FRAME_ERROR = {
    "invalid_json": "frame_invalid",
    "payload_parse": "frame_invalid",
    "tool_call_unknown": "tool_call_unknown",
}
# Errors that the emulator, the script, a limit or the time causes, or that come only on request.
ERRORS_WITHOUT_FINDING = (
    "audio_decoder_missing",
    "brain_failed",
    "custom_language_model_disconnected",
    "custom_language_model_error",
    "custom_language_model_timed_out",
    "inactivity_timeout",
    "max_duration_timeout",
    "script_exhausted",
    "script_unmatched",
    "text_too_long",
    "too_many_events",
    "transcription_disconnected",
    "uncaught",
)


class Judged(NamedTuple):
    """The findings about a frame, the names of its known fields, and the message that it is.

    The message is None if values must be coerced before it can be read.
    """

    findings: Sequence[Finding]
    used: Sequence[str] = ()
    message: ClientMessage | None = None


def judge_frame(
    content: Json, waiting: Collection[str] = (), excused: Collection[str] = ()
) -> Judged:
    """Judge a text frame's content; `waiting` has the ids of calls that wait for an answer.

    `excused` has the ids of calls whose turn was interrupted before the answer came.
    """
    kind = content.get("type") if isinstance(content, dict) else None
    if kind is not None and kind not in CLIENT_TYPES:
        known = ", ".join(CLIENT_TYPES)
        hint = nearest(str(kind), CLIENT_TYPES)
        return Judged([find("frame_unknown", (*FRAME, "type"), kind, known=known, hint=hint)])
    use = use_of(message_fields(), content, FRAME)
    message, generous = _read(content, strict=True)
    wrong = generous and _read(content)[1]
    if wrong:
        findings = [_finding("frame_invalid", each, "problem") for each in wrong]
        return Judged([*findings, *judge_use(use)])
    if kind == "audio_input" and not is_base64(content["data"]):
        found = find("frame_invalid", (*FRAME, "data"), content["data"], problem="base64")
        return Judged([found, *judge_use(use)])
    findings = [_finding("value_coerced", each, "expected") for each in generous]
    findings += [each for each in judge_use(use) if each.code != "value_coerced"]
    if kind in _ANSWERS and content["tool_call_id"] not in (*waiting, *excused):
        findings.append(_unknown_call(content["tool_call_id"], waiting))
    return Judged(findings, use.known, message)


def judge_broken_frame(message: str) -> Finding:
    """Return the finding about a text frame that is not JSON."""
    return find("frame_invalid", FRAME, None, problem=f"JSON ({message})")


def judge_error(frame: ErrorFrame) -> Sequence[Finding]:
    """Judge an error frame to the client, which is a finding if the client has caused it."""
    code = FINDING_BY_ERROR.get(frame["slug"])
    if code is None or frame.cause is None:
        return ()
    return [find(code, ("frame",), frame["code"], message=frame["message"], cause=frame.cause)]


def judge_sound(data: bytes) -> Sequence[Finding]:
    """Judge a binary frame: a message sent in one would be taken for sound silently."""
    if not data.startswith(b"{"):
        return ()
    content = read_or_none(data)
    kind = content.get("type") if isinstance(content, dict) else None
    return (find("message_in_bytes", FRAME, kind),) if kind in CLIENT_TYPES else ()


def is_base64(text: str) -> bool:
    """True if the text can be decoded. This check is five times as fast as decoding."""
    return _is_plain_base64(text) or _decodes(text)


def _is_plain_base64(text: str) -> bool:
    if len(text) % 4 != 0 or not text.isascii():
        return False
    padding = text.encode().translate(None, _BASE64).decode()
    return padding in ("", "=", "==") and text.endswith(padding)


def _decodes(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def _unknown_call(id: str, waiting: Collection[str]) -> Finding:
    known = f"one of {', '.join(sorted(waiting))}" if waiting else "no answer: no call waits"
    hint = nearest(id, sorted(waiting)) or "echo the tool_call_id of the tool_call"
    return find("tool_call_unknown", (*FRAME, "tool_call_id"), id, known=known, hint=hint)


def _read(content: Json, strict: bool = False) -> tuple[ClientMessage | None, Sequence[Any]]:
    """Return the message of a frame, or its problems."""
    try:
        return client_message.validate_python(content, strict=strict), ()
    except ValidationError as error:
        return None, error.errors(include_url=False, include_context=False)[:MOST_AT_ONCE]


def _finding(code: str, problem: Any, word: str) -> Finding:
    """Return the finding about a problem of a frame; pydantic's place begins with the type."""
    loc = (*FRAME, *problem["loc"][1:])
    got = None if problem["type"] in ("missing", "union_tag_not_found") else problem["input"]
    return find(code, loc, got, **{word: in_words(problem["type"], problem["msg"])})
