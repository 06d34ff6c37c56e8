"""The emulator's own routes: /_emulator/, the mounts, and the documents that it serves."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulator.api import Operations, ServedApi, fault_names
from emulator.jsontext import Json
from emulator.redaction.values import hide_in_string
from emulator.settings import Settings
from emulator.version import __version__
from emulator.web.auth import Auth
from emulator.web.control.api_routes import api_routes
from emulator.web.control.clock import clock_routes
from emulator.web.control.contract import contract_routes
from emulator.web.control.document import (
    ControlDocument,
    control_parts,
    document_routes,
    openapi_routes,
)
from emulator.web.control.faults import fault_routes
from emulator.web.control.journal import journal_routes
from emulator.web.control.request import Bodies
from emulator.web.control.snapshot import snapshot_routes
from emulator.web.control.stubs import stub_routes
from emulator.web.control.webhooks import webhook_routes
from emulator.web.control.world import world_routes
from emulator.web.control.worlds import worlds_routes
from emulator.web.endpoint import OwnRoutes, Route, own_routes
from emulator.web.inspector.routes import inspector_routes
from emulator.web.mounts import Mount
from emulator.web.oauth import token_endpoint
from emulator.web.sockets.counts import SocketCounts
from emulator.world.seed import SeedReader
from emulator.world.worlds import Worlds

if TYPE_CHECKING:
    from emulator.contract.surface import ApiSurface
    from emulator.world.snapshot_reader import SnapshotReader


class Control:
    """The endpoints of everything that is not an operation of a document."""

    def __init__(
        self,
        auth: Auth,
        worlds: Worlds,
        seeds: SeedReader,
        settings: Settings,
        apis: Sequence[ServedApi],
        operations: Operations,
        snapshots: "Callable[[], SnapshotReader]",
        surfaces: "Callable[[], Sequence[ApiSurface]]",
        mounts: Sequence[Mount],
        sockets: SocketCounts,
    ) -> None:
        self._auth = auth
        self._worlds = worlds
        self._seeds = seeds
        self._settings = settings
        self._apis = apis
        self._document = apis[0].document
        self._validation = apis[0].validation
        self._operations = operations
        self._fault_names = fault_names(apis)
        self._snapshots = snapshots
        self._surfaces = surfaces
        self._mounts = mounts
        self._sockets = sockets

    def own_routes(self) -> OwnRoutes:
        """Return every route of the emulator's own, for the dispatcher."""
        return own_routes(self.routes())

    def routes(self) -> list[Route]:
        """Return every route of the emulator's own."""
        auth, apis = self._auth, [each.api for each in self._apis]
        document = ControlDocument(control_parts(apis, self._mounts))
        bodies = Bodies(self._validation, self._settings.max_body_bytes, document)
        return [
            Route("GET", "/_emulator/health", self.health),
            Route("GET", "/_emulator/metrics", self.metrics),
            Route("GET", "/_emulator/settings", self.show_settings),
            *world_routes(auth, self._worlds, self._seeds, self._settings, bodies),
            *worlds_routes(auth, self._worlds, bodies),
            *clock_routes(auth, bodies),
            *webhook_routes(auth, bodies),
            *fault_routes(auth, bodies, self._fault_names),
            *journal_routes(auth, self._worlds),
            *contract_routes(auth, self._worlds, self._surfaces, self._settings),
            *stub_routes(auth, bodies, self._operations),
            *snapshot_routes(auth, self._snapshots, self._settings.max_snapshot_bytes),
            *self._api_routes(bodies),
            *self._mounted_routes(),
            *inspector_routes(apis),
            *document_routes(document),
            *openapi_routes(self._apis),
            Route("POST", "/oauth2-cc/token", token_endpoint(self._auth)),
        ]

    def _api_routes(self, bodies: Bodies) -> Iterator[Route]:
        for served in self._apis:
            yield from api_routes(served, self._auth, self._worlds, bodies)

    def _mounted_routes(self) -> Iterator[Route]:
        for mount in self._mounts:
            made = mount.make_endpoints(self._auth, self._settings, self._apis[0].operations)
            yield from (Route(method, mount.prefix + path, each) for method, path, each in made)

    async def health(self, request: Request) -> Response:
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "spec_version": self._document.version,
                "operations": len(self._apis[0].operations),
                "apis": {each.name: len(each.operations) for each in self._apis},
            }
        )

    async def metrics(self, request: Request) -> Response:
        from emulator.web.control.metrics import metrics  # few ask, and it takes 20 ms

        return await metrics(self._worlds, self._sockets)

    async def show_settings(self, request: Request) -> Response:
        shown = self._settings.to_json()
        return JSONResponse({name: _without_keys(value) for name, value in shown.items()})


def _without_keys(value: Json) -> Json:
    """Return a setting's value without the credentials of the URLs in it."""
    if isinstance(value, tuple):
        return [_without_keys(each) for each in value]
    return hide_in_string(value) if isinstance(value, str) else value
