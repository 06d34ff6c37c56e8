"""Pages of a sequence."""

from hypothesis import given
from hypothesis import strategies as st

from emulator.store.paging import Page, Paging, page_of


@given(st.integers(0, 60), st.integers(1, 25), st.booleans())
def test_all_pages_hold_everything_once(total: int, size: int, ascending: bool) -> None:
    """All pages one after the other are the whole sequence, and the next one is empty."""
    entries = list(range(total))
    first = page_of(entries, Paging(0, size, ascending))
    pages = first.to_json()["total_pages"]
    read = [
        entry
        for number in range(pages)
        for entry in page_of(entries, Paging(number, size, ascending)).items
    ]

    assert read == (entries if ascending else entries[::-1])
    assert list(page_of(entries, Paging(pages, size, ascending)).items) == []
    assert list(page_of(entries, Paging(2**62, size, ascending)).items) == []


def test_an_empty_sequence_has_no_pages() -> None:
    """Nothing to list is 0 pages, with the numbers that were asked for."""
    page: Page[int] = page_of([], Paging(3, 7))
    assert page.to_json() == {"page_number": 3, "page_size": 7, "total_pages": 0}
