"""What there is to be exercised of the API, and how much of it a client has."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, get_args

from emulator.apis.evi.chat.messages import ServerMessage
from emulator.apis.evi.chat_store import CHAT_STATUSES
from emulator.apis.evi.contract.frames import BINARY, CLIENT_TYPES
from emulator.apis.evi.contract.handshakes import parameter_name
from emulator.apis.evi.contract.sockets import BROKEN, BY_CLIENT, BY_SERVER, error_name
from emulator.apis.evi.strictness import message_fields
from emulator.apis.evi.webhooks import EVENT_NAMES
from emulator.contract.ledger import ClientLedger
from emulator.errors import CHAT_ERRORS, UsageError, closest
from emulator.jsontext import JsonObject
from emulator.openapi.fields import Field
from emulator.openapi.operation import Operation

# The parts in the order in which reports have them, and what each counts.
PARTS: Mapping[str, str] = {
    "operations": "operations, answered with success",
    "statuses": "documented statuses of operations, but for 401 and 413",
    "parameters": "query parameters of operations",
    "body_fields": "fields of request bodies",
    "chat_parameters": "query parameters of a chat's handshake",
    "messages_sent": "types of messages from the client",
    "message_fields": "fields of messages from the client",
    "messages_received": "types of messages to the client",
    "error_codes": "the service's errors in a chat",
    "close_codes": "who ended a connection, with which code",
    "chat_ends": "statuses in which chats ended",
    "webhooks": "webhook events that a receiver took",
}
CLOSES = (f"{BY_CLIENT} 1000", f"{BY_SERVER} 1000", f"{BY_CLIENT} {BROKEN}", f"{BY_SERVER} 1011")

OWN_ERRORS = "EMU"  # how the codes begin of errors that only an emulator has
OF_THE_TRANSPORT = (401, 413)  # any operation has them, before it is asked
_FIRST = "operations"
_MOST_NAMED = 5

ApiSurface: TypeAlias = Mapping[str, Sequence[str]]  # every name of each part


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be exercised, and how often it was; `extra` if it isn't asked for.

    `detail` has the answers of an operation: how often each status came.
    """

    name: str
    count: int
    extra: bool = False
    detail: Mapping[str, int] | None = None

    def to_json(self) -> JsonObject:
        more = {} if self.detail is None else {"detail": dict(self.detail)}
        return {"name": self.name, "count": self.count, "extra": self.extra, **more}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the coverage. `items` has those that are asked for, then the extra ones."""

    name: str
    items: Sequence[Item]

    @property
    def total(self) -> int:
        return sum(not item.extra for item in self.items)

    @property
    def covered(self) -> int:
        return sum(not item.extra and item.count > 0 for item in self.items)

    @property
    def percent(self) -> float:
        """Rounded down: 100 is all of it."""
        return 1000 * self.covered // self.total / 10 if self.total else 100.0

    @property
    def missing(self) -> list[str]:
        return [item.name for item in self.items if not item.extra and item.count == 0]

    @property
    def never(self) -> str:
        """The first of those that are missing, and how many more there are."""
        names, more = self.missing[:_MOST_NAMED], len(self.missing) - _MOST_NAMED
        return f"{', '.join(names)}{f' and {more} more' if more > 0 else ''}"

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "covered": self.covered,
            "total": self.total,
            "percent": self.percent,
            "items": [item.to_json() for item in self.items],
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """All parts; `percent` counts each alike, however many names it has."""

    parts: Sequence[Part]

    @property
    def percent(self) -> float:
        tenths = sum(round(10 * part.percent) for part in self.parts)
        return tenths // len(self.parts) / 10

    def to_json(self) -> JsonObject:
        return {"percent": self.percent, "parts": [part.to_json() for part in self.parts]}


def new_surface(
    operations: Sequence[tuple[Operation, Field | None]], chat_parameters: Field
) -> ApiSurface:
    """All that there is: operations with the fields of their bodies, a handshake's parameters."""
    found = {
        "operations": [operation.id for operation, _ in operations],
        "statuses": [
            f"{operation.id} {status}"
            for operation, _ in operations
            for status in operation.responses
            if status not in OF_THE_TRANSPORT
        ],
        "parameters": [
            f"{operation.id} {parameter.name}"
            for operation, _ in operations
            for parameter in operation.parameters
            if parameter.location == "query"
        ],
        "body_fields": [
            field.name for _, body in operations if body for field in body if not field.undocumented
        ],
        "chat_parameters": [parameter_name(field.name) for field in chat_parameters],
        "messages_sent": [*CLIENT_TYPES, BINARY],
        "message_fields": [field.name for field in message_fields()],
        "messages_received": [
            each.model_fields["type"].default for each in get_args(ServerMessage)
        ],
        "error_codes": [
            error_name(text.code, text.slug)
            for text in CHAT_ERRORS.values()
            if not text.code.startswith(OWN_ERRORS)
        ],
        "close_codes": CLOSES,
        "chat_ends": [status for status in CHAT_STATUSES if status != "ACTIVE"],
        "webhooks": EVENT_NAMES,
    }
    assert list(found) == list(PARTS)
    return {part: tuple(dict.fromkeys(names)) for part, names in found.items()}


def cover(ledger: ClientLedger, surface: ApiSurface) -> Coverage:
    """How much of it clients have exercised."""
    answers: dict[str, Counter[str]] = {}
    for (operation, status), count in ledger.answers.items():
        answers.setdefault(operation, Counter())[str(status)] += count
    used = {
        **ledger.used,
        "statuses": {
            f"{operation} {status}": count
            for operation, counts in answers.items()
            for status, count in counts.items()
        },
    }
    parts = [_operations(surface["operations"], answers)]
    parts += [_part(part, surface[part], used.get(part, {})) for part in PARTS if part != _FIRST]
    return Coverage(parts)


def _operations(known: Sequence[str], answers: Mapping[str, Mapping[str, int]]) -> Part:
    extra = [name for name in answers if name not in known]
    items = []
    for name in (*known, *extra):
        detail = answers.get(name, {})
        good = sum(count for status, count in detail.items() if status.startswith("2"))
        items.append(Item(name, good, name in extra, detail))
    return Part(_FIRST, items)


def _part(name: str, known: Sequence[str], counts: Mapping[str, int]) -> Part:
    items = [Item(each, counts.get(each, 0)) for each in known]
    wanted = frozenset(known)
    extra = [Item(each, counts[each], extra=True) for each in counts if each not in wanted]
    return Part(name, [*items, *extra])


def read_minimum(text: str) -> tuple[str | None, float]:
    """A least coverage in percent: of a part, as in operations=100, or overall.

    Raises UsageError.
    """
    part, equals, number = text.rpartition("=")
    if equals and part not in PARTS:
        hint, known = closest(part, list(PARTS)), ", ".join(PARTS)
        raise UsageError(f"no part of the coverage is {part!r}{hint}; known: {known}")
    try:
        percent = float(number)
    except ValueError:
        percent = -1
    if not 0 <= percent <= 100:
        raise UsageError(f"a least coverage is a number from 0 to 100, got {number!r}")
    return part or None, percent


def too_little(coverage: Coverage, least: Mapping[str | None, float]) -> Iterator[str]:
    """A sentence for each minimum that is not reached."""
    for part in coverage.parts:
        if part.percent < least.get(part.name, 0):
            yield (
                f"{part.name}: {part.percent:g} % of {least[part.name]:g} % wanted; "
                f"never: {part.never}"
            )
    if coverage.percent < least.get(None, 0):
        yield f"coverage: {coverage.percent:g} % of {least[None]:g} % wanted"
