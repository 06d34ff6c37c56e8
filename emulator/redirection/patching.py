"""Tells each library's module where to send requests, and how to replace an attribute."""

from __future__ import annotations

TYPE_CHECKING = False  # the module typing takes a program's start some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .target import Target


class Patching:
    """One redirection: `target`, `replace` and whom to tell.

    `replace(object, name, value)` is setattr, or pytest's, which takes it back at a test's end.
    `note` is given the name of a library for each request that it redirects, `tell` a sentence
    about what it can't.
    """

    def __init__(
        self,
        find_target: Callable[[], Target],
        replace: Callable[[Any, str, Any], None],
        note: Callable[[str], None],
        tell: Callable[[str], None],
    ) -> None:
        self._find_target = find_target
        self._target: Target | None = None
        self.replace = replace
        self.note = note
        self.tell = tell

    @property
    def target(self) -> Target:
        """Return where requests are led. Raises BadTarget if there is no such place."""
        if self._target is None:
            self._target = self._find_target()
        return self._target
