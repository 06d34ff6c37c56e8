"""Hosts: which ones are this machine, which one a header names, which ones may be called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/?#@*\[\]]+))(?::([0-9]{0,5}))?")
_HIGHEST_PORT = 65_535

# Schemes of the URLs that the emulator may call, for webhooks and custom language models.
WEBHOOK_SCHEMES = ("https", "http")
MODEL_SCHEMES = ("https", "http", "wss", "ws")
_DEFAULT_PORTS = {"https": 443, "http": 80, "wss": 443, "ws": 80}
_PLAIN = {"http": "https", "ws": "wss"}  # schemes without encryption, and their encrypted twins


def is_loopback(host: str) -> bool:
    """True if a host name or address means this machine, whatever a name server says."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """True if the text is an address, which no name server can resolve to another."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def read_host(text: str) -> str | None:
    """Return the name or address in 'localhost:8484' or '[::1]'; None if the text is not a host."""
    match = _HOST.fullmatch(text)
    return None if match is None else (match[1] or match[2]).lower().removesuffix(".")


@dataclass(frozen=True, slots=True)
class HostRule:
    """A host as a setting names it, such as example.internal, *.example.internal or [::1]:8000.

    `port` is None for any port; `below` is True if the rule means the hosts below the name.
    """

    name: str
    port: int | None
    below: bool

    def includes(self, host: str, port: int | None) -> bool:
        """True if the rule names this host with this port."""
        if self.port is not None and self.port != port:
            return False
        return host.endswith(f".{self.name}") if self.below else host == self.name


def read_host_rule(text: str) -> HostRule | None:
    """Read a host rule; return None if the text names no host, or an impossible port."""
    match = _HOST.fullmatch(text.removeprefix("*."))
    if match is None or int(match[3] or 0) > _HIGHEST_PORT:
        return None
    name = (match[1] or match[2]).lower().removesuffix(".")
    return HostRule(name, int(match[3]) if match[3] else None, text.startswith("*."))


def form_problem(url: str, schemes: tuple[str, ...]) -> str | None:
    """Return what is wrong with a URL, in words that follow it, or None."""
    if not url.isprintable() or " " in url or "\\" in url:
        return "must have no spaces, control characters or backslashes"
    parts = _split(url)
    if parts is None or parts.scheme not in schemes or not parts.hostname:
        *others, last = (f"{scheme}://" for scheme in schemes)
        return f"must begin with {', '.join(others)} or {last}, and name a host (and a port)"
    return None


def call_problem(
    url: str, schemes: tuple[str, ...], named: Sequence[str], only: bool
) -> str | None:
    """Return why the emulator may not call a URL, in words that follow it; None if it may.

    `named` are the hosts of `--call-hosts`; with `only`, no others may be called.
    """
    wrong = form_problem(url, schemes)
    parts = _split(url)
    if wrong is not None or parts is None:
        return wrong
    if _is_named(parts, named):
        return None
    if only:
        return "leads to a host that --call-hosts does not name; --call-hosts-only forbids others"
    if parts.scheme in _PLAIN and not is_loopback(parts.hostname or ""):
        return (
            f"must begin with {_PLAIN[parts.scheme]}://, since {parts.scheme}:// is for this "
            "machine and for the hosts that --call-hosts names"
        )
    return None


def mapped(url: str, rules: Sequence[str]) -> str:
    """Return where a URL leads by the rules of `--map-url`, each FROM=TO; the longest one counts.

    FROM is the beginning of a URL, up to a part of its path; TO takes its place.
    """
    pairs = (rule.partition("=") for rule in rules)
    found = [(begin, to) for begin, _, to in pairs if _begins(url, begin)]
    if not found:
        return url
    begin, to = max(found, key=lambda pair: len(pair[0]))
    return to.rstrip("/") + url[len(begin.rstrip("/")) :]


def _begins(url: str, begin: str) -> bool:
    begin = begin.rstrip("/")
    return url.startswith(begin) and url[len(begin) : len(begin) + 1] in ("", "/", "?", "#")


def map_rule_problem(rule: str) -> str | None:
    """Return what is wrong with a rule of `--map-url`, in words that follow it, or None."""
    begin, sign, to = rule.partition("=")
    if not sign:
        return "must be FROM=TO, such as https://llm.example.com=http://127.0.0.1:8000"
    for url in (begin, to):
        wrong = form_problem(url, MODEL_SCHEMES)
        if wrong is not None:
            return f"has {url!r}, which {wrong}"
    return None


def _split(url: str) -> SplitResult | None:
    """Split a URL; return None if its host or its port can't be read."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError for an impossible port
    except ValueError:
        return None
    return parts


def _is_named(parts: SplitResult, named: Sequence[str]) -> bool:
    host = (parts.hostname or "").removesuffix(".")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    rules = (read_host_rule(text) for text in named)
    return any(rule is not None and rule.includes(host, port) for rule in rules)
