"""Hints for paths and query parameters that people get wrong: what to use instead.

Each API brings its own tables. Where no row knows better, the nearest spelling helps
(`errors.nearest`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PathHint:
    """A kind of path that the API does not have; `example` is one such path.

    The hint continues a sentence after a semicolon.
    """

    example: str
    pattern: str  # a regular expression for the whole path
    hint: str


@dataclass(frozen=True, slots=True)
class Hints:
    """Hints for usual mistakes with an API: paths, and parameters of requests and handshakes."""

    paths: Sequence[PathHint] = ()
    of_requests: Mapping[str, str] = field(default_factory=dict)
    of_handshakes: Mapping[str, str] = field(default_factory=dict)
    sockets: str = ""  # where the WebSockets are

    def for_path(self, path: str) -> str:
        """Return what to ask for instead of an unknown path, or nothing."""
        found = (each.hint for each in self.paths if re.fullmatch(each.pattern, path))
        return next(found, "")

    def with_all(self, others: "Sequence[Hints]") -> "Hints":
        """Return these hints and those of other APIs."""
        every = (self, *others)
        return Hints(
            paths=[path for each in every for path in each.paths],
            of_requests={k: v for each in every for k, v in each.of_requests.items()},
            of_handshakes={k: v for each in every for k, v in each.of_handshakes.items()},
            sockets="; ".join(each.sockets for each in every if each.sockets),
        )


NO_HINTS = Hints()
