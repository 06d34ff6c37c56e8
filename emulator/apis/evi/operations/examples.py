"""--unknown-ids example: what a request names and does not exist is answered with an example.

The oldest of its kind stands in for it, out of the caller's world, or of the demo seed if the world
has none. A write to it happens in a copy that is thrown away, with ids that nothing else has.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace

from emulator.api import Call, Handler
from emulator.apis.evi.operations.versioned import VERSIONED
from emulator.apis.evi.store import Store
from emulator.apis.voices.operations import find_voice
from emulator.apis.voices.voice_store import CUSTOM_VOICE, HUME_AI
from emulator.ids import PlacedIds
from emulator.jsontext import Json, JsonObject
from emulator.openapi.operation import Operation
from emulator.store.paging import Paging
from emulator.store.versioned import Resource, VersionedCollection
from emulator.world.world import World

_FIRST = Paging(size=1)


class _NoExample(Exception):
    """The store has nothing of this kind."""


def with_examples(operation: Operation, handler: Handler, demo: Store) -> Handler:
    """The handler as one that answers any id."""
    if operation.id == "send":
        return lambda call: handler(call) if _is_live(call) else {}
    if operation.id == "create-voice":
        return lambda call: handler(_with_free_voice_name(call))
    if operation.id == "delete-voice":
        return lambda call: handler(call) if _custom_voice(call, call.parameters["name"]) else {}
    if operation.id == "list-voices":
        return handler
    return _Answering(operation, handler, demo)


def _is_live(call: Call) -> bool:
    return call.parameters["chat_id"].lower() in call.world.live


def _custom_voice(call: Call, name: str) -> JsonObject | None:
    return call.world.store.voices.find_name(CUSTOM_VOICE, name)


def _with_free_voice_name(call: Call) -> Call:
    """Return the call, in a copy of its world without the voice that has the name, if any."""
    taken = _custom_voice(call, call.body["name"])
    if taken is None:
        return call
    scratch = _scratch(call.world, call.world.store, "voices")
    scratch.store.voices.remove(taken)
    return replace(call, world=scratch)


def _scratch(world: World, store: Store, kind: str) -> World:
    """Copy a world for a write that is thrown away; the copy has its own store and ids."""
    scratch = copy(world)
    scratch.store = store.fork()
    scratch.ids = PlacedIds("example", kind)
    return scratch


def _naming_operations() -> set[str]:
    """The operations that refuse a name which another has."""
    kinds = [kind.name for kind in VERSIONED.values() if kind.unique_names]
    return {f"create-{kind}" for kind in kinds} | {f"update-{kind}-name" for kind in kinds}


class _Answering:
    """A handler whose ids, versions, references and names are always good."""

    def __init__(self, operation: Operation, handler: Handler, demo: Store) -> None:
        self._handler = handler
        self._demo = demo
        self._kind = operation.path_template.split("/")[3]
        self._reads = operation.method == "GET"
        self._names = operation.id in _naming_operations()

    def __call__(self, call: Call) -> Json:
        own = call.world.store
        try:
            store, known = own, self._known(own, call)
        except _NoExample:
            store, known = self._demo, self._known(self._demo, call)
        taken = self._taken(store, known) if self._names else None
        if store is own and known == call and taken is None:
            return self._handler(call)
        if store is own and self._reads:
            return self._handler(known)
        scratch = _scratch(call.world, store, self._kind)
        if taken is not None:
            _collection(scratch.store, self._kind).rename(taken, "")
        return self._handler(replace(known, world=scratch))

    def _known(self, store: Store, call: Call) -> Call:
        """The call with ids and versions that the store has. Raises _NoExample."""
        return replace(
            call,
            parameters=_known_parameters(store, self._kind, call.parameters),
            body=_known_references(store, call.body) if self._kind == "configs" else call.body,
        )

    def _taken(self, store: Store, call: Call) -> Resource | None:
        """Who has the name that is asked for."""
        found = _collection(store, self._kind).find_name(call.body["name"])
        return None if found is None or found.id == call.parameters.get("id") else found


# what a request names


def _known_parameters(store: Store, kind: str, given: Mapping[str, Json]) -> Mapping[str, Json]:
    known = dict(given)
    if "id" in known:
        known["id"] = _known_id(store, kind, known["id"])
    if "version" in known:
        resource = _collection(store, kind).find(known["id"])
        if resource is not None and resource.find_version(known["version"]) is None:
            known["version"] = resource.latest.number
    return known


def _known_id(store: Store, kind: str, id: str) -> str:
    """The id itself, or that of the oldest of its kind."""
    if kind in VERSIONED:
        collection = _collection(store, kind)
        found: list[str] = [
            resource.id for resource, _ in collection.page(_FIRST, latest_only=True).items
        ]
        return id if collection.find(id) is not None else _the_one(found)
    if kind == "chats":
        found = [chat["id"] for chat in store.chats.page_of_chats(_FIRST).items]
        return id if store.chats.has_chat(id) else _the_one(found)
    found = [group["id"] for group in store.chats.page_of_groups(_FIRST).items]
    return id if store.chats.find_group(id) is not None else _the_one(found)


def _the_one(found: list[str]) -> str:
    if not found:
        raise _NoExample
    return found[0]


def _collection(store: Store, kind: str) -> VersionedCollection:
    collection: VersionedCollection = getattr(store, kind)
    return collection


def _known_references(store: Store, body: JsonObject) -> JsonObject:
    """A config's body whose prompt, tools and voice are there."""
    known = dict(body)
    if body.get("prompt", {}).get("id") is not None:
        known["prompt"] = _known_reference(store, "prompts", body["prompt"])
    if body.get("tools"):
        known["tools"] = [_known_reference(store, "tools", tool) for tool in body["tools"]]
    if "voice" in body and find_voice(store.voices, body["voice"]) is None:
        known["voice"] = {"id": store.voices.default["id"], "provider": HUME_AI}
    return known


def _known_reference(store: Store, kind: str, given: JsonObject) -> JsonObject:
    id, number = _known_id(store, kind, given["id"].lower()), given.get("version")
    resource = _collection(store, kind).find(id)
    if resource is None or number is None or resource.find_version(int(number)) is not None:
        return {**given, "id": id}
    return {**given, "id": id, "version": None}
