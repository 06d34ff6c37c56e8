"""The `face_state` of an answer: the faces that a request has seen, for a later one to go on from.

It is good for a day in the world that gave it out, as long as nobody changes it
(docs/protocol.md#how-images-are-measured).
"""

import base64
import binascii
import hashlib
import hmac

from emulator.apis.expression.faces import FaceMemory
from emulator.jsontext import read, render
from emulator.world.world import World

LIFETIME_MS = 24 * 60 * 60 * 1000
_LONGEST = 10_000  # characters: 32 faces have a fifth of that


def write_face_state(world: World, memory: FaceMemory) -> str:
    """Return the state of a memory, good for a day on the world's clock."""
    content = render({"issued_at": world.clock.now_ms(), "faces": memory.to_json()})
    return base64.urlsafe_b64encode(_signature(world, content) + content).decode()


def read_face_state(world: World, text: str | None) -> FaceMemory | None:
    """Return the memory of a state, or None if it is not good: changed, another world's, or old."""
    if text is None or len(text) > _LONGEST:
        return None
    try:
        signed = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    size = hashlib.sha256().digest_size
    signature, content = signed[:size], signed[size:]
    if not hmac.compare_digest(signature, _signature(world, content)):
        return None
    state = read(content)
    if world.clock.now_ms() - state["issued_at"] >= LIFETIME_MS:
        return None
    return FaceMemory.from_json(state["faces"])


def _signature(world: World, content: bytes) -> bytes:
    return hmac.new(world.api_key.encode(), b"face_state" + content, hashlib.sha256).digest()
