"""Reads a valid request for speech: voices found, version chosen, combinations refused.

Facts: docs/protocol.md#speech-requests.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emulator.apis.tts.errors import tts_error
from emulator.apis.tts.turns import AT_ONCE, list_in_turns
from emulator.apis.voices.generations import designed_timbre
from emulator.apis.voices.lookup import resolve_voice
from emulator.apis.voices.state import VoicesState
from emulator.contract.findings import Finding, find
from emulator.errors import ApiError, Loc
from emulator.jsontext import JsonObject
from emulator.world.world import World

DEFAULT_FORMAT = "mp3"
_BOTH = ("1", "2")
_NESTED = (dict, list)


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance to say; `timbre` is how its voice sounds. A designed voice has no record."""

    text: str
    description: str = ""
    speed: float = 1
    trailing_silence_s: float = 0
    voice: JsonObject | None = None
    timbre: str = ""

    def to_json(self) -> JsonObject:
        """Return it for a generation's record, without what is as usual."""
        given = {
            "text": self.text,
            "description": self.description,
            "speed": None if self.speed == 1 else self.speed,
            "trailing_silence": self.trailing_silence_s,
            "voice": self.voice,
            "timbre": self.timbre,
        }
        return {key: value for key, value in given.items() if value or key == "text"}

    @classmethod
    def from_json(cls, content: JsonObject) -> "Utterance":
        """Return the utterance of a generation's record."""
        return cls(
            content["text"],
            content.get("description", ""),
            content.get("speed", 1),
            content.get("trailing_silence", 0),
            content.get("voice"),
            content["timbre"],
        )


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A request for speech: the text, and how to say it. `timestamps` has the requested types."""

    utterances: tuple[Utterance, ...]
    version: str
    format: str = DEFAULT_FORMAT
    is_instant: bool = False
    num_generations: int = 1
    splits: bool = True
    strips_headers: bool = False
    timestamps: frozenset[str] = frozenset()
    context_id: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Who asks: the world, where findings go, and whether the answer is streamed."""

    world: World
    findings: list[Finding]
    streams: bool
    needs_voice: bool = True  # for instant mode
    loc: Loc = ("body",)

    @property
    def is_lenient(self) -> bool:
        return self.world.settings.lenient_tts


def without_nulls(value: Any) -> Any:
    """Return a JSON value without the fields that are null, as if they were left out."""
    if isinstance(value, dict):
        return {
            key: without_nulls(item) if isinstance(item, _NESTED) else item
            for key, item in value.items()
            if item is not None
        }
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def read_request(source: Source, given: JsonObject) -> SpeechRequest:
    """Return the request of a body that its schema allows. Raises ApiError."""
    body = without_nulls(given)
    context = read_context(source, body.get("context"))
    return _request(source, body, context, tuple(_utterances(source, body, context)))


async def read_request_in_turns(source: Source, given: JsonObject) -> SpeechRequest:
    """Return what `read_request` does; of many utterances, others have a turn between some."""
    if len(given["utterances"]) < AT_ONCE:
        return read_request(source, given)
    body = without_nulls(given)
    context = read_context(source, body.get("context"))
    utterances = await list_in_turns(_utterances(source, body, context))
    return _request(source, body, context, tuple(utterances))


def _request(
    source: Source, body: JsonObject, context: "Context", utterances: tuple[Utterance, ...]
) -> SpeechRequest:
    wanted = frozenset(body.get("include_timestamp_types", ()))
    is_instant = _is_instant(source, body, utterances)
    version = choose_version(body.get("version"), utterances, wanted)
    _judge_timestamps(source, version, wanted)
    return SpeechRequest(
        utterances=utterances,
        version=version,
        format=body.get("format", {}).get("type", DEFAULT_FORMAT),
        is_instant=is_instant,
        num_generations=body.get("num_generations", 1),
        splits=body.get("split_utterances", True),
        strips_headers=body.get("strip_headers", False),
        timestamps=wanted if version == "2" else frozenset(),
        context_id=context.id,
    )


# voices


@dataclass(frozen=True, slots=True)
class Context:
    """The generation that a request continues, and the utterance that it ends with."""

    id: str | None = None
    last: Utterance | None = None


_NO_CONTEXT = Context()


def read_context(source: Source, given: JsonObject | None) -> Context:
    """Return the context of a request. Raises ApiError if its generation or a voice is unknown."""
    if not given:
        return _NO_CONTEXT
    if given.get("generation_id"):
        return continued(source.world, given["generation_id"])
    loc = (*source.loc, "context", "utterances")
    spoken = list(_voiced(source, loc, given.get("utterances", ()), None))
    return Context(None, next((each for each in reversed(spoken) if each.timbre), None))


def continued(world: World, id: str) -> Context:
    """Return the context that a generation is. Raises ApiError if it does not exist."""
    found = world.state(VoicesState).generations.find(id)
    if found is None:
        raise tts_error("generation_not_found", id=id)
    return Context(found["id"], Utterance.from_json(found["utterances"][-1]))


def _utterances(source: Source, body: JsonObject, context: Context) -> Iterator[Utterance]:
    return _voiced(source, (*source.loc, "utterances"), body["utterances"], context.last)


