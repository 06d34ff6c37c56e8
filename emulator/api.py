"""The parts of an emulated API: an `Api` is a value, and a folder of `apis/`."""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.contract.findings import Finding, FindingKind, register_findings
from emulator.contract.surface import ApiSurface, SurfacePart, new_surface, register_parts
from emulator.error_shapes import ErrorBody, ErrorLine, ErrorShapes, NamedError, Rewording, keep
from emulator.errors import DocumentError, body_of, closest
from emulator.faults.names import FaultNames
from emulator.inspection import Page, View
from emulator.jsontext import Json, JsonObject
from emulator.openapi.document import Document, load_document
from emulator.openapi.fields import body_fields
from emulator.openapi.hints import NO_HINTS, Hints
from emulator.openapi.openness import CLOSED, Openness
from emulator.openapi.operation import Operation, Place, compile_operations
from emulator.openapi.validation import Validation
from emulator.reply import Reply
from emulator.settings import Settings
from emulator.sockets.socket import Socket
from emulator.store.paging import DEFAULT_PAGE_SIZE, Paging
from emulator.world.seed import SeedReader, SeedSection
from emulator.world.snapshot import Seed
from emulator.world.snapshot_reader import SnapshotPart, SnapshotReader
from emulator.world.world import World

if TYPE_CHECKING:
    from emulator.control import ControlRoutes
    from emulator.handles.bridge import Bridge


_SERVED_REMEMBERED = 16  # APIs with their documents: a program may start a server for each test


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
    A handler adds to `findings` what only it can find about the request.
    """

    world: World
    settings: Settings
    parameters: Mapping[str, Json]
    body: JsonObject
    base_url: str  # of the request, such as http://127.0.0.1:8484
    findings: list[Finding] = field(default_factory=list)

    @property
    def paging(self) -> Paging:
        """Return the page that is asked for; by default the first 10 items, ascending."""
        size = self.parameters["page_size"]
        return Paging(
            number=self.parameters["page_number"],
            size=DEFAULT_PAGE_SIZE if size is None else size,
            ascending=self.parameters.get("ascending_order") is not False,
        )


Said: TypeAlias = Json | Reply | Coroutine[Any, Any, Reply]
Handler: TypeAlias = Callable[[Call], Said]


class Handlers:
    """The handlers of one API, by the operationId that each answers."""

    def __init__(self) -> None:
        self.by_id: dict[str, Handler] = {}

    def operation(self, operation_id: str) -> Callable[[Handler], Handler]:
        """Register a function as the handler of an operation.

        It returns the JSON body of the operation's success response, or a Reply, which a function
        that takes long may be awaited for. It may raise ApiError.
        """

        def register(handler: Handler) -> Handler:
            self.by_id[operation_id] = handler
            return handler

        return register


def take_any_id(operation: Operation, handler: Handler, demo: Seed) -> Handler:
    """Return the handler itself: the requests of the API name nothing that may be missing."""
    return handler


def take_no_more(settings: Settings) -> Openness:
    """Return that the API takes what its document says, whatever the settings are."""
    return CLOSED


@dataclass(frozen=True, slots=True, eq=False)
class Api:
    """One emulated API, as its folder of `apis/` describes it.

    The document may show operations that an earlier API answers, and the paths of `sockets`.
    `with_examples` makes a handler answer ids that do not exist with examples of the demo seed
    (`--unknown-ids example`). Faults may ask for `errors`. `error_body` words the
    errors that the machinery gives in the API's name, also 401 and 422, which `body_of` knows;
    `error_line` ends a stream of JSON lines with an error. All errors pass `reworded` at last, also
    those of paths below the `prefix` that nothing answers. Without `takes_query_credentials`, keys
    and tokens count in headers alone. `handle` makes what tests have as
    `evi.<name>`; it is called in the loop of the server, and what it makes touches the world there
    alone, by the bridge.
    """

    name: str
    document: Path
    handlers: Handlers
    snapshot: SnapshotPart
    seed: SeedSection
    sockets: Sequence[Socket] = ()
    openness: Callable[[Settings], Openness] = take_no_more
    hints: Hints = NO_HINTS
    findings: Mapping[str, FindingKind] = field(default_factory=dict)
    coverage: Sequence[SurfacePart] = ()
    webhook_events: Sequence[str] = ()
    errors: Sequence[NamedError] = ()
    error_body: ErrorBody = body_of
    error_line: ErrorLine | None = None
    reworded: Rewording = keep
    prefix: str = ""
    takes_query_credentials: bool = True
    body_limits: Mapping[str, int] = field(default_factory=dict)  # bytes, by operationId
    control: "Callable[[], ControlRoutes] | None" = None  # called when one is first asked for
    with_examples: Callable[[Operation, Handler, Seed], Handler] = take_any_id
    handle: "Callable[[World, Bridge], object] | None" = None
    views: Sequence[View] = ()  # lists in the inspector
    pages: Sequence[Page] = ()  # further views of the inspector

    def __post_init__(self) -> None:
        """Register the API's findings and parts of the coverage."""
        register_findings(self.findings)
        register_parts(self.coverage)

    def load_document(self, path: str = "", settings: Settings | None = None) -> Document:
        """Return the API's document, or the one at `path` in its place. Raises DocumentError."""
        return load_document(path or str(self.document), self.openness(settings or Settings()))

    def operations(
        self, document: Document, taken: Collection[Place] = ()
    ) -> tuple[Operation, ...]:
        """Return the operations of a document that this API answers.

        These are all but the ones that earlier APIs have `taken`, and the handshakes of its
        sockets. Raises DocumentError.
        """
        handshakes = {("GET", path) for socket in self.sockets for path in socket.paths}
        return compile_operations(document, handshakes.union(taken))


