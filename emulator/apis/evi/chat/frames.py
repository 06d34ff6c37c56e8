"""The server's frames, as JSON objects.

Unknown fields are left out, and scores are JSON text already. The models of `chat/messages` say
what each field may hold, and the tests check every frame against them; building a model for each
frame would cost more than the rest of a turn.
"""

from emulator.apis.evi.chat.prosody import Scores
from emulator.jsontext import JsonObject


def chat_metadata(chat_id: str, chat_group_id: str, request_id: str) -> JsonObject:
    return {
        "type": "chat_metadata",
        "chat_id": chat_id,
        "chat_group_id": chat_group_id,
        "request_id": request_id,
    }


def user_message(
    text: str, scores: Scores | None, begin_ms: int, end_ms: int, interim: bool
) -> JsonObject:
    """Make the frame of a user message, said from `begin_ms` to `end_ms` of the chat.

    A typed message has no scores.
    """
    return {
        "type": "user_message",
        "message": {"role": "user", "content": text},
        "models": _models(scores),
        "time": {"begin": begin_ms, "end": end_ms},
        "from_text": scores is None,
        "interim": interim,
    }


def user_interruption(time_ms: int) -> JsonObject:
    return {"type": "user_interruption", "time": time_ms}


def assistant_message(
    id: str, text: str, from_text: bool, is_quick_response: bool, scores: Scores | None = None
) -> JsonObject:
    """Make the frame of one sentence. Without `scores`, they follow; `id` has 32 hex digits."""
    return {
        "type": "assistant_message",
        "id": id,
        "message": {"role": "assistant", "content": text},
        "models": _models(scores),
        "from_text": from_text,
        "is_quick_response": is_quick_response,
    }


def assistant_prosody(id: str, scores: Scores) -> JsonObject:
    return {"type": "assistant_prosody", "id": id, "models": _models(scores)}


def audio_output(id: str, index: int, data: str) -> JsonObject:
    """Make the frame of a WAV file in base64; `index` counts from 0 within one `id`."""
    return {"type": "audio_output", "id": id, "index": index, "data": data}


def assistant_end() -> JsonObject:
    return {"type": "assistant_end"}


class ErrorFrame(JsonObject):
    """An error frame, with a note for the contract alone.

    `cause` says why it is sent; None if a script or a fault asked for it.
    """

    cause: str | None = None


def error(
    code: str,
    slug: str,
    message: str,
    request_id: str,
    custom_session_id: str | None = None,
    cause: str | None = None,
) -> ErrorFrame:
    frame = ErrorFrame(
        type="error",
        code=code,
        slug=slug,
        message=message,
        request_id=request_id,
        custom_session_id=custom_session_id,
    )
    frame.cause = cause
    return frame


def _models(scores: Scores | None) -> JsonObject:
    return {} if scores is None else {"prosody": {"scores": scores.to_json()}}
