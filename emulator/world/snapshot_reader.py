"""Reads snapshots from documents, after checking all of a document."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import orjson

from emulator.errors import Loc, Problem, SnapshotError, closest
from emulator.faults.rules import FaultRule, check_rule
from emulator.faults.table import FIELDS, FaultMistake
from emulator.ids import IdSource
from emulator.jsontext import Json, JsonObject, read, render
from emulator.openapi.document import Document
from emulator.openapi.validation import Check, Validation
from emulator.resources import read_data
from emulator.source_files import at, short
from emulator.store.stubs import Stub
from emulator.world.reading import SnapshotReading
from emulator.world.schema import combined
from emulator.world.snapshot import Snapshot
from emulator.world.snapshot_document import FORMAT, FORMAT_VERSION, checksum
from emulator.world.state import ApiState

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


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """An API's part of a snapshot: its state, and the file of its part's JSON schema."""

    state: type[ApiState]
    schema: Path


class SnapshotReader:
    """Reads snapshots for a server, and checks them by the parts and documents of its APIs."""

    def __init__(
        self,
        parts: Mapping[str, SnapshotPart],
        documents: Mapping[str, Document],
        operations: Collection[str],
    ) -> None:
        first, *_ = documents.values()
        self._validation = Validation(first, documents)
        self._parts = parts
        self._operations = operations

    def read(self, text: bytes, name: str = "snapshot") -> Snapshot:
        """Return the snapshot. Raises SnapshotError with every mistake and its place in `name`."""
        content = self.read_outline(text, name)["world"]
        self._refuse(self._world_check, content, ("world",), name)
        reading = _WorldReading(content, self._operations)
        snapshot = reading.snapshot({name: part.state for name, part in self._parts.items()})
        if reading.mistakes:
            raise SnapshotError([(("world", *loc), each) for loc, each in reading.mistakes], name)
        return snapshot

    def read_outline(self, text: bytes, name: str = "snapshot") -> JsonObject:
        """Return a document that is whole and of a readable version. Raises SnapshotError."""
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
        base = read_data(Path(__file__).with_name("snapshot_schema.yaml"))
        schema = combined(base, [read_data(part.schema) for part in self._parts.values()])
        rule = schema["properties"]["faults"]["items"]["properties"]
        for part in ("match", "options"):  # null stands for a field that the rule does not set
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
    """Return the envelope alone, which costs next to nothing to check."""
    if isinstance(content, dict) and isinstance(content.get("world"), dict):
        return {**content, "world": {}}
    return content


class _WorldReading(SnapshotReading):
    """Reads the parts of a world's document that belong to no API."""

    def __init__(self, content: JsonObject, operations: Collection[str]) -> None:
        super().__init__(content)
        self._operations = operations

    def snapshot(self, states: Mapping[str, type[ApiState]]) -> Snapshot:
        """Return the world of the document, with a state of each API."""
        clock = self.content["clock"]
        snapshot = Snapshot(
            user_id=self.content["user_id"],
            states={name: state.from_json(self) for name, state in states.items()},
            ids=self._id_source("world"),
            webhook_ids=self._id_source("webhooks"),
            clock=(clock["ahead_ms"], clock["frozen_ms"]),
            rules=tuple(self._rules()),
            stubs=tuple(self._stubs()),
            name=self.content.get("name"),
        )
        for state in snapshot.states.values():
            state.fork()  # folds what was read into the base that worlds share, once
        return snapshot

    def _id_source(self, key: str) -> IdSource:
        try:
            return IdSource.at_state(self.content["ids"][key])
        except (ValueError, TypeError) as error:
            self.mistake(("ids", key), f"expected the state of a random generator: {error}")
            return IdSource()

    def _stubs(self) -> Iterator[Stub]:
        for index, stub in enumerate(self.content["stubs"]):
            if stub["operation"] not in self._operations:
                hint = closest(stub["operation"], list(self._operations))
                self.mistake(
                    ("stubs", index, "operation"),
                    f"expected an operation of the document, got {short(stub['operation'])}{hint}",
                )
            yield Stub(**stub)

    def _rules(self) -> Iterator[FaultRule]:
        for index, content in enumerate(self.content["faults"]):
            rule = FaultRule(**{**content, "place": tuple(content["place"])})
            try:
                check_rule(rule)
            except FaultMistake as error:
                self.mistake(("faults", index, error.field), str(error))
            yield rule
