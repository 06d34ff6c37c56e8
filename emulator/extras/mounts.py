"""The mounts of every emulator that the command line or Python code starts."""

from collections.abc import Sequence
from pathlib import Path

from emulator.openapi.operation import Operation
from emulator.openapi.parts import Part
from emulator.settings import Settings
from emulator.web.auth import Auth
from emulator.web.mounts import Endpoint, Mount


def _wiremock(
    auth: Auth, settings: Settings, operations: Sequence[Operation]
) -> Sequence[tuple[str, str, Endpoint]]:
    from emulator.extras.wiremock.routes import endpoints  # with the other control routes

    return endpoints(auth, settings, operations)


MOUNTS = (Mount("/__admin", _wiremock, Part(Path(__file__).parent / "wiremock" / "openapi.yaml")),)
