"""From method and path to route, in time that doesn't depend on the number of routes."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Generic, TypeVar

from emulator.errors import METHOD_NOT_ALLOWED, api_error, path_not_found
from emulator.openapi.hints import NO_HINTS, Hints

R = TypeVar("R")
_ANY = "{}"  # a segment that is a path parameter


class _Node(Generic[R]):
    def __init__(self) -> None:
        self.children: dict[str, _Node[R]] = {}
        self.routes: dict[str, R] = {}  # by method


class Router(Generic[R]):
    """A tree of path segments. A literal segment wins over a parameter."""

    def __init__(self, hints: Hints = NO_HINTS) -> None:
        """`hints` say what to ask for instead of paths that people get wrong."""
        self._hints = hints
        self._root: _Node[R] = _Node()
        self._known: list[str] = []

    def add(self, method: str, path_template: str, route: R) -> None:
        node = self._root
        for segment in path_template.split("/"):
            key = _ANY if segment.startswith("{") else segment
            node = node.children.setdefault(key, _Node())
        node.routes[method] = route
        self._known.append(f"{method} {path_template}")

    def match(self, method: str, path: str) -> tuple[R, Sequence[str]]:
        """The route, and the path's segments. Raises ApiError (404 or 405)."""
        segments = path.split("/")
        node = self._find(segments)
        if node is None:
            raise path_not_found(
                method, path, self._hints.for_path(path) or self._nearest(method, path)
            )
        route = node.routes.get(method)
        if route is None:
            allowed = ", ".join(node.routes)
            raise api_error(
                METHOD_NOT_ALLOWED,
                headers={"Allow": allowed},
                path=path,
                method=method,
                allowed=allowed,
            )
        return route, segments

    def _find(self, segments: Sequence[str]) -> _Node[R] | None:
        node: _Node[R] | None = self._root
        for segment in segments:
            if node is None:
                return None
            children = node.children
            node = children.get(segment) or (children.get(_ANY) if segment else None)
        return node if node is not None and node.routes else None

    def _nearest(self, method: str, path: str) -> str:
        matches = get_close_matches(f"{method} {path}", self._known, n=1)
        return f"the closest is {matches[0]}" if matches else ""
