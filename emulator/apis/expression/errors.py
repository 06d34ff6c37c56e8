"""The errors of Expression Measurement, and its words for errors that the machinery raises.

An error of the API is {type, code, message, request_id}; an answer of the gateway in front of it
has no type and no code (docs/protocol.md#errors-of-expression-measurement).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emulator.error_shapes import NamedError, Refused
from emulator.errors import (
    ApiError,
    ErrorText,
    Loc,
    Problem,
    ValidationFailed,
    nearest_word,
    pointer,
)
from emulator.ids import IdSource
from emulator.jsontext import JsonObject
from emulator.openapi.strictness import EXTRA

_AUDIO = "/audio/"  # of the paths that take audio
_WRONG_MEDIA_TYPE = "model_attributes_type"  # of a whole body: its Content-Type is another
_MISSING = "missing"
CONFIG: Loc = ("body", "config")
_FILE: Loc = ("body", "file")
_AUDIO_FIELDS = ("measurement_timer_ms",)  # of a configuration
VIDEO_FIELDS = ("face", "face_state")
FACE_FIELDS = ("threshold", "min_size", "return_face_state")
_GATEWAY = (401, 429)  # statuses whose answers come from the gateway
_KEY_REFUSED = "oauth.v2.InvalidApiKey"
_IDS = IdSource()  # for requests that belong to no world


@dataclass(frozen=True, slots=True)
class ExpressionErrorText:
    """One kind of error; a `status` of None belongs to frames of the WebSockets alone."""

    code: str
    status: int | None
    message: str


# By code. Faults may ask for each, so the messages here are those of faults.
EXPRESSION_ERRORS: Mapping[str, ExpressionErrorText] = {
    text.code: text
    for text in (
        ExpressionErrorText("message_invalid", 400, "The message can't be read."),
        ExpressionErrorText("config_invalid", 400, "The configuration is not valid."),
        ExpressionErrorText("audio_decode_failed", 400, "The audio can't be decoded."),
        ExpressionErrorText("image_decode_failed", 400, "The image can't be decoded."),
        ExpressionErrorText("invalid_request", 400, "The request is not valid."),
        ExpressionErrorText("forbidden", 403, "The account may not use this API."),
        ExpressionErrorText("not_found", 404, "There is no such run."),
        ExpressionErrorText("method_not_allowed", 405, "The path does not allow the method."),
        ExpressionErrorText("audio_too_long", 413, "The audio is too long."),
        ExpressionErrorText("image_too_large", 413, "The image is too large."),
        ExpressionErrorText("unsupported_media_type", 415, "The media type is not supported."),
        ExpressionErrorText("internal_error", 500, "Something went wrong."),
        ExpressionErrorText("server_busy", 503, "The server is busy: try again later."),
        ExpressionErrorText("invalid_audio_frame", None, "The frame holds no audio."),
        ExpressionErrorText("invalid_image_frame", None, "The frame is no image."),
        ExpressionErrorText("rate_limited", None, "The frame came too early."),
        ExpressionErrorText("message_too_large", None, "The message is too large."),
    )
}
NAMED_ERRORS = [
    NamedError(text.code, text.code, text.message, text.status)
    for text in EXPRESSION_ERRORS.values()
]

_CODES: Mapping[int, str] = {
    400: "invalid_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "image_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    503: "server_busy",
}

# The control routes' own, in the shape that all of them have.
RUN_UNKNOWN = ErrorText(
    404,
    "run_not_found",
    "No run has the ID {id} in this world: GET /_emulator/expression/runs lists all.",
)
SCRIPT_UNREADABLE = ErrorText(400, "script_unreadable", "{problem}")


def request_error(code: str, message: str) -> ApiError:
    """Return the error of a code, to which `reworded` gives the id of the request."""
    status = EXPRESSION_ERRORS[code].status
    assert status is not None, "a code of frames"
    return ApiError(status, _envelope(code, message))


def run_not_found(run_id: str) -> ApiError:
    """Return the error for a run that is not there, or no longer."""
    return request_error(
        "not_found", f"No run has the ID {run_id}: GET /v1/expression/run lists the newest 1,000."
    )


def error_body(status: int, message: str, code: str) -> JsonObject:
    """Return the body of an error that the machinery gives: of a fault, its code."""
    if status in _GATEWAY:
        return {"message": message}
    default = "internal_error" if status >= 500 else "invalid_request"
    known = EXPRESSION_ERRORS.get(code)
    is_known = known is not None and known.status is not None
    return _envelope(code if is_known else _CODES.get(status, default), message)


def reworded(error: ApiError, refused: Refused) -> ApiError:
    """Return any error of a request as the API answers it."""
    if error.status == 401:
        return ApiError(401, _of_gateway(error), error.headers)
    if isinstance(error, ValidationFailed):
        error = _of_problems(error.problems, _AUDIO in refused.path)
    body = error.body if "type" in error.body else _of_machinery(error, refused)
    if error.status not in _GATEWAY:
        body = {**body, "request_id": (refused.ids or _IDS).uuid()}
    return ApiError(error.status, body, error.headers, error.hint, error.code)


def _of_gateway(error: ApiError) -> JsonObject:
    """Return the body of a 401, which has the id of a request whose key was refused."""
    fault = error.body.get("fault")
    if not isinstance(fault, dict):
        return dict(error.body)
    is_refused = fault["detail"]["errorcode"] == _KEY_REFUSED
    more = {"request_id": _IDS.uuid()} if is_refused else {}
    return {"message": fault["faultstring"], **more}


def _of_machinery(error: ApiError, refused: Refused) -> JsonObject:
    message = str(error.body.get("message", ""))
    if error.status == 413 and _AUDIO in refused.path:
        return _envelope("audio_too_long", message)
    return error_body(error.status, message, error.code)


def _of_problems(problems: Sequence[Problem], is_audio: bool) -> ApiError:
    """Return the error for a request that does not match the document."""
    first = problems[0]
    if first.loc == ("body",) and first.type == _WRONG_MEDIA_TYPE:
        what = first.msg.partition("; ")[2]
        message = f"{what[:1].upper()}{what[1:]}: send a form with a part named file."
        return request_error("unsupported_media_type", message)
    of_config = [each for each in problems if each.loc[:2] == CONFIG]
    if of_config:
        return request_error("config_invalid", _sentence(of_config, is_audio))
    code = "message_invalid" if first.loc[0] == "body" else "invalid_request"
    return request_error(code, _sentence(problems, is_audio))


def _sentence(problems: Sequence[Problem], is_audio: bool) -> str:
    """Return what is wrong and where, in one sentence."""
    parts = (f"{pointer(each.loc[1:])}: {_in_words(each, is_audio)}" for each in problems)
    return "; ".join(parts).removeprefix("/: ")


def _in_words(problem: Problem, is_audio: bool) -> str:
    """Return what is wrong; of an unknown field, which one was probably meant."""
    if problem.type == _MISSING and problem.loc == _FILE:
        return f"{problem.msg}: name the part with the media 'file'"
    if problem.type != EXTRA or problem.loc[:2] != CONFIG:
        return problem.msg
    where, name = ".".join(map(str, problem.loc[1:-1])), str(problem.loc[-1])
    known = _AUDIO_FIELDS if is_audio else VIDEO_FIELDS if where == "config" else FACE_FIELDS
    meant = nearest_word(name, known)
    if meant is None and known is VIDEO_FIELDS:
        inner = name if name in FACE_FIELDS else nearest_word(name, FACE_FIELDS)
        meant = inner and f"face.{inner}"
    hint = f" (did you mean {meant!r}?)" if meant else ""
    return f"{where} has no field {name!r}{hint}; it takes {', '.join(known)}"


def _envelope(code: str, message: str) -> JsonObject:
    return {"type": "error", "code": code, "message": message}
