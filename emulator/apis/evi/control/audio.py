"""The audio files that `get-audio` gives signed URLs of (docs/protocol.md#audio-reconstruction)."""

import hmac
from collections.abc import Iterator, Mapping

from emulator.apis.evi.chat_store import LONGEST_CHAT_MS
from emulator.apis.evi.chat_voices import said_in
from emulator.apis.evi.errors import AUDIO_IMPOSSIBLE, AUDIO_NOT_FOUND
from emulator.apis.evi.operations.audio import signature
from emulator.apis.evi.state import EviState
from emulator.audio.mp4 import mp4_header
from emulator.audio.tones import SAMPLE_RATE, Speech, pcm, pcm_bytes
from emulator.control import ControlCall
from emulator.errors import api_error
from emulator.reply import Reply, iterate_in_threads
from emulator.world.world import World


async def get_audio_file(call: ControlCall) -> Reply:
    """Return a chat's audio, for a signed URL that `get-audio` gave out. Raises ApiError."""
    world = call.worlds.find_reference(call.parameters["world"])
    chat_id = call.parameters["chat_id"]
    if world is None or not _is_signed(world, chat_id, call.parameters):
        raise api_error(AUDIO_NOT_FOUND)
    chat = world.state(EviState).chats.find_chat(chat_id)
    if chat is None or chat["end_timestamp"] is None:
        raise api_error(AUDIO_NOT_FOUND)
    duration_ms = chat["end_timestamp"] - chat["start_timestamp"]
    if not 0 <= duration_ms <= LONGEST_CHAT_MS:
        longest_s = LONGEST_CHAT_MS // 1000
        raise api_error(AUDIO_IMPOSSIBLE, seconds=duration_ms // 1000, longest_s=longest_s)
    samples = pcm_bytes(duration_ms)
    header = mp4_header(samples, SAMPLE_RATE)
    return Reply(
        iterate_in_threads(_file(header, list(said_in(world, chat)), duration_ms)),
        media_type="audio/mp4",
        length=len(header) + samples,
    )


def _is_signed(world: World, chat_id: str, query: Mapping[str, str]) -> bool:
    expires, given = query.get("expires", ""), query.get("signature", "")
    if not expires.isascii() or not expires.isdigit() or len(expires) > 15:
        return False
    good = hmac.compare_digest(given.encode(), signature(world, chat_id, int(expires)).encode())
    return good and world.clock.now_ms() < int(expires)


def _file(header: bytes, utterances: list[Speech], duration_ms: int) -> Iterator[bytes]:
    yield header
    yield from pcm(utterances, duration_ms)
