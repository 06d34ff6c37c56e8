"""Everything that a client can exercise of an API: names, in parts that count alike."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from emulator.openapi.fields import Field
from emulator.openapi.operation import Operation

OPERATIONS = "operations"
OF_THE_TRANSPORT = (401, 413)  # statuses of any operation, sent before its handler is called

# The parts in the order of reports, and what each counts: first the parts about operations, then
# the parts that APIs register.
PARTS: dict[str, str] = {
    OPERATIONS: "operations, answered with success",
    "statuses": "documented statuses of operations, but for 401 and 413",
    "parameters": "query parameters of operations",
    "body_fields": "fields of request bodies",
}

ApiSurface: TypeAlias = Mapping[str, Sequence[str]]  # every name of each part of one API


@dataclass(frozen=True, slots=True)
class SurfacePart:
    """A part that an API adds: its name, what it counts, and a function that yields its names."""

    name: str
    counts: str
    names: Callable[[], Iterable[str]]


def register_parts(parts: Iterable[SurfacePart]) -> None:
    """Add the parts of an API. Raises ValueError for a name that another part has."""
    for part in parts:
        if PARTS.setdefault(part.name, part.counts) != part.counts:
            raise ValueError(f"two parts of the coverage are called {part.name!r}; rename one")


def new_surface(
    operations: Sequence[tuple[Operation, Field | None]], parts: Iterable[SurfacePart] = ()
) -> ApiSurface:
    """Return all names of an API: those of its operations and bodies, and of its own parts."""
    found: dict[str, Iterable[str]] = {
        OPERATIONS: (operation.id for operation, _ in operations),
        "statuses": _statuses(operations),
        "parameters": _parameters(operations),
        "body_fields": _body_fields(operations),
        **{part.name: part.names() for part in parts},
    }
    return {part: tuple(dict.fromkeys(names)) for part, names in found.items()}


def _statuses(operations: Iterable[tuple[Operation, Field | None]]) -> Iterator[str]:
    for operation, _ in operations:
        for status in operation.responses:
            if status not in OF_THE_TRANSPORT:
                yield f"{operation.id} {status}"


def _parameters(operations: Iterable[tuple[Operation, Field | None]]) -> Iterator[str]:
    for operation, _ in operations:
        for parameter in operation.parameters:
            if parameter.location == "query":
                yield f"{operation.id} {parameter.name}"


def _body_fields(operations: Iterable[tuple[Operation, Field | None]]) -> Iterator[str]:
    for _, body in operations:
        yield from (field.name for field in body or () if not field.undocumented)


def asked_for(surfaces: Sequence[ApiSurface], answered: Collection[str]) -> ApiSurface:
    """Return the names that count, of several APIs; `answered` has operations.

    An API other than the first counts once a client has had an answer from it.
    """
    counted = [each for each in surfaces if each is surfaces[0] or _has_any(each, answered)]
    parts = dict.fromkeys(part for surface in counted for part in surface)
    return {part: [name for each in counted for name in each.get(part, ())] for part in parts}


def _has_any(surface: ApiSurface, answered: Collection[str]) -> bool:
    return any(name in answered for name in surface[OPERATIONS])
