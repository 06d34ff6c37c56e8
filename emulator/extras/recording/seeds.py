"""Makes a seed of a recording: what the server had before the client came."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import yaml

from emulator.apis.voices.library import read_library
from emulator.apis.voices.voice_store import CUSTOM_VOICE, HUME_AI
from emulator.errors import SeedError
from emulator.extras.recording.answer_models import VOICE, items, read
from emulator.extras.recording.chat_import import ChatImport
from emulator.extras.recording.format import Exchange, Frame, Recording, line_of
from emulator.extras.recording.resources import KINDS, Resources
from emulator.jsontext import Json, JsonObject, render
from emulator.settings import Settings
from emulator.world.seed import SeedReader
from emulator.world.snapshot import Seed
from emulator.world.snapshot_document import write_snapshot
from emulator.world.world import World

_MISTAKE = re.compile(r"[^:]+:\d+: (/[^:]*): (.*)")


@dataclass(frozen=True, slots=True)
class ImportedSeed:
    """The content of a seed file that `seed check` accepts, and the store loaded from it.

    `notes` say what is made up or left out.
    """

    content: JsonObject
    seed: Seed
    notes: tuple[str, ...]

    def snapshot(self, settings: Settings) -> bytes:
        """Return the snapshot document of a world that has just begun with the seed."""
        return write_snapshot(World("import", self.seed, settings).snapshot())


def import_seed(recording: Recording, seeds: SeedReader, settings: Settings) -> ImportedSeed:
    """Return what the server had before the client came, as far as the recording shows it."""
    content, notes = _gather(recording)
    seed = _repaired(content, notes, seeds, settings)
    return ImportedSeed(content, seed, tuple(notes))


def deleted_configs(recording: Recording, content: JsonObject) -> list[str]:
    """Return the configs of a seed that chats name but that did not exist any more.

    That is known if configs were listed, and nothing in the recording shows or names these.
    """
    asked = [each for each in recording.exchanges if each.path.startswith("/v0/evi/configs")]
    if not any(each.name == "GET /v0/evi/configs" and _is_informative(each) for each in asked):
        return []
    texts = [line_of(each).decode() for each in asked]
    texts += [each.opened.query for each in recording.conversations()]
    groups = content.get("chat_groups", ())
    chats = [chat for group in groups for chat in group["chats"] if "config" in chat]
    named = dict.fromkeys(chat["config"]["id"] for chat in chats)
    return [id for id in named if not any(id in text for text in texts)]


def as_yaml(content: JsonObject) -> str:
    """Return the content of a seed or a script as the text of a file."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _gather(recording: Recording) -> tuple[JsonObject, list[str]]:
    resources = Resources(recording.header.began_at_ms)
    chats, voices = ChatImport(_chats_held(recording)), _Voices()
    for exchange in recording.exchanges:
        if not _is_informative(exchange):
            continue
        match exchange.path.strip("/").lower().split("/"):
            case ["v0", "evi", kind, *rest] if kind in KINDS:
                resources.take(exchange, kind, rest)
            case ["v0", "evi", "chats" | "chat_groups", *rest]:
                chats.take(exchange, rest)
            case ["v0", "tts", "voices"]:
                voices.take(exchange)
    for id, version in [*_configs_asked_for(recording), *chats.configs()]:
        resources.need("configs", id, version)
    sections = dict(resources.sections())
    for config in sections["configs"]:
        for version in config["versions"]:
            voices.check(version, resources.voices)
    groups = chats.groups()
    content = {
        "user_id": chats.user_id,
        "voices": voices.section(),
        **sections,
        "chat_groups": groups,
    }
    notes = [*resources.notes, *chats.notes, *voices.notes]
    return {name: section for name, section in content.items() if section}, notes


def _is_informative(exchange: Exchange) -> bool:
    """True if its answer is complete and successful, and so shows what exists."""
    body = exchange.response.body
    is_whole = exchange.broken is None and (body is None or body.cut is None)
    return is_whole and 200 <= exchange.status < 300 and exchange.method != "OPTIONS"


def _chats_held(recording: Recording) -> Iterator[str]:
    for entry in recording.entries:
        if isinstance(entry, Frame) and entry.type == "chat_metadata":
            yield str(entry.content.value.get("chat_id"))


def _configs_asked_for(recording: Recording) -> Iterator[tuple[str, int]]:
    for conversation in recording.conversations():
        query = parse_qs(conversation.opened.query)
        version = query.get("config_version", ["0"])[0]
        if "config_id" in query and _was_accepted(conversation.frames):
            yield query["config_id"][0].lower(), int(version) if version.isdigit() else 0


def _was_accepted(frames: tuple[Frame, ...]) -> bool:
    return any(frame.type == "chat_metadata" for frame in frames)


class _Voices:
    """Collects the voices that the emulator lacks: custom ones, and further library ones."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._library = {voice["id"] for voice in read_library()}
        self._found: dict[str, JsonObject] = {}
        self._born: set[str] = set()

    def take(self, exchange: Exchange) -> None:
        answer: Any = exchange.response.body.value if exchange.response.body else None
        if not isinstance(answer, dict):
            return
        if exchange.method == "POST":
            self._born.add(str(answer.get("id")))
        for voice in read(VOICE, items(answer, "voices_page"), self.notes):
            provider = voice.get("provider")
            if provider in (HUME_AI, CUSTOM_VOICE):
                self._add(voice["id"], voice["name"], str(provider))

    def _add(self, id: str, name: str, provider: str) -> None:
        is_known = provider == HUME_AI and id in self._library
        if not is_known and id not in self._born:
            self._found.setdefault(id, {"id": id, "name": name, "provider": provider})

    def check(self, version: JsonObject, names: Mapping[str, str]) -> None:
        """Collect the voice that a config names, or remove it from the config if it has no id."""
        voice = version.get("voice")
        if voice is None:
            return
        provider = voice.get("provider") or CUSTOM_VOICE
        if "id" in voice:
            self._add(voice["id"], names.get(voice["id"], voice["id"]), provider)
        elif provider != HUME_AI and not self._is_found(voice.get("name")):
            del version["voice"]
            self.notes.append(
                f"voice {voice.get('name')!r} has no id in the recording; its config has none"
            )

    def _is_found(self, name: Json) -> bool:
        custom = (each for each in self._found.values() if each["provider"] == CUSTOM_VOICE)
        return any(each["name"] == name for each in custom)

    def section(self) -> list[JsonObject]:
        return list(self._found.values())


def _repaired(content: JsonObject, notes: list[str], seeds: SeedReader, settings: Settings) -> Seed:
    """Load the content, after removing what a seed can't have, with a note on each removal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.yaml"
        while True:
            path.write_bytes(render(content))  # JSON is YAML, too
            try:
                return seeds.load(str(path), settings)
            except SeedError as error:
                notes.append(_drop_mistaken(content, error))


def _drop_mistaken(content: JsonObject, error: SeedError) -> str:
    """Remove the smallest part that has the mistake. Returns a note with the reason."""
    found = _MISTAKE.match(str(error))
    if found is None:
        raise error
    steps = found[1].strip("/").split("/")
    if steps[:1] == ["chat_groups"] and steps[2:3] == ["chats"] and "config" in steps[4:5]:
        chat = content["chat_groups"][int(steps[1])]["chats"][int(steps[3])]
        del chat["config"]
        return f"chat {chat['id']}: {found[2]}; it has no config"
    if len(steps) < 2:
        raise error
    dropped = content[steps[0]].pop(int(steps[1]))
    return f"{steps[0]}: {dropped.get('id')} ({dropped.get('name', '')}) is left out: {found[2]}"
