"""Routes that whoever starts a server adds to it."""

from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

from emulator.openapi.operation import Operation
from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App
from emulator.web.auth import Auth
from emulator.web.mounts import Endpoint, Mount


def toy(
    auth: Auth, settings: Settings, operations: Sequence[Operation]
) -> list[tuple[str, str, Endpoint]]:
    async def count(request: Request) -> Response:
        world = auth.world(dict(request.scope["headers"]), request.scope["query_string"])
        return JSONResponse([len(operations), settings.seed, world.api_key])

    async def fail(request: Request) -> Response:
        raise RuntimeError("oops")

    return [("GET", "/operations", count), ("POST", "/bug", fail)]


TOY = Mount("/toy", toy)


@pytest.fixture(scope="module")
def app() -> App:
    return new_app(Settings(seed="empty"), [TOY])


@pytest.fixture
def client(app: App, api_key: str) -> TestClient:
    return TestClient(app, headers={"X-Hume-Api-Key": api_key})


def test_a_mount_is_made_from_what_the_server_has(client: TestClient, api_key: str) -> None:
    """It knows the callers, the settings and the operations."""
    assert client.get("/toy/operations").json() == [35, "empty", api_key]


def test_a_mount_is_served_where_it_is_given(client: TestClient) -> None:
    """No other server has it, nor does this one have the mounts of others."""
    other = TestClient(new_app(Settings(seed="empty")), headers=dict(client.headers))
    answer = other.get("/toy/operations")
    assert (answer.status_code, answer.json()["code"]) == (404, "path_not_found")
    assert client.get("/__admin/health").status_code == 404


def test_a_mount_is_guarded_as_the_control_routes_are(client: TestClient) -> None:
    """Pages from elsewhere and rebound names are kept away."""
    for headers in ({"Host": "rebound.example"}, {"Origin": "https://evil.example"}):
        assert client.get("/toy/operations", headers=headers).status_code == 403
        unmounted = TestClient(new_app(Settings(seed="empty")), headers=dict(client.headers))
        assert unmounted.get("/toy/operations", headers=headers).status_code == 404


def test_errors_of_a_mount_look_like_all_others(client: TestClient) -> None:
    """Without a key, on an unknown path, with another method, and for a bug."""
    unknown = client.get("/toy/operation")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "path_not_found")
    assert "did you mean '/toy/operations'" in unknown.json()["message"]
    wrong = client.post("/toy/operations")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")
    assert client.get("/toy/operations", headers={"X-Hume-Api-Key": ""}).status_code == 401
    failed = client.post("/toy/bug")
    assert (failed.status_code, failed.json()["code"]) == (500, "emulator_error")
    [entry] = client.get("/_emulator/journal").json()["entries"]
    assert (entry["path"], entry["error"]) == ("/toy/bug", "RuntimeError: oops")
