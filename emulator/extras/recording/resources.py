"""The configs, prompts and tools that existed before a recording began, as answers show them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from emulator.extras.recording.answer_models import CONFIG_VERSION, VERSION, read
from emulator.extras.recording.format import Exchange
from emulator.jsontext import Json, JsonObject

# The fields with which a version is created.
VERSION_KEYS = {
    "prompts": ("text", "prompt_expansion"),
    "tools": ("parameters", "description", "fallback_content"),
    "configs": (
        "evi_version", "prompt", "voice", "language_model", "ellm_model", "tools", "builtin_tools",
        "event_messages", "timeouts", "nudges", "interruption", "turn_detection", "webhooks",
    ),
}  # fmt: skip
KINDS = tuple(VERSION_KEYS)

# Replacements for versions that were never shown.
_UNKNOWN: dict[str, JsonObject] = {
    "prompts": {"text": "(not in the recording)"},
    "tools": {"parameters": '{"type": "object", "properties": {}}'},
    "configs": {"evi_version": "3"},
}

Place: TypeAlias = tuple[str, str]  # the kind and the id


@dataclass
class _Resource:
    """A resource from before: its name and time as first seen, its versions by number."""

    name: str
    created_on: int
    versions: dict[int, JsonObject] = field(default_factory=dict)
    highest: int = 0  # the last version that must have existed


class Resources:
    """Gathers resources from exchanges, in order. `notes` say what had to be made up."""

    def __init__(self, began_ms: int) -> None:
        self.notes: list[str] = []
        self.voices: dict[str, str] = {}  # names of the voices of configs, by id
        self._began_ms = began_ms
        self._listed: list[Place] = []  # in the order of lists
        self._known: dict[Place, _Resource] = {}
        self._born: set[Place] = set()
        self._born_versions: dict[Place, int] = {}  # the first version that the client made

    def take(self, exchange: Exchange, kind: str, rest: list[str]) -> None:
        """Read a successful exchange at /v0/evi/KIND/REST."""
        answer = exchange.response.body.value if exchange.response.body else None
        self._note_births(exchange, kind, rest, answer)
        adapter: TypeAdapter[Any] = CONFIG_VERSION if kind == "configs" else VERSION
        documents: list[JsonObject] = [
            {**each} for each in read(adapter, _documents(kind, answer), self.notes)
        ]
        if not rest and exchange.method == "GET":
            self._listed += [(kind, str(document["id"]).lower()) for document in documents]
        for document in documents:
            self._see(kind, document)
        if rest:
            version = int(rest[2]) if len(rest) > 2 and rest[2].isdigit() else 0
            self.need(kind, rest[0].lower(), version)

    def _note_births(self, exchange: Exchange, kind: str, rest: list[str], answer: Json) -> None:
        if exchange.method != "POST" or not isinstance(answer, dict) or "id" not in answer:
            return
        place = (kind, str(answer["id"]))
        if not rest:
            self._born.add(place)
        elif place not in self._born:
            number = _number(answer.get("version"))
            self._born_versions.setdefault(place, number)
            self.need(kind, place[1], number - 1)
        asked = exchange.request.body.value if exchange.request.body else None
        prompt = asked.get("prompt") if isinstance(asked, dict) else None
        if (
            isinstance(prompt, dict)
            and prompt.get("text")
            and isinstance(answer.get("prompt"), dict)
        ):
            self._born.add(("prompts", str(answer["prompt"].get("id"))))

    def _see(self, kind: str, document: JsonObject) -> None:
        if kind == "configs":
            for tool in document.get("tools") or ():
                if tool is not None:
                    self._see("tools", tool)
            if document.get("prompt") is not None:
                self._see("prompts", document["prompt"])
            if document.get("voice") is not None:
                voice = document["voice"]
                self.voices.setdefault(str(voice.get("id")), str(voice.get("name")))
        place = (kind, str(document["id"]).lower())
        number: int = document["version"]
        if place in self._born or number >= self._born_versions.get(place, number + 1):
            return
        created_on = document.get("created_on") or self._began_ms
        resource = self._known.setdefault(place, _Resource(str(document.get("name")), created_on))
        resource.versions.setdefault(number, document)
        resource.highest = max(resource.highest, number)

    def need(self, kind: str, id: str, version: int = 0) -> None:
        """Note that something names a resource: it existed, unless it was made while recording."""
        place = (kind, id)
        if place in self._born:
            return
        version = min(version, self._born_versions.get(place, version + 1) - 1)
        if place not in self._known:
            self._known[place] = _Resource(f"{kind[:-1]} {id[:8]}", self._began_ms)
        self._known[place].highest = max(self._known[place].highest, version)

    def is_known(self, kind: str, id: str) -> bool:
        return (kind, id) in self._known or (kind, id) in self._born

    def sections(self) -> Iterator[tuple[str, list[JsonObject]]]:
        """Yield the sections of a seed, with all versions from 0 on."""
        for kind in KINDS:
            found = [place for place in self._known if place[0] == kind]
            found.sort(key=self._rank)
            yield kind, [self._written(kind, id, self._known[kind, id]) for _, id in found]

    def _rank(self, place: Place) -> tuple[int, int]:
        """Return the sort key: the order of lists, then age for resources in no list."""
        is_listed = place in self._listed
        rank = self._listed.index(place) if is_listed else len(self._listed)
        return rank, self._known[place].created_on

    def _written(self, kind: str, id: str, resource: _Resource) -> JsonObject:
        seen, numbers = resource.versions, range(resource.highest + 1)
        made_up = [str(number) for number in numbers if number not in seen]
        if made_up:
            of = f"like version {min(seen)}" if seen else "empty"
            versions = "version" if len(made_up) == 1 else "versions"
            self.notes.append(
                f"{kind[:-1]} {id} ({resource.name}): {versions} {', '.join(made_up)} not shown, "
                f"so {of}"
            )
        stand_in = seen[min(seen)] if seen else _UNKNOWN[kind]
        return {
            "id": id,
            "name": resource.name,
            "created_on": resource.created_on,
            "versions": [
                _version(kind, seen.get(number, stand_in), resource.created_on)
                for number in numbers
            ],
        }


def _documents(kind: str, answer: Json) -> Iterator[Json]:
    """Yield what may be resources in an answer: a page of them, or a single one."""
    page = answer.get(f"{kind}_page") if isinstance(answer, dict) else None
    if isinstance(page, list):
        yield from page
    elif isinstance(answer, dict) and "id" in answer and "version" in answer:
        yield answer


def _number(version: Json) -> int:
    return version if isinstance(version, int) else 0


def _version(kind: str, document: JsonObject, created_on: int) -> JsonObject:
    """Return a version as one would create it."""
    posted = {key: document.get(key) for key in VERSION_KEYS[kind]}
    if kind == "configs":
        posted["prompt"] = _reference(document.get("prompt"))
        tools = [_reference(tool) for tool in document.get("tools") or ()]
        posted["tools"] = [tool for tool in tools if tool is not None]
        posted["builtin_tools"] = [
            {key: value for key, value in tool.items() if key != "tool_type"}
            for tool in document.get("builtin_tools") or ()
        ]
        posted["voice"] = _voice(document.get("voice"))
    posted["version_description"] = document.get("version_description")
    modified_on = document.get("modified_on") or created_on
    if modified_on > created_on:
        posted["modified_on"] = modified_on
    written: JsonObject = _without_empty(posted)
    return written


def _reference(document: Any) -> JsonObject | None:
    """Return a reference to a prompt or tool, with the version if it is a FIXED one."""
    if not isinstance(document, dict):
        return None
    is_fixed = document.get("version_type") == "FIXED"
    fixed = {"version": document.get("version")} if is_fixed else {}
    return {"id": document["id"], **fixed}


def _voice(document: Any) -> JsonObject | None:
    if not isinstance(document, dict):
        return None
    key = "id" if document.get("id") else "name"
    return {key: document.get(key), "provider": document.get("provider")}


def _without_empty(value: Any) -> Any:
    """Return a value without nulls and empty lists, which need not be posted."""
    if isinstance(value, dict):
        return {name: _without_empty(v) for name, v in value.items() if v not in (None, [])}
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value
