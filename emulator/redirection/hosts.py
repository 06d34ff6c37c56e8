"""The service's hosts. Only these exact names are redirected."""

from __future__ import annotations


class BadTarget(Exception):
    """The address leads to no emulator; the message says why."""


# For http and for WebSockets; the second one serves Expression Measurement: docs/protocol.md.
SERVICE_HOSTS = ("api.hume.ai", "api.cloud.hume.ai")


def is_service(host: object) -> bool:
    """True if it is a host of the service, as a text or as bytes, also with a dot at its end."""
    if isinstance(host, bytes):
        host = host.decode("latin-1")
    return isinstance(host, str) and host.lower().removesuffix(".") in SERVICE_HOSTS
