"""What all tests share: one server for the run, a world of its own for each test."""

import gc
import itertools
import os
from collections.abc import Generator, Iterator

import anyio.from_thread
import httpx
import httpx._transports.default
import hypothesis
import pytest
from starlette.testclient import TestClient

from emulator import resources
from emulator.apis.evi.chat.channel import Channel
from emulator.extras.mounts import MOUNTS
from emulator.server import Server, new_app
from emulator.settings import Settings
from emulator.web.app import App
from emulator.world.world import World
from tests import conformance, parsing, trust
from tests.outgoing.receiver import Receiver
from tests.tiers import ProcessGuard

pytest_plugins = ["pytester", "conformance.plugin"]

App.__call__ = conformance.judged(App.__call__)  # type: ignore[method-assign,assignment]
Channel.send = conformance.judged_send(Channel.send)  # type: ignore[method-assign,assignment]
resources._read_yaml = parsing.once_each(resources._read_yaml)  # type: ignore[assignment]
_transports = httpx._transports.default
_transports.create_ssl_context = trust.once(  # type: ignore[attr-defined]
    _transports.create_ssl_context  # type: ignore[attr-defined]
)

# A busy machine takes its time, which is no mistake of what is tested.
hypothesis.settings.register_profile("without deadlines", deadline=None)
hypothesis.settings.load_profile("without deadlines")

_numbers = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ProcessGuard())


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, since some tests wait for a browser or a process."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from looking at thousands of tests again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)  # as the server does
        gc.enable()


@pytest.fixture(autouse=True)
def every_response_conforms() -> Iterator[None]:
    """Fails a test in which any App, in whatever thread, answered against its document."""
    conformance.violations.clear()
    yield
    assert conformance.violations == []


@pytest.fixture(scope="session")
def app() -> App:
    """The application with the demo seed."""
    return new_app(Settings(seed="demo"), MOUNTS)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The emulator on a real port, with the demo seed."""
    with Server(Settings(seed="demo", port=0), MOUNTS) as server:
        yield server


@pytest.fixture
def api_key() -> str:
    """A key that no other test has: a world of its own."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def client(app: App, api_key: str) -> Iterator[TestClient]:
    """HTTP without a socket, as the test's own key.

    All requests are answered in one loop, which lasts as long as the test.
    """
    client = TestClient(app, headers={"X-Hume-Api-Key": api_key})
    with anyio.from_thread.start_blocking_portal() as client.portal:
        yield client
    if world := app.worlds.find(api_key):
        app.worlds.drop(world)


@pytest.fixture
def world(app: App, api_key: str) -> World:
    """The world that `client` talks to."""
    return app.worlds.get(api_key)


@pytest.fixture
def remote(server: Server, api_key: str) -> Iterator[httpx.Client]:
    """HTTP over a socket, as the test's own key; what is under way at the end is dropped."""
    headers = {"X-Hume-Api-Key": api_key}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client
        client.delete("/_emulator/world")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks that knows the signing key."""
    with Receiver() as receiver:
        yield receiver
