"""Values that are made when somebody first asks for them."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Late(Generic[T]):
    """Calls a function once, and forgets it with all that it holds."""

    __slots__ = ("_make", "_made")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make: Callable[[], T] | None = make
        self._made: list[T] = []

    def get(self) -> T:
        """Return the value, which the first call makes."""
        if self._make is not None:
            self._made.append(self._make())
            self._make = None
        return self._made[0]
