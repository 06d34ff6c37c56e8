"""`evi.tts`: what was said in a world, how it sounds, and sounds of texts, for tests."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from emulator.apis.tts.generation import said_again
from emulator.apis.tts.record import FORMATS, find_record, shown, sound_again
from emulator.apis.tts.testing.matchers import matcher
from emulator.apis.voices.generations import GenerationStore
from emulator.apis.voices.sounds import read_sound
from emulator.apis.voices.state import VoicesState
from emulator.errors import UsageError, closest, pointer
from emulator.handles.bridge import DEFAULT_TIMEOUT_S, Bridge
from emulator.handles.diagnosis import ExpectationFailed, everything, explain, matches, short_fields
from emulator.handles.leftovers import leftovers
from emulator.handles.tracebacks import is_on_purpose
from emulator.jsontext import JsonObject, JsonTextError, parse
from emulator.waiting import until
from emulator.world.world import World

__tracebackhide__ = is_on_purpose

_FIELDS = (
    "text", "voice", "description", "version", "format", "operation", "duration", "utterances",
    "generation_id", "request_id", "context_generation_id", "created_at", "variant", "complete",
)  # fmt: skip
_PATHS = "/v0/tts"
_IN_WORDS = ("text", "voice", "description", "version", "format", "operation")


class TtsHandle:
    """A test's handle on text-to-speech in one world.

    Generations are dicts, as GET /_emulator/tts/generations has them. Each meets one expectation at
    most; those of the seed meet none.
    """

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge
        self._store: GenerationStore | None = None  # of which `_seen` generations don't count
        self._seen = 0

    def __repr__(self) -> str:
        return self._bridge.glance(lambda: f"<tts: {len(self._generations().ids())} generations>")

    @property
    def generations(self) -> list[JsonObject]:
        """Return all generations, those of the seed too, the oldest first."""
        return self._bridge.call(
            lambda: [shown(self._world, each) for each in self._generations().all()]
        )

    # what a test expects of the client

    def expect(
        self,
        text: Any = None,
        voice: Any = None,
        timeout: float = DEFAULT_TIMEOUT_S,
        **fields: Any,
    ) -> JsonObject:
        """Wait for the next generation with this text, voice and these fields, and return it.

        A text may be a compiled pattern, which is searched in it; a voice may be a name or an id.
        One that a client did not get to its end has `complete` False, and only counts if that is
        asked for.
        Generations that met an expectation, and those before them, don't count. Raises
        ExpectationFailed after `timeout` s, with what was said instead; UsageError for a field
        that generations do not have.
        """
        return self._bridge.run(self._expect(text, voice, timeout, fields))

    async def aexpect(
        self,
        text: Any = None,
        voice: Any = None,
        timeout: float = DEFAULT_TIMEOUT_S,
        **fields: Any,
    ) -> JsonObject:
        """Wait as `expect` does, in an async test."""
        return await self._bridge.arun(self._expect(text, voice, timeout, fields))

    async def _expect(
        self, text: Any, voice: Any, timeout: float, fields: Mapping[str, Any]
    ) -> JsonObject:
        _check_fields(fields)
        given = {"text": text, "voice": voice}
        wanted = {name: each for name, each in given.items() if each is not None} | dict(fields)
        wanted = {name: matcher(name, each) for name, each in wanted.items()}
        found: list[tuple[int, JsonObject]] = []

        def is_there() -> bool:
            came = [each for each in self._new() if matches(wanted, each[1])]
            found[:] = [each for each in came if each[1]["complete"] or "complete" in fields]
            return bool(found)

        if not await until(self._world.journal.watchers, is_there, timeout):
            self._fail(wanted, timeout)
        place, generation = found[0]
        self._seen = place + 1
        return generation

    def _new(self) -> list[tuple[int, JsonObject]]:
        """Return the generations that count, each with its place among all."""
        self._notice_a_reset()
        return self._from(self._seen)

    def _from(self, begin: int) -> list[tuple[int, JsonObject]]:
        store = self._generations()
        records = ((place, store.find(id)) for place, id in enumerate(store.ids()[begin:], begin))
        return [
            (place, shown(self._world, record)) for place, record in records if record is not None
        ]

    def _notice_a_reset(self) -> None:
        """Start over after the seed's generations if the world's state was replaced."""
        store = self._generations()
        if self._store is not store:
            self._store, self._seen = store, self._seeded()

    def _seeded(self) -> int:
        return len(self._world.seed.state(VoicesState).generations.ids())

    def _generations(self) -> GenerationStore:
        return self._world.state(VoicesState).generations

    def _fail(self, wanted: JsonObject, timeout: float) -> None:
        came = [generation for _, generation in self._new()]
        before = [each for place, each in self._from(self._seeded()) if place < self._seen]
        entries, hint = everything(self._world.journal), ""
        if any(matches(wanted, each) for each in before):
            hint = "such a generation came before one that an earlier expectation has met"
        if any(matches(wanted, each) and not each["complete"] for each in came):
            hint = "its stream ended early; complete=False expects that"
        hint = hint or _refusal(entries)
        what = f"nothing was said with {short_fields(wanted)} within {timeout:g} s"
        told = wanted.keys() | _IN_WORDS
        named = [each | {"voice": _told(wanted, each["voice"])} for each in came or before]
        candidates = [
            (None, {name: each[name] for name in _FIELDS if name in told}) for each in named
        ]
        left = leftovers(self._world)
        raise ExpectationFailed(explain(what, wanted, candidates, entries, hint, left=left))

    # sound

    def audio(self, generation: JsonObject | str, format: str = "wav") -> bytes:
        """Return the sound of a generation, or of the one with an id, as a file.

        Raises LookupError if it does not exist, UsageError for another format than wav, mp3, pcm.
        """
        if format not in FORMATS:
            known = ", ".join(FORMATS)
            raise UsageError(f"no format {format!r}{closest(format, FORMATS)}; known: {known}")
        id = generation if isinstance(generation, str) else generation["generation_id"]
        pieces = self._bridge.run(self._pieces(id, format))
        return b"".join(pieces)

    async def _pieces(self, id: str, format: str) -> Iterable[bytes]:
        record = find_record(self._world, id)
        if record is None:
            raise LookupError(f"no generation {id!r} in this world; evi.tts.generations has all")
        await said_again(self._world, record)
        _, pieces = sound_again(self._world, record, format)
        return pieces

    def set_sound(self, text: str, sound: str | Path | bytes) -> None:
        """Give a text the sound of a file, or of its content; later generations have it.

        Raises OSError, and UsageError for what is no sound, or too long.
        """
        if isinstance(sound, bytes):
            name, data = "the sound", sound
        else:
            name, data = str(sound), Path(sound).read_bytes()
        own = read_sound(text, data, name)
        self._bridge.call(lambda: self._world.state(VoicesState).sounds.update({own.text: own}))

    def clear_sounds(self) -> None:
        """Remove the sounds that `set_sound` gave to texts."""
        self._bridge.call(self._clear_sounds)

    def _clear_sounds(self) -> None:
        self._world.state(VoicesState).sounds.clear()


def _told(wanted: JsonObject, voice: JsonObject | None) -> Any:
    """Return a voice as a failure shows it: by its name, unless a dict of it was wanted."""
    given = wanted.get("voice")
    if voice is None or isinstance(given, dict):
        return voice
    return given if given is not None and given == voice else voice["name"]


def _check_fields(fields: Iterable[str]) -> None:
    for name in fields:
        if name not in _FIELDS:
            known = ", ".join(_FIELDS)
            raise UsageError(
                f"no generation has a field {name!r}{closest(name, _FIELDS)}; known: {known}"
            )


def _refusal(entries: Iterable[JsonObject]) -> str:
    """Return the error of the last request if it was refused, as a hint."""
    requests = [each for each in entries if each["kind"] == "http"]
    spoken = [each for each in requests if each["path"].startswith(_PATHS)]
    if not spoken or (spoken[-1]["status"] or 0) < 400:
        return ""
    last = spoken[-1]
    told = f"{last['method']} {last['path']} was refused with {last['status']}"
    message = _message(str(last.get("response")))
    return f"{told}: {message}" if message else told


def _message(answer: str) -> str:
    """Return what an error answer says in words, as far as the journal keeps it."""
    try:
        content = parse(answer.encode())
    except JsonTextError:
        return ""
    problems = content.get("detail") if isinstance(content, dict) else None
    if isinstance(problems, list):
        return "; ".join(f"{pointer(tuple(each['loc']))}: {each['msg']}" for each in problems)
    return str(content.get("message", "")) if isinstance(content, dict) else ""
