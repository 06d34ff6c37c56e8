"""Does something to modules right after they are imported, and costs nothing until then."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # the module typing takes a program's start some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


class FirstFinder:
    """The place of a finder before all others in `sys.meta_path`.

    A program may add finders of its own there meanwhile, such as that of the package six. They
    stay when ours is taken out, by setting `finder` to None.
    """

    def __init__(self) -> None:
        self._finder: AfterImport | None = None

    @property
    def finder(self) -> AfterImport | None:
        return self._finder

    @finder.setter
    def finder(self, finder: AfterImport | None) -> None:
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        if finder is not None:
            sys.meta_path.insert(0, finder)
        self._finder = finder


class AfterImport:
    """A finder for `sys.meta_path` that has the others find a module, and acts once it is loaded.

    `acts` has what to do, by the module's full name.
    """

    def __init__(self, acts: Mapping[str, Callable[[ModuleType], None]]) -> None:
        self._acts = acts

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module that is waited for; None leaves others to other finders."""
        act = self._acts.get(name)
        if act is None:
            return None
        spec = self._found_by_others(name, path, target)
        if spec is not None and spec.loader is not None:
            _act_after(spec.loader, name, act)
        return spec

    def _found_by_others(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in self._next_finders():
            if hasattr(finder, "find_spec"):
                spec: ModuleSpec | None = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None

    def _next_finders(self) -> list[Any]:
        """Return the finders after this one, since those before it have been asked."""
        finders: list[Any] = list(sys.meta_path)
        return finders[finders.index(self) + 1 :] if self in finders else finders


def _act_after(loader: Any, name: str, act: Callable[[ModuleType], None]) -> None:
    """Have a loader act on a module; some load several, so the name is looked at."""
    execute = loader.exec_module

    def execute_and_act(module: ModuleType) -> None:
        execute(module)
        if module.__name__ == name:
            act(module)

    loader.exec_module = execute_and_act
