"""A world for each version of a client, on a server with the settings that it needs."""

from collections.abc import Iterator

import pytest

from emulator import Emulator
from emulator.testing.world import Evi
from tests.clients.clients import Client


@pytest.fixture(scope="session")
def plain() -> Iterator[Emulator]:
    """Serves http and ws; what it says comes sentence by sentence, as players expect."""
    with Emulator(seed="empty", pace="4") as server:
        yield server


@pytest.fixture(scope="session")
def secure() -> Iterator[Emulator]:
    """Serves https and wss."""
    with Emulator(seed="empty", pace="4", tls=True) as server:
        yield server


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Client:
    """Return the version that the test is for; skips it where its environment is missing."""
    client: Client = request.param
    if why := client.why_not():
        pytest.skip(why)
    return client


@pytest.fixture
def evi(client: Client, plain: Emulator, secure: Emulator) -> Iterator[Evi]:
    """Overrides the plugin's world with one that suits the client."""
    evi = (secure if client.needs_tls else plain).world(**client.settings())
    yield evi
    evi.close()
