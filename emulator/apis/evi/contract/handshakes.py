"""Findings about the query with which a chat is opened."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import parse_qsl

from emulator.apis.evi.hints import EVI_HINTS, setting_hint
from emulator.apis.evi.strictness import OF_CLIENTS, OLDER, handshake_voice
from emulator.apis.voices.contract import judge_voice_id
from emulator.apis.voices.voice_store import VoiceStore
from emulator.contract.findings import MOST_AT_ONCE, Finding, find
from emulator.contract.ledger import ClientLedger
from emulator.contract.values import (
    judge_boolean,
    judge_integer,
    judge_use,
    unknown_parameter,
)
from emulator.credentials import CREDENTIALS, OLDER_CREDENTIALS
from emulator.jsontext import JsonObject
from emulator.openapi.fields import Field, use_of


def parameter_name(field: str) -> str:
    """Return the coverage's name of a parameter, or of a field in it."""
    return field.removeprefix("/")


def judge_handshake(ledger: ClientLedger, fields: Field, given: JsonObject) -> Sequence[Finding]:
    """Judge a query, read into names and values, and count what it uses."""
    findings, known = list[Finding](), tuple(fields.children)
    for name, value in given.items():
        loc, field = ("query", name), fields.children.get(name)
        if name in OLDER:
            findings.append(find("deprecated", loc, name, instead=OLDER[name]))
        elif name in OLDER_CREDENTIALS:
            instead = OLDER_CREDENTIALS[name]
            findings.append(find("credential_spelling", loc, name, instead=instead))
        elif field is None:
            if name not in (*CREDENTIALS, *OF_CLIENTS) and len(findings) < MOST_AT_ONCE:
                findings.append(unknown_parameter(name, known, _hint(name, fields)))
        elif isinstance(value, str):
            findings += judge_boolean(loc, value) if "boolean" in field.types else ()
            findings += judge_integer(loc, value) if "integer" in field.types else ()
    use = use_of(fields, {name: given[name] for name in given if name in known}, ("query",))
    ledger.use("chat_parameters", map(parameter_name, use.known))
    return [*findings, *judge_use(use)]


def _hint(name: str, fields: Field) -> str:
    """Return where a parameter belongs that a handshake does not have, or an empty text."""
    settings = fields.children.get("session_settings")
    if settings is not None and name in settings.children and name != "type":
        return setting_hint(name)
    return EVI_HINTS.of_handshakes.get(name, "")


def judge_repeated(fields: Field, query_string: bytes) -> Sequence[Finding]:
    """Judge repeated parameters, and repeated fields in them."""
    query = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    return [
        find("parameter_repeated", ("query", name), count)
        for name, count in Counter(name for name, _ in query).items()
        if count > 1 and name.partition("[")[0] in fields.children
    ][:MOST_AT_ONCE]


def judge_handshake_voice(voices: VoiceStore, given: JsonObject) -> Sequence[Finding]:
    """Judge the voice that a query asks for, in its session settings or beside them."""
    return judge_voice_id(voices, *handshake_voice(given))
