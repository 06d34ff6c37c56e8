"""The one router: operations and the emulator's own routes."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.testclient import TestClient

from emulator.apis.evi.errors import CHAT_NOT_FOUND
from emulator.errors import api_error
from emulator.reply import Reply
from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.endpoint import Endpoint
from emulator.web.routing import Router
from tests import conformance

OWN = "/_emulator/toy"


@pytest.fixture
def router() -> Router[str]:
    router: Router[str] = Router(own_prefixes=("/own",))
    for method, path in (
        ("GET", "/v0/things"), ("POST", "/v0/things"), ("DELETE", "/v0/things/{id}"),
        ("GET", "/v0/things/all"), ("GET", "/v0/things/all/{part}"),
        ("PUT", "/v0/things/{id}/name"), ("POST", "/own/b"), ("GET", "/own/b"), ("HEAD", "/own/b"),
    ):  # fmt: skip
        router.add(method, path, f"{method} {path}")
    return router


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/v0/things", "GET /v0/things"),
        ("DELETE", "/v0/things/1", "DELETE /v0/things/{id}"),
        ("GET", "/v0/things/all", "GET /v0/things/all"),
        ("DELETE", "/v0/things/all", "DELETE /v0/things/{id}"),
        ("PUT", "/v0/things/all/name", "PUT /v0/things/{id}/name"),
        ("GET", "/v0/things/all/name", "GET /v0/things/all/{part}"),
        ("GET", "/v0/things/1", None),
        ("GET", "/v0/things/", None),
        ("GET", "/v0", None),
        ("HEAD", "/v0/things", None),
        ("HEAD", "/own/b", "HEAD /own/b"),
    ],
)
def test_matches(router: Router[str], method: str, path: str, found: str | None) -> None:
    """A literal segment wins over a parameter, unless it leads nowhere."""
    match = router.match(method, path)
    assert match == (None if found is None else (found, path.split("/")))


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/v0/things/1", 405, "it allows DELETE."),
        ("POST", "/v0/things/all", 405, "it allows GET, DELETE."),
        ("PUT", "/own/b", 405, "it allows GET, POST."),
        ("GET", "/v0/thing", 404, "the closest is GET /v0/things."),
        ("GET", "/own/bb", 404, "(did you mean '/own/b'?)."),
    ],
)
def test_refusals(router: Router[str], method: str, path: str, status: int, said: str) -> None:
    """What is there instead is said; of our own routes without a method."""
    error = router.refusal(method, path)
    assert error.status == status
    assert str(error.body["message"]).endswith(said)


@pytest.mark.parametrize(
    ("path", "redirects"),
    [("/own/b/", True), ("/own/b", False), ("/own/", False), ("/own/c/", False)],
)
def test_redirects(router: Router[str], path: str, redirects: bool) -> None:
    """A slash too many leads to the path without it."""
    assert router.redirects(path) is redirects


def test_a_slash_at_the_end_of_our_own_paths() -> None:
    """It is redirected to the path without it, with the query; the API's own paths are not."""
    client = TestClient(new_app(Settings(seed="empty")), follow_redirects=False)
    answer = client.post("/_emulator/reset/?a=b")
    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://testserver/_emulator/reset?a=b"
    assert client.get("/v0/evi/configs/").status_code == 404


# what an endpoint answers


async def chunks() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


async def broken() -> AsyncIterator[bytes]:
    yield b"one"
    raise ValueError("oops")


async def stream(request: Request) -> Reply:
    return Reply(chunks(), "text/plain", 201, {"X-Id": request.path_params["id"]}, length=6)


async def fail(request: Request) -> Response:
    raise api_error(CHAT_NOT_FOUND, {"X-Why": "toy"}, id="x")


async def fail_midway(request: Request) -> Response:
    return StreamingResponse(broken())


@pytest.fixture
def client() -> TestClient:
    app = new_app(Settings(seed="empty"))
    for path, endpoint in (("{id}", stream), ("{id}/fail", fail), ("{id}/midway", fail_midway)):
        app.dispatcher.add_endpoint("GET", f"{OWN}/{path}", Endpoint(f"{OWN}/{path}", endpoint))
    return TestClient(app, headers={"X-Hume-Api-Key": "toy"})


def entries(client: TestClient) -> Any:
    return client.get("/_emulator/journal").json()["entries"]


def test_an_endpoint_may_stream(client: TestClient) -> None:
    """Its Reply is sent as an operation's is, and no journal has it."""
    answer = client.get(f"{OWN}/7")
    assert (answer.status_code, answer.content) == (201, b"onetwo")
    assert (answer.headers["X-Id"], answer.headers["Content-Length"]) == ("7", "6")
    assert answer.headers["Content-Type"] == "text/plain"
    assert entries(client) == []


def test_the_head_of_a_stream(client: TestClient) -> None:
    """HEAD gets the same head, and nothing is made."""
    answer = client.head(f"{OWN}/7")
    assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (201, "6", b"")


def test_an_error_of_an_endpoint(client: TestClient) -> None:
    """It is answered with its headers, and no journal has it."""
    answer = client.get(f"{OWN}/7/fail")
    assert (answer.status_code, answer.headers["X-Why"]) == (404, "toy")
    assert entries(client) == []


def test_a_bug_in_the_middle_of_a_response(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer breaks off, and the caller's journal says why."""
    with caplog.at_level(logging.ERROR), pytest.raises(ValueError, match="oops"):
        client.get(f"{OWN}/7/midway")
    [entry] = entries(client)
    assert (entry["status"], entry["error"]) == (500, "ValueError: oops")
    assert f"bug {entry['reference']} in GET {OWN}/7/midway" in caplog.text
    assert "the application raised" in conformance.violations.pop()
