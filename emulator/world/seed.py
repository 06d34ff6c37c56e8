"""Seeds, which worlds begin with: each API loads its section of a seed file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from emulator.clock import ManualClock, WorldClock
from emulator.errors import Loc
from emulator.ids import PlacedIds, derived_uuid
from emulator.jsontext import JsonObject
from emulator.openapi.document import Document
from emulator.openapi.validation import Check, Validation, uri_of
from emulator.resources import is_shipped, read_data
from emulator.settings import Settings
from emulator.source_files import SourceFile
from emulator.world.schema import combined
from emulator.world.seed_file import (
    BUNDLED_SEEDS,
    note_problems,
    properties_of,
    property_names,
    read_seed,
    references,
    refuse_mistakes,
)
from emulator.world.snapshot import S, Seed
from emulator.world.state import ApiState
from emulator.world.world import World


@dataclass(frozen=True, slots=True)
class SeedSection:
    """An API's part of a seed file.

    `schema` is the file of its JSON schema: properties of the whole seed, and definitions. `load`
    makes the state, and `count` returns the numbers of a state's resources, by their plural.
    """

    schema: Path
    load: Callable[["SeedLoading"], ApiState]
    count: Callable[[ApiState], Mapping[str, int]]


class SeedReader:
    """Loads seeds for a server, and checks them by the sections and documents of its APIs."""

    def __init__(
        self, sections: Mapping[str, SeedSection], documents: Mapping[str, Document]
    ) -> None:
        self._sections = sections
        self._documents = documents

    def load(self, name: str, settings: Settings) -> Seed:
        """Load a bundled seed or a seed file. Raises SeedError with every mistake."""
        file = read_seed(name)
        is_known = name in BUNDLED_SEEDS and self._are_shipped
        if not is_known:
            note_problems(file, self._check, lambda: self._keys)
            refuse_mistakes(file)
        loading = SeedLoading(file, settings, self._sections, is_known)
        states = {name: loading.load(name) for name in self._sections}
        refuse_mistakes(file)
        return Seed(loading.user_id, states)

    def summary(self, seed: Seed) -> str:
        """Say what is in a seed, such as '3 configs, 4 prompts, ...'."""
        counts = {
            noun: count
            for name, section in self._sections.items()
            for noun, count in section.count(seed.states[name]).items()
        }
        return ", ".join(f"{count} {noun}" for noun, count in counts.items())

    @property
    def _are_shipped(self) -> bool:
        """Return whether all documents are the emulator's own, which its own seeds fit."""
        return all(is_shipped(each.path) for each in self._documents.values())

    @cached_property
    def _schema(self) -> JsonObject:
        base = read_data(Path(__file__).with_name("seed_schema.yaml"))
        return combined(base, [read_data(each.schema) for each in self._sections.values()])

    @cached_property
    def _check(self) -> Check:
        first, *_ = self._documents.values()
        return Validation(first, self._documents).check_schema(self._schema)

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        """Return every key that a seed may have somewhere, also in the bodies of requests."""
        keys = set(property_names(self._schema))
        for name, document in self._documents.items():
            for reference in references(self._schema):
                if reference.startswith(uri_of(name) + "#"):
                    keys.update(properties_of(document.at(reference.removeprefix(uri_of(name)))))
        return tuple(keys)


class SeedLoading:
    """A seed file while APIs load their states from it."""

    def __init__(
        self,
        file: SourceFile,
        settings: Settings,
        sections: Mapping[str, SeedSection],
        is_known: bool = False,
    ) -> None:
        """Begin with nothing. A file that `is_known` has no mistakes, so parts of it can wait."""
        self.is_known = is_known
        self.file = file
        self.settings = settings  # of the server
        self.user_id = str(file.content.get("user_id") or derived_uuid("user"))
        self._sections = sections
        self._states: dict[str, ApiState] = {}
        self._seen_ids: set[str] = set()
        # These settings refuse requests; an account may hold such content all the same.
        lenient = replace(settings, strict=False, unknown_voices="accept", call_hosts_only=False)
        self._world = World("seed", Seed(self.user_id, {}), lenient)

    def load(self, name: str) -> ApiState:
        """Return the state of an API, loaded once."""
        if name not in self._states:
            self._states[name] = self._sections[name].load(self)
        return self._states[name]

    def state(self, kind: type[S]) -> S:
        """Return the state of another API, which this one's section builds on."""
        state = self.load(kind.api)
        assert isinstance(state, kind)
        return state

    def world_at(self, now_ms: int, place: Loc, own: ApiState) -> World:
        """Return a world with what is loaded, at a time; its new ids are derived from `place`."""
        world = self._world.scratch({**self._states, own.api: own}, PlacedIds(*place))
        world.clock = WorldClock(ManualClock(now_ms))
        return world

    def items(self, key: str) -> Iterator[tuple[Loc, JsonObject]]:
        """Yield the items of a list, each with its place; ids are in small letters."""
        for index, item in enumerate(self.file.content.get(key, ())):
            yield (key, index), {**item, "id": item["id"].lower()}

    def is_new(self, id: str, loc: Loc) -> bool:
        """True if the id has not come before; notes the mistake otherwise."""
        if id in self._seen_ids:
            self.mistake((*loc, "id"), f"{id} is here twice")
            return False
        self._seen_ids.add(id)
        return True

    def mistake(self, loc: Loc, message: str) -> None:
        """Note a mistake in the file."""
        self.file.mistake(loc, message)