@dataclass(frozen=True, slots=True, eq=False)
class ServedApi:
    """An API with the document that a server answers by."""

    api: Api
    document: Document
    operations: tuple[Operation, ...]
    validation: Validation

    @property
    def name(self) -> str:
        """Return the name of the API."""
        return self.api.name

    def surface(self) -> ApiSurface:
        """Return all that a client can exercise of the API."""
        bodies = [(each, body_fields(self.document, each)) for each in self.operations]
        return new_surface(bodies, self.api.coverage)


def serve(apis: Sequence[Api], settings: Settings | None = None) -> tuple[ServedApi, ...]:
    """Load the documents of APIs; the setting `spec` is a file that replaces the first one's.

    An operation that several documents show is answered by the first. What an API brings itself is
    read once, however many servers a program starts. Raises DocumentError for a document that can't
    be served.
    """
    settings = settings or Settings()
    served: list[ServedApi] = []
    for api in apis:
        openness = api.openness(settings)
        taken = frozenset(operation.place for each in served for operation in each.operations)
        path = "" if served else settings.spec
        found = _serve(api, path, openness, taken) if path else _serve_own(api, openness, taken)
        _check_handlers(found.operations, api.handlers.by_id, found.document.name)
        served.append(found)
    return tuple(served)


@lru_cache(_SERVED_REMEMBERED)
def _serve_own(api: Api, openness: Openness, taken: Collection[Place]) -> ServedApi:
    return _serve(api, str(api.document), openness, taken)


def _serve(api: Api, path: str, openness: Openness, taken: Collection[Place]) -> ServedApi:
    document = load_document(path, openness)
    return ServedApi(api, document, api.operations(document, taken), Validation(document))


def _check_handlers(
    operations: Sequence[Operation], handlers: Mapping[str, Handler], source: str
) -> None:
    """Raise DocumentError if an operation has no handler, or a handler no operation."""
    ids = [operation.id for operation in operations]
    for id in ids:
        if id not in handlers:
            known = closest(id, list(handlers))
            raise DocumentError(f"{source}: operation {id!r} has no handler in the emulator{known}")
    for id in handlers:
        if id not in ids:
            raise DocumentError(
                f"{source}: the emulator's handler {id!r} has no operation{closest(id, ids)}"
            )


# Operations by operationId, each with the checks of its document.
Operations: TypeAlias = Mapping[str, tuple[Operation, Validation]]


def by_id(served: Sequence[ServedApi]) -> Operations:
    """Return every operation with the checks of its document.

    Raises DocumentError if two APIs have one of the same operationId.
    """
    found: dict[str, tuple[Operation, Validation]] = {}
    for each in served:
        for operation in each.operations:
            if operation.id in found:
                name = each.document.name
                raise DocumentError(f"{name}: another API has an operation {operation.id!r}, too")
            found[operation.id] = operation, each.validation
    return found


def fault_names(served: Sequence[ServedApi]) -> FaultNames:
    """Return the names that fault rules may use."""
    return FaultNames(
        [operation.id for each in served for operation in each.operations],
        [name for each in served for name in each.api.webhook_events],
        [error for each in served for error in each.api.errors],
        [
            operation.id
            for each in served
            for operation in each.operations
            if each.api.error_line is not None and operation.streams_lines
        ],
        {operation.id: each.api.errors for each in served for operation in each.operations},
    )


def error_shapes(served: Sequence[ServedApi]) -> Mapping[str, ErrorShapes]:
    """Return how each API words errors, by its name; its own named errors go before others."""
    found = {}
    for each in served:
        errors = [*(error for other in served for error in other.api.errors), *each.api.errors]
        named = {error.slug: error for error in errors if error.status is not None}
        found[each.name] = ErrorShapes(
            each.api.error_body, each.api.error_line, named, each.api.reworded
        )
    return found


@lru_cache(_SERVED_REMEMBERED)
def seed_reader(served: tuple[ServedApi, ...]) -> SeedReader:
    """Return the reader of seeds for these APIs, which servers of the same APIs share."""
    return SeedReader({each.name: each.api.seed for each in served}, _documents(served))


@lru_cache(_SERVED_REMEMBERED)
def snapshot_reader(served: tuple[ServedApi, ...]) -> SnapshotReader:
    """Return the reader of snapshots for these APIs, which their servers share, too."""
    parts = {each.name: each.api.snapshot for each in served}
    operations = [operation.id for each in served for operation in each.operations]
    return SnapshotReader(parts, _documents(served), operations)


def _documents(served: Sequence[ServedApi]) -> Mapping[str, Document]:
    return {each.name: each.document for each in served}


def new_handles(
    served: Sequence[ServedApi], world: World, bridge: "Bridge"
) -> Mapping[str, object]:
    """Return the handles for tests that APIs bring, by the name of the API."""
    made = {each.name: each.api.handle for each in served}
    return {name: new(world, bridge) for name, new in made.items() if new is not None}
