"""Finds the route of a method and a path, in time that doesn't depend on the number of routes."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Generic, TypeVar

from emulator.errors import (
    METHOD_NOT_ALLOWED,
    PATH_NOT_FOUND,
    ApiError,
    api_error,
    closest,
    path_not_found,
)
from emulator.openapi.hints import NO_HINTS, Hints

R = TypeVar("R")
_ANY = "{}"  # a segment that is a path parameter


def other_slash(path: str) -> str:
    """Return a path without the slash at its end, or with one."""
    return path.rstrip("/") if path.endswith("/") else f"{path}/"


class _Node(Generic[R]):
    def __init__(self) -> None:
        self.children: dict[str, _Node[R]] = {}
        self.routes: dict[str, R] = {}  # by method


class Router(Generic[R]):
    """A tree of path segments. A literal segment wins over a parameter."""

    def __init__(self, hints: Hints = NO_HINTS, own_prefixes: Sequence[str] = ()) -> None:
        """Begin without routes; `hints` say what to use instead of paths that people get wrong.

        Paths that begin with one of `own_prefixes` are the emulator's own.
        """
        self._hints = hints
        self._own_prefixes = tuple(own_prefixes)
        self._root: _Node[R] = _Node()
        self._known: list[str] = []  # operations, with their methods
        self._own: dict[str, None] = {}  # paths of the emulator's own routes

    def add(self, method: str, path_template: str, route: R) -> None:
        """Add a route."""
        node = self._root
        for segment in path_template.split("/"):
            key = _ANY if segment.startswith("{") else segment
            node = node.children.setdefault(key, _Node())
        node.routes[method] = route
        if self.is_own(path_template):
            self._own[path_template] = None
        else:
            self._known.append(f"{method} {path_template}")

    def is_own(self, path: str) -> bool:
        """True if a path belongs to the emulator's own routes, and to no operation."""
        return path.startswith(self._own_prefixes)

    def match(self, method: str, path: str) -> tuple[R, Sequence[str]] | None:
        """Return the route and the path's segments, if there is one."""
        segments = path.split("/")
        node = self._root
        for segment in segments:
            children = node.children
            below = children.get(segment) or (children.get(_ANY) if segment else None)
            if below is None:
                return self._second_match(method, segments)
            node = below
        route = node.routes.get(method)
        return self._second_match(method, segments) if route is None else (route, segments)

    def _second_match(self, method: str, segments: Sequence[str]) -> tuple[R, Sequence[str]] | None:
        """Return a route that takes a literal segment of the first match as a parameter, if any."""
        for node in self._nodes(self._root, segments):
            if method in node.routes:
                return node.routes[method], segments
        return None

    def redirects(self, path: str) -> bool:
        """True if only the path with a slash more, or less, at its end has a route."""
        return not self._methods(path) and bool(self._methods(other_slash(path)))

    def refusal(self, method: str, path: str) -> ApiError:
        """Return the error of a request that no route matches: 404 or 405."""
        methods = self._methods(path)
        if methods:
            allowed = ", ".join(methods)
            headers = {"Allow": allowed}
            values = {"path": path, "method": method, "allowed": allowed}
            return api_error(METHOD_NOT_ALLOWED, headers=headers, **values)
        if self.is_own(path):
            hint = closest(path, list(self._own))
            return api_error(PATH_NOT_FOUND, method=method, path=path, hint=hint)
        return path_not_found(
            method, path, self._hints.for_path(path) or self._nearest(method, path)
        )

    def _methods(self, path: str) -> Sequence[str]:
        """Return the methods that a path takes, without HEAD."""
        nodes = self._nodes(self._root, path.split("/"))
        methods = {method: None for node in nodes for method in node.routes if method != "HEAD"}
        return sorted(methods) if self.is_own(path) else list(methods)

    def _nodes(self, node: _Node[R], segments: Sequence[str]) -> Iterator[_Node[R]]:
        """Yield all nodes of a path below a node that have routes, literal segments first."""
        if not segments:
            if node.routes:
                yield node
            return
        first, *rest = segments
        for key in (first, _ANY) if first else (first,):
            if key in node.children:
                yield from self._nodes(node.children[key], rest)

    def _nearest(self, method: str, path: str) -> str:
        matches = get_close_matches(f"{method} {path}", self._known, n=1)
        return f"the closest is {matches[0]}" if matches else ""
