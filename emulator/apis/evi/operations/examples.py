"""--unknown-ids example: answers requests that name something missing with an example.

The example is the oldest of its kind in the caller's world, or in the demo seed if the world has
none. A write happens in a copy that is thrown away, with ids that nothing else has.
"""

from collections.abc import Mapping
from dataclasses import replace

from emulator.api import Call, Handler
from emulator.apis.evi.operations.versioned import VERSIONED
from emulator.apis.evi.state import EviState
from emulator.apis.voices.lookup import find_voice
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.voice_store import HUME_AI
from emulator.ids import PlacedIds
from emulator.jsontext import Json, JsonObject
from emulator.openapi.operation import Operation
from emulator.store.paging import Paging
from emulator.store.versioned import Resource, VersionedCollection
from emulator.world.snapshot import Seed, state_of
from emulator.world.state import ApiState

_FIRST = Paging(size=1)
States = Mapping[str, ApiState]


class _NoExample(Exception):
    """The state has nothing of this kind."""


def with_examples(operation: Operation, handler: Handler, demo: Seed) -> Handler:
    """Return the handler as one that answers any id."""
    if operation.id == "send":
        return lambda call: handler(call) if _is_live(call) else {}
    return _Answering(operation, handler, demo)


def _is_live(call: Call) -> bool:
    return call.parameters["chat_id"].lower() in call.world.state(EviState).live


def _naming_operations() -> set[str]:
    """Return the operations that refuse a name which is taken."""
    kinds = [kind.name for kind in VERSIONED.values() if kind.unique_names]
    return {f"create-{kind}" for kind in kinds} | {f"update-{kind}-name" for kind in kinds}


class _Answering:
    """A handler whose ids, versions, references and names are always good."""

    def __init__(self, operation: Operation, handler: Handler, demo: Seed) -> None:
        self._handler = handler
        self._demo = demo
        self._kind = operation.path_template.split("/")[3]
        self._reads = operation.method == "GET"
        self._names = operation.id in _naming_operations()

    def __call__(self, call: Call) -> Json:
        own = call.world.states
        try:
            states, known = own, self._known(own, call)
        except _NoExample:
            states, known = self._demo.states, self._known(self._demo.states, call)
        taken = self._taken(states, known) if self._names else None
        if states is own and known == call and taken is None:
            return self._handler(call)
        if states is own and self._reads:
            return self._handler(known)
        forks = {name: state.fork() for name, state in states.items()}
        scratch = call.world.scratch(forks, PlacedIds("example", self._kind))
        if taken is not None:
            _collection(forks, self._kind).rename(taken, "")
        return self._handler(replace(known, world=scratch))

    def _known(self, states: States, call: Call) -> Call:
        """Return the call with ids and versions that exist. Raises _NoExample."""
        return replace(
            call,
            parameters=_known_parameters(states, self._kind, call.parameters),
            body=_known_references(states, call.body) if self._kind == "configs" else call.body,
        )

    def _taken(self, states: States, call: Call) -> Resource | None:
        """Return another resource that has the requested name, if there is one."""
        found = _collection(states, self._kind).find_name(call.body["name"])
        return None if found is None or found.id == call.parameters.get("id") else found


# ids in a request


def _known_parameters(states: States, kind: str, given: Mapping[str, Json]) -> Mapping[str, Json]:
    known = dict(given)
    if "id" in known:
        known["id"] = _known_id(states, kind, known["id"])
    if "version" in known:
        resource = _collection(states, kind).find(known["id"])
        if resource is not None and resource.find_version(known["version"]) is None:
            known["version"] = resource.latest.number
    return known


def _known_id(states: States, kind: str, id: str) -> str:
    """Return the id if it exists, or the id of the oldest of its kind."""
    if kind in VERSIONED:
        collection = _collection(states, kind)
        found: list[str] = [
            resource.id for resource, _ in collection.page(_FIRST, latest_only=True).items
        ]
        return id if collection.find(id) is not None else _the_one(found)
    chats = state_of(states, EviState).chats
    if kind == "chats":
        found = [chat["id"] for chat in chats.page_of_chats(_FIRST).items]
        return id if chats.has_chat(id) else _the_one(found)
    found = [group["id"] for group in chats.page_of_groups(_FIRST).items]
    return id if chats.find_group(id) is not None else _the_one(found)


def _the_one(found: list[str]) -> str:
    if not found:
        raise _NoExample
    return found[0]


def _collection(states: States, kind: str) -> VersionedCollection:
    collection: VersionedCollection = getattr(state_of(states, EviState), kind)
    return collection


def _known_references(states: States, body: JsonObject) -> JsonObject:
    """Return a config's body whose prompt, tools and voice exist."""
    known, voices = dict(body), state_of(states, VoicesState).voices
    if body.get("prompt", {}).get("id") is not None:
        known["prompt"] = _known_reference(states, "prompts", body["prompt"])
    if body.get("tools"):
        known["tools"] = [_known_reference(states, "tools", tool) for tool in body["tools"]]
    if "voice" in body and find_voice(voices, body["voice"]) is None:
        known["voice"] = {"id": voices.default["id"], "provider": HUME_AI}
    return known


def _known_reference(states: States, kind: str, given: JsonObject) -> JsonObject:
    id, number = _known_id(states, kind, given["id"].lower()), given.get("version")
    resource = _collection(states, kind).find(id)
    if resource is None or number is None or resource.find_version(int(number)) is not None:
        return {**given, "id": id}
    return {**given, "id": id, "version": None}
