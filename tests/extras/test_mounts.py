"""Which servers have WireMock's routes; tests/cli/test_cli.py asks `serve` for them."""

import httpx

from emulator import Emulator
from emulator.server import Server
from emulator.settings import Settings
from emulator.testing.world import Evi


def status(url: str) -> int:
    return httpx.get(f"{url}/__admin/health", trust_env=False).status_code


def test_an_emulator_in_python_has_them() -> None:
    """`Emulator(...)` starts the server of `exec`, too."""
    with Emulator(seed="empty") as server:
        assert status(server.url) == 200


def test_the_fixture_has_them(evi: Evi) -> None:
    """`evi` is a world of the pytest plugin's server."""
    assert status(evi.url) == 200


def test_a_bare_server_has_none() -> None:
    """The server knows no mount by itself."""
    with Server(Settings(seed="empty", port=0)) as server:
        assert status(server.url) == 404
