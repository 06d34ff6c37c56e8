"""Hosts: which are this machine, and the one that a header names."""

import re
from ipaddress import ip_address

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/?#@*\[\]]+))(?::\d*)?")


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine, whatever a name server says."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """Whether it is an address, which no name server can turn into another."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def read_host(text: str) -> str | None:
    """The name or address in 'localhost:8484' or '[::1]'; None if that is no host."""
    match = _HOST.fullmatch(text)
    return None if match is None else (match[1] or match[2]).lower().removesuffix(".")
