"""WireMock's part of the control document."""

from pathlib import Path

from emulator.openapi.parts import Part

PART = Part(Path(__file__).with_name("openapi.yaml"))