def _voiced(
    source: Source, loc: Loc, given: Sequence[JsonObject], before: Utterance | None
) -> Iterator[Utterance]:
    """Yield the utterances at `loc`; one without a voice has that of the one before."""
    for index, each in enumerate(given):
        voice, timbre = (None, "") if before is None else (before.voice, before.timbre)
        named = each.get("voice")
        if named and ("id" in named or "name" in named):
            voice = find_named(source, named, (*loc, index, "voice"))
            timbre = source.world.state(VoicesState).timbre(voice)
        utterance = Utterance(
            each["text"],
            each.get("description", ""),
            each.get("speed", 1),
            each.get("trailing_silence", 0),
            voice,
            timbre,
        )
        before = utterance if timbre else before
        yield utterance


def find_named(source: Source, named: JsonObject, loc: Loc) -> JsonObject:
    """Return the voice that is named. Raises ApiError."""
    try:
        return resolve_voice(source.world, named, loc, source.findings)
    except ApiError as error:
        raise tts_error("voice_not_found", problem=error.body["message"]) from None


def designed(utterances: Sequence[Utterance], variant: int) -> tuple[Utterance, ...]:
    """Return the utterances; those without a voice get the one that the first of them asks for."""
    index = _first_without(utterances)
    if index is None:
        return tuple(utterances)
    first = utterances[index]
    timbre = designed_timbre(first.description, first.text, variant)
    return tuple(each if each.timbre else replace(each, timbre=timbre) for each in utterances)


def new_record(
    created_ms: int,
    id: str,
    request_id: str,
    request: SpeechRequest,
    utterances: Sequence[Utterance],
    variant: int,
    operation: str,
) -> JsonObject:
    """Return what is remembered of a generation, from which it can be made again."""
    record: JsonObject = {
        "id": id,
        "request_id": request_id,
        "created_at": created_ms,
        "operation": operation,
        "version": request.version,
        "format": request.format,
        "variant": variant,
        "utterances": [each.to_json() for each in utterances],
    }
    if request.context_id is not None:
        record["context_id"] = request.context_id
    return record if request.splits else {**record, "split": False}


def _first_without(utterances: Sequence[Utterance]) -> int | None:
    """Return the index of the first utterance without a voice, not even a designed one."""
    for index, each in enumerate(utterances):
        if not each.timbre:
            return index
    return None


def _nth(index: int) -> str:
    return f"Utterance {index}"


# combinations


def _is_instant(source: Source, body: JsonObject, utterances: Sequence[Utterance]) -> bool:
    """Return whether instant mode is on. Raises ApiError if it can't be."""
    asked = body.get("instant_mode")
    if not source.streams:
        if asked:
            _refuse_instant(source)
        return False
    if asked is False:
        return False
    missing, count = _first_without(utterances), body.get("num_generations", 1)
    if missing is None and count == 1:
        return True
    if asked is None and source.is_lenient:
        return False
    if missing is not None:
        more = "" if asked else "; or set instant_mode to false, which is on if it is left out"
        raise tts_error("voice_required", what=_nth(missing), why="instant mode", more=more)
    raise tts_error("instant_mode_single_generation", got=count)


def _refuse_instant(source: Source) -> None:
    """Note instant mode where it does nothing. Raises ApiError if the settings refuse it."""
    if source.world.settings.strict:
        raise tts_error("instant_mode_unsupported")
    source.findings.append(find("instant_mode_ignored", (*source.loc, "instant_mode"), True))


def choose_version(
    asked: str | None, utterances: Sequence[Utterance], timestamps: frozenset[str]
) -> str:
    """Return the version that speaks. Raises ApiError if none can."""
    version = asked or _fitting_version(utterances, timestamps)
    for index, each in enumerate(utterances):
        models = _models(each)
        if version not in models:
            why = "" if asked else _why_version_1(utterances)
            known = " and ".join(models)
            name = (each.voice or {}).get("name")
            raise tts_error(
                "voice_incompatible", name=name, index=index, known=known, version=version, why=why
            )
        if version == "2" and each.description:
            raise tts_error("description_unsupported", index=index)
    missing = _first_without(utterances)
    if version == "2" and missing is not None:
        raise tts_error("voice_required", what=_nth(missing), why="version 2", more="")
    return version


def _models(utterance: Utterance) -> Sequence[str]:
    voice: Mapping[str, Any] = utterance.voice or {}
    return voice.get("compatible_octave_models") or _BOTH


def _fitting_version(utterances: Sequence[Utterance], timestamps: frozenset[str]) -> str:
    """Return the version of a request that names none."""
    version = "2" if timestamps else "1"
    for each in utterances:
        if each.description or not each.timbre:
            return "1"
        if "1" not in _models(each):
            version = "2"
    return version


def _why_version_1(utterances: Sequence[Utterance]) -> str:
    has_description = any(each.description for each in utterances)
    return f", which {'a description' if has_description else 'an utterance without a voice'} needs"


def _judge_timestamps(source: Source, version: str, wanted: frozenset[str]) -> None:
    if wanted and version == "1":
        loc = (*source.loc, "include_timestamp_types")
        source.findings.append(find("timestamps_ignored", loc, sorted(wanted)))
