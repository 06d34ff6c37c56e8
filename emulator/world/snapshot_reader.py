"""From a document back to a snapshot, once all of it is found right."""

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path

import orjson

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat_store import LONGEST_CHAT_MS, Audio, ChatStore
from emulator.apis.evi.store import Store
from emulator.apis.voices.voice_store import HUME_AI, VoiceStore
from emulator.errors import Loc, Problem, ScriptError, SnapshotError, closest
from emulator.faults.rules import FaultRule, check_rule
from emulator.faults.table import FIELDS, FaultMistake
from emulator.hosts import WEBHOOK_SCHEMES, form_problem
from emulator.ids import IdSource
from emulator.jsontext import Json, JsonObject, read, render
from emulator.openapi.validation import Check, Validation
from emulator.resources import read_data
from emulator.source_files import at, short
from emulator.store.stubs import Stub
from emulator.store.versioned import Resource, Version, VersionedCollection
from emulator.world.snapshot_document import FORMAT, FORMAT_VERSION, checksum
from emulator.world.world import Snapshot

_NAME = {
    "type": "object",
    "properties": {"format": {"const": FORMAT}, "format_version": {"const": FORMAT_VERSION}},
    "required": ["format", "format_version"],
}
_OF_ANOTHER_VERSION = "; emulator_version says which emulator wrote it: use that one"
_ENVELOPE = {
    "type": "object",
    "properties": {
        "format": {},
        "format_version": {},
        "emulator_version": {"type": "string"},
        "checksum": {"type": "string"},
        "world": {"type": "object"},
    },
    "required": ["emulator_version", "checksum", "world"],
    "additionalProperties": False,
}


class SnapshotReader:
    """Reads documents against the schemas that a server answers by."""

    def __init__(self, validation: Validation, operations: Collection[str]) -> None:
        self._validation = validation
        self._operations = operations

    def read(self, text: bytes, name: str = "snapshot") -> Snapshot:
        """The snapshot. Raises SnapshotError with every mistake, and where it is in `name`."""
        content = self.read_outline(text, name)["world"]
        self._refuse(self._world_check, content, ("world",), name)
        reading = _Reading(content, self._operations)
        snapshot = reading.snapshot()
        if reading.mistakes:
            raise SnapshotError([(("world", *loc), each) for loc, each in reading.mistakes], name)
        return snapshot

    def read_outline(self, text: bytes, name: str = "snapshot") -> JsonObject:
        """The document, whole and of a version that can be read. Raises SnapshotError."""
        content = _read_json(text, name)
        outline = _without_world(content)
        self._refuse(self._name_check, outline, (), name)
        self._refuse(self._envelope_check, outline, (), name)
        expected, got = checksum(_render(content["world"], name)), content["checksum"]
        if got != expected:
            message = (
                f"the world is not as it was written: expected {expected}, which belongs to what "
                f"is there, got {got}; take another copy"
            )
            raise SnapshotError([(("checksum",), message)], name)
        return content

    @cached_property
    def _name_check(self) -> Check:
        return self._validation.check_schema(_NAME)

    @cached_property
    def _envelope_check(self) -> Check:
        return self._validation.check_schema(_ENVELOPE)

    @cached_property
    def _world_check(self) -> Check:
        schema = read_data(Path(__file__).with_name("snapshot_schema.yaml"))
        rule = schema["properties"]["faults"]["items"]["properties"]
        for part in ("match", "options"):  # null: not said
            fields = {name: {"oneOf": [of, {"type": "null"}]} for name, of in FIELDS.items() if of}
            rule[part] |= {"properties": fields}
        return self._validation.check_schema(schema)

    @staticmethod
    def _refuse(check: Check, content: Json, loc: Loc, name: str) -> None:
        """Raise SnapshotError if the check finds problems."""
        problems = check(content, loc)
        if problems:
            whole = content if not loc else {loc[0]: content}
            raise SnapshotError([(each.loc, _in_words(each, whole)) for each in problems], name)


def _in_words(problem: Problem, whole: Json) -> str:
    if problem.type == "missing":
        return problem.msg
    got = f"{problem.msg}, got {short(at(whole, problem.loc))}"
    return got + _OF_ANOTHER_VERSION if problem.loc == ("format_version",) else got


def _read_json(text: bytes, name: str) -> JsonObject:
    try:
        content: JsonObject = read(text)
    except orjson.JSONDecodeError as error:
        message = f"expected a whole JSON document, got {error.msg} at character {error.pos}"
        raise SnapshotError([((), message)], name) from None
    return content


def _render(world: Json, name: str) -> bytes:
    try:
        return render(world)
    except TypeError as error:
        raise SnapshotError([(("world",), f"expected JSON, got: {error}")], name) from None


def _without_world(content: Json) -> Json:
    """The envelope alone, which costs next to nothing to check."""
    if isinstance(content, dict) and isinstance(content.get("world"), dict):
        return {**content, "world": {}}
    return content


