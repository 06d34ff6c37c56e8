"""Kinds of findings about clients of Expression Measurement."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emulator.apis.expression.media import other_format
from emulator.contract.findings import ERROR, WARNING, Finding, FindingKind, find
from emulator.errors import Loc
from emulator.jsontext import JsonObject

if TYPE_CHECKING:
    from emulator.api import UploadedFile

EXPRESSION_FINDINGS: Mapping[str, FindingKind] = {
    "media_mislabelled": FindingKind(
        WARNING,
        "the Content-Type of an uploaded file is not that of its content, by which it is read",
        "{expected}",
    ),
    "measurement_refused": FindingKind(
        ERROR, "an expression socket answers a message with an error", "{message}"
    ),
    "media_in_container": FindingKind(
        WARNING,
        "audio that comes to an expression socket begins as a file does; all bytes are measured as "
        "samples",
        "samples without a header",
        "{hint}",
    ),
    "media_too_fast": FindingKind(
        WARNING,
        "audio or images come to an expression socket faster than it takes them",
        "{message}",
    ),
}
_RIFF = b"RIFF"
_OF_SAMPLES, _OF_WAV, _OF_JPEG = "application/octet-stream", "audio/wav", "image/jpeg"
_SAME_AS_WAV = ("audio/wave", "audio/x-wav", "audio/vnd.wave")


def judge_file(file: "UploadedFile", endpoint: str, loc: Loc) -> Sequence[Finding]:
    """Return a finding about a file whose label is wrong."""
    given = (file.content_type or "").partition(";")[0].strip().lower()
    if endpoint == "video":
        expected = _OF_JPEG
    else:
        expected = _OF_WAV if file.content.startswith(_RIFF) else _OF_SAMPLES
    if given == expected or (expected == _OF_WAV and given in _SAME_AS_WAV):
        return ()
    return (find("media_mislabelled", loc, given or None, expected=expected),)


def judge_first_frame(data: bytes) -> Sequence[Finding]:
    """Return a finding about a session's first audio if it begins as a file does."""
    kind = "WAV" if data.startswith(_RIFF) else other_format(data)
    if kind is None:
        return ()
    hint = "leave out the header" if kind == "WAV" else "decode it first"
    return (find("media_in_container", ("frame",), kind, hint=hint),)


def judge_errors(messages: Sequence[JsonObject]) -> Sequence[Finding]:
    """Return a finding about the client for each error that a socket answers it with."""
    return [
        find(_kind_of(each["code"]), ("frame",), each["code"], message=each["message"])
        for each in messages
        if each["type"] == "error" and each["code"] != "internal_error"
    ]


def _kind_of(code: str) -> str:
    return "media_too_fast" if code == "rate_limited" else "measurement_refused"
