"""The mounts of every emulator that the command line or Python code starts."""

from emulator.extras.wiremock.routes import WIREMOCK

MOUNTS = (WIREMOCK,)
