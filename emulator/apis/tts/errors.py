"""The texts of text-to-speech's errors, and their three shapes.

A refused request has an envelope, a stream that has begun has an error line, and a socket has the
envelope in a frame (docs/protocol.md#errors-of-text-to-speech).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from emulator.error_shapes import NamedError
from emulator.errors import ApiError, ErrorText, body_of
from emulator.jsontext import JsonObject, parse, render


@dataclass(frozen=True, slots=True)
class TtsErrorText:
    """One kind of error; `message` is a format string. `ends` is True if it ends a socket.

    The code E0300 was seen on the service, as were E0100, E0101 and I0100 in its other products.
    Codes with EMU are errors whose code nobody has published.
    """

    status: int
    code: str
    slug: str
    message: str
    ends: bool = False


TTS_ERRORS: Mapping[str, TtsErrorText] = {
    text.slug: text
    for text in (
        TtsErrorText(
            400,
            "E0300",
            "zero_credits",
            "Exhausted credit balance. Visit platform.hume.ai/billing to manage your account.",
            ends=True,
        ),
        TtsErrorText(
            400,
            "EMU20",
            "monthly_characters_exceeded",
            "The plan's characters of this month are used up.",
            ends=True,
        ),
        TtsErrorText(429, "EMU21", "rate_limit_exceeded", "Too many requests in a minute."),
        TtsErrorText(500, "I0100", "uncaught", "An unexpected error occurred.", ends=True),
        TtsErrorText(400, "E0100", "invalid_json", "The frame is not valid JSON: {problem}."),
        TtsErrorText(400, "E0101", "payload_parse", "The frame is not a message: {problem}."),
        TtsErrorText(
            400,
            "E0101",
            "voice_required",
            "{what} has no voice, and {why} needs one: give it a voice, or a context whose "
            "generation has one{more}.",
        ),
        TtsErrorText(
            400,
            "E0101",
            "instant_mode_single_generation",
            "With instant mode, num_generations must be 1 or left out, got {got}: ask for one, or "
            "set instant_mode to false.",
        ),
        TtsErrorText(
            400,
            "E0101",
            "instant_mode_unsupported",
            "Only streamed answers have instant mode: use /v0/tts/stream/json or "
            "/v0/tts/stream/file, or leave instant_mode out.",
        ),
        TtsErrorText(
            400,
            "E0101",
            "description_unsupported",
            "Utterance {index} has a description, which version 2 does not take: leave it out, or "
            "ask for version '1'.",
        ),
        TtsErrorText(
            400,
            "E0101",
            "voice_incompatible",
            "The voice {name!r} of utterance {index} works with version {known}, and not with "
            "version {version}{why}.",
        ),
        TtsErrorText(400, "E0101", "voice_not_found", "{problem}"),
        TtsErrorText(
            400,
            "E0101",
            "generation_not_found",
            "No generation has the ID {id}: a context takes the generation_id of an answer.",
        ),
        TtsErrorText(
            400,
            "E0101",
            "generation_too_long",
            "This would be more than {limit} s of speech, the most that one request may make: send "
            "less text, or serve with a higher --max-generation-seconds.",
        ),
        TtsErrorText(400, "E0200", "audio_undecodable", "The audio can't be read: {problem}."),
        TtsErrorText(
            400,
            "E0101",
            "audio_too_long",
            "The audio lasts more than {limit} s, the most that one request may convert: send a "
            "shorter one, or serve with a higher --max-generation-seconds.",
        ),
    )
}

# The control routes' own, in the shape that all of them have.
GENERATION_UNKNOWN = ErrorText(
    404,
    "generation_not_found",
    "No generation has the ID {id} in this world: GET /_emulator/tts/generations lists all.",
)
SOUND_UNREADABLE = ErrorText(400, "sound_unreadable", "{problem}.")
SOUND_UNKNOWN = ErrorText(
    404,
    "sound_not_found",
    "The text {got!r} has no sound of its own{hint}: GET /_emulator/tts/sounds lists all that do.",
)


def tts_error(slug: str, **values: object) -> ApiError:
    """Return the error of a kind, as a refused request has it."""
    text = TTS_ERRORS[slug]
    return ApiError(text.status, envelope(text, text.message.format(**values)), code=slug)


def envelope(text: TtsErrorText, message: str) -> JsonObject:
    """Return the body of a refused request, or the frame of a socket."""
    details = {"type": "error", "code": text.code, "slug": text.slug}
    return {"status_code": text.status, "message": message, "details": details}


def error_body(status: int, message: str, code: str) -> object:
    """Return the body of an error answer; the gateway's and those of validation are as elsewhere.

    `code` is the slug of an error, or any other word.
    """
    if status in (401, 422):
        return body_of(status, message, code)
    known = TTS_ERRORS.get(code)
    text = known or TtsErrorText(status, "I0100" if status >= 500 else "E0101", code, message)
    return {**envelope(text, message), "status_code": status}


def error_line(error: NamedError, line: bytes) -> bytes:
    """Return the line that ends a stream, instead of another line whose request id it takes."""
    found = parse(line) if line.startswith(b"{") else {}
    request_id = found.get("request_id", "")
    content = {"type": "error", "code": error.code, "slug": error.slug, "message": error.message}
    return render({**content, "request_id": request_id}) + b"\n"


_VALUE = re.compile(r"\{[^{}]*\}")


def message_of_fault(text: TtsErrorText) -> str:
    """Return the message of an error that a fault asks for: nothing gives it values."""
    return _VALUE.sub("...", text.message)


NAMED_ERRORS = [
    NamedError(text.code, text.slug, message_of_fault(text), text.status)
    for text in TTS_ERRORS.values()
]
