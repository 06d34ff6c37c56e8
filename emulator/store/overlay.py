"""Containers that are copied at no cost, whatever their size.

A fresh world shares its seed's data and keeps only its own changes. Values are never changed in
place: a new record replaces an old one, and the first world that adds to a list copies it.
"""

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Generic, TypeVar, overload

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
D = TypeVar("D")

_DELETED: Any = object()
_MISSING: Any = object()
_NONE: list[Any] = []


class Overlay(MutableMapping[K, V]):
    """A mapping that keeps its own changes over a shared base, which it never changes."""

    __slots__ = ("_base", "_own")

    def __init__(self, base: Mapping[K, V] | None = None) -> None:
        self._base: Mapping[K, V] = base if base is not None else {}
        self._own: dict[K, V] = {}

    def fork(self) -> "Overlay[K, V]":
        """Return an equal mapping; later changes to either do not show in the other."""
        if self._own:
            self._base = self.flat()
            self._own = {}
        return Overlay(self._base)

    def flat(self) -> dict[K, V]:
        """Return the whole content as a plain mapping.

        The base is copied in one go, without a look at each entry, unless something was deleted.
        """
        flat = {**self._base, **self._own}
        if any(value is _DELETED for value in self._own.values()):
            return {key: value for key, value in flat.items() if value is not _DELETED}
        return flat

    def same_as(self, fork: "Overlay[K, V]") -> bool:
        """True if neither has changed since one was forked from the other."""
        return self._base is fork._base and not self._own and not fork._own

    def __getitem__(self, key: K) -> V:
        if key not in self._own:
            return self._base[key]
        value = self._own[key]
        if value is _DELETED:
            raise KeyError(key)
        return value

    @overload
    def get(self, key: K, default: None = None, /) -> V | None: ...
    @overload
    def get(self, key: K, default: V | D, /) -> V | D: ...
    def get(self, key: K, default: Any = None, /) -> Any:
        """Return the value or the default, as any mapping, but without an exception for a miss."""
        value = self._own.get(key, _MISSING)
        if value is _MISSING:
            return self._base.get(key, default)
        return default if value is _DELETED else value

    def __setitem__(self, key: K, value: V) -> None:
        self._own[key] = value

    def __delitem__(self, key: K) -> None:
        self[key]  # raises KeyError if the key is unknown
        self._own[key] = _DELETED

    def __iter__(self) -> Iterator[K]:
        yield from (key for key in self._base if key not in self._own)
        yield from (key for key, value in self._own.items() if value is not _DELETED)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return bool(self._base or self._own) and any(True for _ in self)


class Index(Generic[K]):
    """Sorted lists of entries, each under a key. A page of any list is one slice."""

    __slots__ = ("_base", "_own")

    def __init__(self, base: Mapping[K, list[Any]] | None = None) -> None:
        self._base: Mapping[K, list[Any]] = base if base is not None else {}
        self._own: dict[K, list[Any]] = {}

    def fork(self) -> "Index[K]":
        if self._own:
            self._base = {**self._base, **self._own}
            self._own = {}
        return Index(self._base)

    def same_as(self, fork: "Index[K]") -> bool:
        """True if neither has changed since one was forked from the other."""
        return self._base is fork._base and not self._own and not fork._own

    def get(self, key: K) -> Sequence[Any]:
        """Return the entries under `key`, in order."""
        entries = self._own.get(key)
        return self._base.get(key, _NONE) if entries is None else entries

    def add(self, key: K, entry: Any) -> None:
        entries = self._changeable(key)
        if entries and entry < entries[-1]:
            insort(entries, entry)
        else:  # the usual case; a search would touch entries far apart in memory
            entries.append(entry)

    def remove(self, key: K, entry: Any) -> None:
        entries = self._changeable(key)
        del entries[bisect_left(entries, entry)]

    def append(self, key: K, entry: Any) -> None:
        """Add an entry that surely comes last, or whose list is in the order of arrival."""
        self._changeable(key).append(entry)

    def _changeable(self, key: K) -> list[Any]:
        entries = self._own.get(key)
        if entries is None:
            entries = self._own[key] = list(self._base.get(key, ()))
        return entries
