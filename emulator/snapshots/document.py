"""A snapshot as a JSON document: its name, its version, its checksum, and the world in it."""

import hashlib
from dataclasses import asdict

from emulator import __version__
from emulator.chat.script_content import script_content
from emulator.errors import SnapshotError
from emulator.jsontext import Fragment, Json, JsonObject, render
from emulator.store.versioned import VersionedCollection
from emulator.world import Snapshot

FORMAT = "evi-emulator-world"
FORMAT_VERSION = 1


def write_snapshot(snapshot: Snapshot) -> bytes:
    """The document. Raises SnapshotError for a world that JSON can't hold."""
    try:
        world = render(_content(snapshot))
    except TypeError as error:  # a stub's body may be anything
        raise SnapshotError([((), f"this world can't be written as JSON: {error}")]) from None
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "emulator_version": __version__,
        "checksum": checksum(world),
        "world": Fragment(world),
    }
    return render(document) + b"\n"


def checksum(world: bytes) -> str:
    """Of the rendered world, so that spaces and line breaks don't count."""
    return "sha256:" + hashlib.sha256(world).hexdigest()


def _content(snapshot: Snapshot) -> JsonObject:
    store = snapshot.store
    ahead_ms, frozen_ms = snapshot.clock
    return {
        "user_id": store.user_id,
        "prompts": _resources(store.prompts),
        "tools": _resources(store.tools),
        "configs": _resources(store.configs),
        "voices": store.voices.all(),
        "chats": list(store.chats.all_chats()),
        "events": Fragment(b"[" + b",".join(store.chats.all_events()) + b"]"),
        "audio": [{"chat_id": id, **asdict(audio)} for id, audio in store.chats.all_audio()],
        "live": snapshot.live,
        "clock": {"ahead_ms": ahead_ms, "frozen_ms": frozen_ms},
        "ids": {"world": snapshot.ids.state(), "webhooks": snapshot.webhook_ids.state()},
        "faults": [asdict(rule) for rule in snapshot.rules],
        "stubs": [stub.to_json() for stub in snapshot.stubs],
        "heard": snapshot.heard,
        "script": _script(snapshot),
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
    return None if script is None or content is None else {"name": script.name, "content": content}