class _Reading:
    """One world on its way from a document whose form is right; the mistakes found so far."""

    def __init__(self, content: JsonObject, operations: Collection[str]) -> None:
        self.mistakes: list[tuple[Loc, str]] = []
        self._content = content
        self._operations = operations
        self._ids: set[str] = set()

    def snapshot(self) -> Snapshot:
        content = self._content
        clock = content["clock"]
        return Snapshot(
            store=self._store(),
            ids=self._id_source("world"),
            webhook_ids=self._id_source("webhooks"),
            clock=(clock["ahead_ms"], clock["frozen_ms"]),
            script=self._script(),
            live=tuple(self._live()),
            rules=tuple(self._rules()),
            stubs=tuple(self._stubs()),
            heard=tuple(content["heard"]),
        )

    def _store(self) -> Store:
        content = self._content
        store = Store(content["user_id"])
        self._resources("prompts", store.prompts)
        self._resources("tools", store.tools)
        self._resources("configs", store.configs)
        self._voices(store.voices)
        self._chats(store.chats)
        store.fork()  # folds it, once
        return store

    def _resources(self, key: str, collection: VersionedCollection) -> None:
        for index, item in enumerate(self._content[key]):
            loc: Loc = (key, index)
            self._check_new(item["id"], (*loc, "id"))
            versions = tuple(
                Version(each["number"], each["content"], each["modified_on"])
                for each in item["versions"]
            )
            self._check_numbers(versions, item["next_number"], loc)
            if key == "configs":
                self._check_webhooks(versions, loc)
            collection.add(
                Resource(
                    item["id"], item["name"], item["created_on"], 0, item["next_number"], versions
                )
            )

    def _check_numbers(self, versions: tuple[Version, ...], next_number: int, loc: Loc) -> None:
        """They go up, since a number is never given twice."""
        before = -1
        for index, version in enumerate(versions):
            if not before < version.number < next_number:
                self._mistake(
                    (*loc, "versions", index, "number"),
                    f"expected a number above {before} and below next_number ({next_number}), "
                    f"got {version.number}",
                )
            before = version.number

    def _check_webhooks(self, versions: tuple[Version, ...], loc: Loc) -> None:
        for index, version in enumerate(versions):
            for number, webhook in enumerate(version.content["webhooks"]):
                problem = form_problem(webhook["url"], WEBHOOK_SCHEMES)
                if problem is not None:
                    self._mistake(
                        (*loc, "versions", index, "content", "webhooks", number, "url"),
                        f"{problem}, got {short(webhook['url'])}",
                    )

    def _voices(self, voices: VoiceStore) -> None:
        for index, voice in enumerate(self._content["voices"]):
            self._check_new(voice["id"], ("voices", index, "id"))
            voices.add(voice)
        if not voices.names(HUME_AI):
            self._mistake(("voices",), f"expected a voice of the provider {HUME_AI}, got none")

    def _chats(self, chats: ChatStore) -> None:
        for index, chat in enumerate(self._content["chats"]):
            self._check_length(chat, ("chats", index, "end_timestamp"))
            if self._check_new(chat["id"], ("chats", index, "id")):
                chats.add_chat(chat)
        for index, event in enumerate(self._content["events"]):
            if self._check_chat(event["chat_id"], chats, ("events", index, "chat_id")):
                chats.add_event(event)
        for index, audio in enumerate(self._content["audio"]):
            if self._check_chat(audio["chat_id"], chats, ("audio", index, "chat_id")):
                chats.set_audio(audio["chat_id"], Audio(audio["status"], audio["modified_at"]))

    def _check_length(self, chat: JsonObject, loc: Loc) -> None:
        begin_ms, end_ms = chat["start_timestamp"], chat["end_timestamp"]
        if end_ms is not None and not 0 <= end_ms - begin_ms <= LONGEST_CHAT_MS:
            until_ms = begin_ms + LONGEST_CHAT_MS
            self._mistake(
                loc,
                f"expected a time from start_timestamp ({begin_ms}) to a day later ({until_ms}), "
                f"got {end_ms}",
            )

    def _live(self) -> Iterator[str]:
        active = {chat["id"] for chat in self._content["chats"] if chat["status"] == "ACTIVE"}
        for index, chat_id in enumerate(self._content["live"]):
            if chat_id not in active:
                self._mistake(("live", index), f"expected the id of an ACTIVE chat, got {chat_id}")
            yield chat_id

    def _id_source(self, key: str) -> IdSource:
        try:
            return IdSource.at_state(self._content["ids"][key])
        except (ValueError, TypeError) as error:
            self._mistake(("ids", key), f"expected the state of a random generator: {error}")
            return IdSource()

    def _script(self) -> Script | None:
        script = self._content["script"]
        if script is None:
            return None
        if not script["content"]:
            return Script(name=script["name"])
        from emulator.apis.evi.chat.script_file import load_script  # costs 0.1 s

        try:
            return load_script(script["content"], script["name"])[0]
        except ScriptError as error:
            for loc, message in error.mistakes:
                self._mistake(("script", "content", *loc), message)
            return Script()

    def _stubs(self) -> Iterator[Stub]:
        for index, stub in enumerate(self._content["stubs"]):
            if stub["operation"] not in self._operations:
                hint = closest(stub["operation"], list(self._operations))
                self._mistake(
                    ("stubs", index, "operation"),
                    f"expected an operation of the document, got {short(stub['operation'])}{hint}",
                )
            yield Stub(**stub)

    def _rules(self) -> Iterator[FaultRule]:
        for index, content in enumerate(self._content["faults"]):
            rule = FaultRule(**{**content, "place": tuple(content["place"])})
            try:
                check_rule(rule)
            except FaultMistake as error:
                self._mistake(("faults", index, error.field), str(error))
            yield rule

    def _check_new(self, id: str, loc: Loc) -> bool:
        if id in self._ids:
            self._mistake(loc, f"expected an id of its own, got {id}, which is here twice")
            return False
        self._ids.add(id)
        return True

    def _check_chat(self, id: str, chats: ChatStore, loc: Loc) -> bool:
        if chats.has_chat(id):
            return True
        self._mistake(loc, f"expected the id of a chat of this world, got {id}")
        return False

    def _mistake(self, loc: Loc, message: str) -> None:
        self.mistakes.append((loc, message))
