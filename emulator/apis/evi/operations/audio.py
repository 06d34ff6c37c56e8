"""Audio reconstructions: jobs whose status moves on with each request.

Facts: docs/protocol.md#audio-reconstruction.
"""

import hashlib
import hmac

from emulator.api import Call
from emulator.apis.evi.chat_store import Audio
from emulator.apis.evi.state import EviState
from emulator.jsontext import Json, JsonObject
from emulator.world.world import World

URL_LIFETIME_MS = 60 * 60 * 1000
AUDIO_PATH = "/_emulator/audio/{world}/{chat_id}/reconstructed_audio.mp4"

# The status after a request, by the status before it. Other statuses stay as they are.
NEXT_STATUS = {None: "QUEUED", "QUEUED": "IN_PROGRESS", "IN_PROGRESS": "COMPLETE"}


def poll_audio(call: Call, chat: JsonObject) -> Json:
    """Move the chat's audio reconstruction on, and return it, with a URL once complete."""
    audio = _advance(call.world, chat)
    answer = {"id": chat["id"], "user_id": call.world.user_id, "status": audio.status}
    if audio.status != "COMPLETE":
        return {
            **answer,
            "filename": None,
            "modified_at": None,
            "signed_audio_url": None,
            "signed_url_expiration_timestamp_millis": None,
        }
    expires_ms = call.world.clock.now_ms() + URL_LIFETIME_MS
    return {
        **answer,
        "filename": f"{call.world.user_id}/{chat['id']}/reconstructed_audio.mp4",
        "modified_at": audio.modified_at,
        "signed_audio_url": call.base_url + signed_path(call.world, chat["id"], expires_ms),
        "signed_url_expiration_timestamp_millis": expires_ms,
    }


def _advance(world: World, chat: JsonObject) -> Audio:
    audio = world.state(EviState).chats.find_audio(chat["id"])
    before = None if audio is None else audio.status
    if before is not None and (before not in NEXT_STATUS or chat["status"] == "ACTIVE"):
        assert audio is not None
        return audio  # it is complete, or queued until the chat ends
    after = Audio(NEXT_STATUS[before], world.clock.now_ms())
    world.state(EviState).chats.set_audio(chat["id"], after)
    return after


def signed_path(world: World, chat_id: str, expires_ms: int) -> str:
    """Return the path and query of a chat's audio file, good until `expires_ms`."""
    path = AUDIO_PATH.format(world=world.reference, chat_id=chat_id)
    return f"{path}?expires={expires_ms}&signature={signature(world, chat_id, expires_ms)}"


def signature(world: World, chat_id: str, expires_ms: int) -> str:
    """Return the signature of a URL for one chat of one world, good until a time."""
    message = f"{chat_id}.{expires_ms}".encode()
    return hmac.new(world.api_key.encode(), message, hashlib.sha256).hexdigest()
