"""The service's hosts. Only these exact names are redirected."""

from __future__ import annotations


class BadTarget(Exception):
    """The address leads to no emulator; the message says why."""


SERVICE_HOSTS = ("api.hume.ai",)  # for http and for WebSockets: docs/protocol.md


def is_service(host: object) -> bool:
    """True if it is a host of the service, as a text or as bytes."""
    if isinstance(host, bytes):
        host = host.decode("latin-1")
    return isinstance(host, str) and host.lower() in SERVICE_HOSTS
