"""Pages: slices of a sequence, numbered as the API numbers them (docs/protocol.md#pages)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from emulator.jsontext import JsonObject

T = TypeVar("T")
DEFAULT_PAGE_SIZE = 10


@dataclass(frozen=True, slots=True)
class Paging:
    """A client's wish for a page: its number from 0, its size, and the direction."""

    number: int = 0
    size: int = DEFAULT_PAGE_SIZE
    ascending: bool = True

    @property
    def direction(self) -> str:
        return "ASC" if self.ascending else "DESC"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The items of one page, and the number of all items."""

    items: Sequence[T]
    paging: Paging
    total: int

    def to_json(self) -> JsonObject:
        """Return the three numbers that every list answers. An empty list has 0 pages."""
        return {
            "page_number": self.paging.number,
            "page_size": self.paging.size,
            "total_pages": -(-self.total // self.paging.size),
        }


def page_of(entries: Sequence[T], paging: Paging) -> Page[T]:
    """Return one page of `entries`, which are in ascending order; it is empty past the end."""
    total = len(entries)
    start = paging.number * paging.size
    if paging.ascending:
        items = entries[start : start + paging.size]
    else:
        stop = max(total - start, 0)
        items = entries[max(stop - paging.size, 0) : stop][::-1]
    return Page(items, paging, total)
