"""A snapshot as a JSON document: its name, its version, its checksum, and the world in it."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice

from emulator import __version__
from emulator.apis.evi.chat.script_content import script_content
from emulator.errors import SnapshotError
from emulator.jsontext import Json, JsonObject, render
from emulator.redaction.names import HIDDEN
from emulator.store.versioned import VersionedCollection
from emulator.world.world import Snapshot

FORMAT = "evi-emulator-world"
FORMAT_VERSION = 1
_EVENTS_IN_A_PART = 500
_KEY = "language_model_api_key"


def write_snapshot(snapshot: Snapshot) -> bytes:
    """The document. Raises SnapshotError for a world that JSON can't hold."""
    return b"".join(document_parts(snapshot))


def document_parts(snapshot: Snapshot) -> Iterator[bytes]:
    """The same in parts, none of them large, so that a thread that makes it holds nobody up."""
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "emulator_version": __version__}
    yield render(head)[:-1] + b',"world":'
    digest = hashlib.sha256()
    for part in _world_parts(snapshot):
        digest.update(part)
        yield part
    yield b',"checksum":' + render(_checksum(digest)) + b"}\n"


def checksum(world: bytes) -> str:
    """Of the rendered world, so that spaces and line breaks don't count."""
    return _checksum(hashlib.sha256(world))


def _checksum(digest: "hashlib._Hash") -> str:
    return f"sha256:{digest.hexdigest()}"


def _world_parts(snapshot: Snapshot) -> Iterator[bytes]:
    """The events come last, since there may be many."""
    try:
        yield render(_all_but_events(snapshot))[:-1] + b',"events":['
    except TypeError as error:  # a stub's body may be anything
        raise SnapshotError([((), f"this world can't be written as JSON: {error}")]) from None
    events, comma = snapshot.store.chats.all_events(), b""
    while some := list(islice(events, _EVENTS_IN_A_PART)):
        yield comma + b",".join(some)
        comma = b","
    yield b"]}"


def _all_but_events(snapshot: Snapshot) -> JsonObject:
    store = snapshot.store
    ahead_ms, frozen_ms = snapshot.clock
    return {
        "user_id": store.user_id,
        "clock": {"ahead_ms": ahead_ms, "frozen_ms": frozen_ms},
        "ids": {"world": snapshot.ids.state(), "webhooks": snapshot.webhook_ids.state()},
        "faults": [asdict(rule) for rule in snapshot.rules],
        "stubs": [stub.to_json() for stub in snapshot.stubs],
        "heard": snapshot.heard,
        "script": _script(snapshot),
        "voices": store.voices.all(),
        "prompts": _resources(store.prompts),
        "tools": _resources(store.tools),
        "configs": _resources(store.configs),
        "chats": list(store.chats.all_chats()),
        "live": snapshot.live,
        "audio": [{"chat_id": id, **asdict(audio)} for id, audio in store.chats.all_audio()],
    }


def _resources(collection: VersionedCollection) -> list[JsonObject]:
    return [
        {
            "id": resource.id,
            "name": resource.name,
            "created_on": resource.created_on,
            "next_number": resource.next_number,
            "versions": [
                {
                    "number": version.number,
                    "modified_on": version.modified_on,
                    "content": version.content,
                }
                for version in resource.versions
            ],
        }
        for resource in collection.all()
    ]


def _script(snapshot: Snapshot) -> Json:
    script = snapshot.script
    content = None if script is None else script_content(script)
    if script is None or content is None:
        return None
    user = [_without_key(step) for step in content.get("user", ())]
    return {"name": script.name, "content": {**content, "user": user} if user else content}


def _without_key(step: JsonObject) -> JsonObject:
    """Return a step of the user without the key of a language model, which nothing needs back."""
    message = step.get("send")
    if not isinstance(message, dict) or message.get(_KEY) is None:
        return step
    return {**step, "send": {**message, _KEY: HIDDEN}}
