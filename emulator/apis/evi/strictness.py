"""Refusals of handshakes and frames that only happen if the settings ask for them."""

from collections.abc import Sequence
from functools import cache

from emulator.apis.evi.chat.messages import client_message
from emulator.apis.voices.unlisted import voice_problems
from emulator.apis.voices.voice_store import VoiceStore
from emulator.contract.findings import shown_place
from emulator.credentials import CREDENTIALS, OLDER_CREDENTIALS
from emulator.errors import Loc, Problem, pointer
from emulator.jsontext import Json, JsonObject
from emulator.openapi.fields import Field, compile_definitions
from emulator.openapi.strictness import EXTRA, unknown_contents, unknown_parameters
from emulator.settings import Settings

# Parameters that the vendor's clients add to every handshake.
OF_CLIENTS = ("fernSdkLanguage", "fernSdkVersion")
OLDER = {"voice_id": "session_settings[voice_id]"}  # older spellings, and today's
FRAME: Loc = ("frame",)
_SETTINGS = "session_settings"


def handshake_problems(
    settings: Settings, voices: VoiceStore, fields: Field, given: JsonObject
) -> list[Problem]:
    """List the problems for which the settings refuse a query; its socket reads `fields`."""
    problems = list[Problem]()
    if settings.strict:
        names = (*fields.children, *CREDENTIALS, *OLDER_CREDENTIALS, *OF_CLIENTS, *OLDER)
        read = {name: value for name, value in given.items() if name in fields.children}
        problems += unknown_parameters(given, names)
        problems += unknown_contents(fields, read, ("query",))
    if _SETTINGS in fields.children:
        problems += voice_problems(settings, voices, *handshake_voice(given))
    return problems


def handshake_voice(given: JsonObject) -> tuple[Loc, Json]:
    """Return the voice that a query asks for, in its session settings or beside them, and where."""
    settings = given.get(_SETTINGS)
    named = settings.get("voice_id") if isinstance(settings, dict) else None
    if named is not None:
        return ("query", _SETTINGS, "voice_id"), named
    return ("query", "voice_id"), given.get("voice_id")


def frame_problems(settings: Settings, voices: VoiceStore, content: Json) -> list[Problem]:
    """List the problems for which the settings refuse a message."""
    problems = unknown_contents(message_fields(), content, FRAME) if settings.strict else []
    if isinstance(content, dict) and content.get("type") == _SETTINGS:
        problems += voice_problems(settings, voices, (*FRAME, "voice_id"), content.get("voice_id"))
    return problems


def in_one_sentence(problems: Sequence[Problem]) -> str:
    """Return the problems of a message as the text of an error frame."""
    places = [pointer(shown_place(each.loc)) for each in problems if each.type == EXTRA]
    extra = [f"Extra inputs are not permitted: {', '.join(places)}"] if places else []
    return "; ".join([*extra, *(each.msg for each in problems if each.type != EXTRA)])


@cache
def message_fields() -> Field:
    """Return the fields of all client messages; each name begins with its message's type."""
    schema = client_message.json_schema()
    definitions, tags = schema["$defs"], schema["discriminator"]["mapping"]
    variants = {
        tag: compile_definitions({"$ref": reference, "$defs": definitions}, f"{tag} ")
        for tag, reference in tags.items()
    }
    return Field("", variants=variants)
