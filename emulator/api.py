"""Handlers, registered under the operationId that they answer."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from emulator.contract.findings import Finding
from emulator.errors import DocumentError, closest
from emulator.jsontext import Json, JsonObject
from emulator.openapi.operation import Operation
from emulator.settings import Settings
from emulator.store.paging import DEFAULT_PAGE_SIZE, Paging
from emulator.world.world import World


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file in a form."""

    filename: str
    content_type: str | None
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One valid request: the caller's world, the parameters by name, the body.

    The body of a form has a value of its type for each field, and an UploadedFile for each file.
    A handler adds to `findings` what only it can tell about the request.
    """

    world: World
    settings: Settings
    parameters: Mapping[str, Json]
    body: JsonObject
    base_url: str  # of the request, such as http://127.0.0.1:8484
    findings: list[Finding] = field(default_factory=list)

    @property
    def paging(self) -> Paging:
        """The page asked for; ascending and of 10 items unless told otherwise."""
        size = self.parameters["page_size"]
        return Paging(
            number=self.parameters["page_number"],
            size=DEFAULT_PAGE_SIZE if size is None else size,
            ascending=self.parameters.get("ascending_order") is not False,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers if it isn't JSON, or has a status or headers of its own.

    The first piece of a streamed body is awaited before the head is sent, so an ApiError that is
    raised until then is answered like any other. The body is closed when its client leaves.
    """

    body: bytes | AsyncIterator[bytes]
    media_type: str | None = None  # None: the first that the document declares
    status: int | None = None  # None: the operation's success status
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None  # in bytes, of a streamed body, if it is known before its end


Handler: TypeAlias = Callable[[Call], Json | Reply]
HANDLERS: dict[str, Handler] = {}


def operation(operation_id: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of an operation.

    It returns the JSON body of the operation's success response, or a Reply, or raises ApiError.
    """

    def register(handler: Handler) -> Handler:
        HANDLERS[operation_id] = handler
        return handler

    return register


def bind(operations: Sequence[Operation], source: str) -> dict[str, Handler]:
    """The handler of each operation. Raises DocumentError if either side has one too many."""
    ids = [operation.id for operation in operations]
    for id in ids:
        if id not in HANDLERS:
            known = closest(id, list(HANDLERS))
            raise DocumentError(f"{source}: operation {id!r} has no handler in the emulator{known}")
    for id in HANDLERS:
        if id not in ids:
            raise DocumentError(
                f"{source}: the emulator's handler {id!r} has no operation{closest(id, ids)}"
            )
    return {id: HANDLERS[id] for id in ids}
