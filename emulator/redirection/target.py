"""Where requests are led: a world of an emulator, and how a request is rewritten for it."""

from __future__ import annotations

import base64
import re
import ssl
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from .hosts import BadTarget, is_service

_KEY_IN_QUERY = re.compile(r"([?&]api_?key=)[^&#]*", re.IGNORECASE)
_BASIC = re.compile(r"Basic\s+(\S+)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Target:
    """A world: the emulator's address, the path before its routes, and the world's key.

    `ca_file` is the CA to trust over https; None trusts the machine's own.
    """

    scheme: str
    host: str
    port: int
    prefix: str
    api_key: str
    ca_file: str | None = None

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    @property
    def bracketed_host(self) -> str:
        """Return the host as URLs write it: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def netloc(self) -> str:
        """Return host and port, as the header `Host` has them."""
        return f"{self.bracketed_host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def socket_url(self) -> str:
        return f"{'wss' if self.is_secure else 'ws'}://{self.netloc}"

    def tls(self) -> ssl.SSLContext | None:
        """Return what to speak TLS with, or None for http."""
        return _tls(self.ca_file) if self.is_secure else None

    def path_for(self, path: str) -> str:
        """Return a path and query with the world's key instead of another."""
        key = quote(self.api_key, safe="")
        return self.prefix + _KEY_IN_QUERY.sub(lambda found: found[1] + key, path)

    def header_for(self, name: str, value: str) -> str:
        """Return a header's value with the world's key instead of another, and with its host.

        Access tokens stay: the token route is redirected too, so they are the world's.
        """
        known = name.lower()
        if known == "host":
            return self.netloc
        if known == "x-hume-api-key":
            return self.api_key
        return self._authorization_for(value) if known == "authorization" else value

    def _authorization_for(self, value: str) -> str:
        basic = _BASIC.fullmatch(value)
        if basic is None:
            return value
        try:
            secret = base64.b64decode(basic[1], validate=True).partition(b":")[2]
        except ValueError:  # not base64: the emulator says so
            return value
        return f"Basic {base64.b64encode(self.api_key.encode() + b':' + secret).decode()}"


def read_target(url: str, api_key: str, ca_file: str | None = None) -> Target:
    """Return the target at an emulator's URL. Raises BadTarget."""
    if not url:
        raise BadTarget("HUME_BASE_URL is not set, so nothing is redirected")
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        port = None
    if port is None or parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise BadTarget(
            f"HUME_BASE_URL must be a URL such as http://127.0.0.1:8484, got {url!r}; nothing is "
            "redirected"
        )
    if is_service(parts.hostname):
        raise BadTarget("HUME_BASE_URL is the service itself, so nothing is redirected")
    if not api_key:
        raise BadTarget("HUME_API_KEY is not set, so nothing is redirected: it names the world")
    prefix = parts.path.rstrip("/")
    return Target(parts.scheme, parts.hostname, port, prefix, api_key, ca_file)


@lru_cache(maxsize=8)
def _tls(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
