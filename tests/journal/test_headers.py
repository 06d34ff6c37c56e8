"""Headers as the journal keeps and shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.journal.headers import kept_headers, read_headers, shown_headers

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1)
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")))


@given(st.lists(st.tuples(NAMES, VALUES)))
def test_nothing_is_lost(headers: list[tuple[str, str]]) -> None:
    """Names and values come back as they were sent, in order, also empty ones."""
    sent = [(name.encode(), value.encode()) for name, value in headers]
    assert read_headers(kept_headers(sent)) == headers


def test_other_bytes() -> None:
    """What is no UTF-8 counts as latin-1."""
    assert read_headers(kept_headers([(b"x-name", b"Andr\xe9")])) == [("x-name", "André")]


def test_repeated_headers_are_joined() -> None:
    """As HTTP says that it means the same."""
    kept = kept_headers([(b"accept", b"a"), (b"x", b"1"), (b"accept", b"b")])
    assert shown_headers(kept) == {"accept": "a, b", "x": "1"}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("x-hume-api-key", "s3cret", "(hidden)"),
        ("authorization", "Bearer s3cret", "Bearer (hidden)"),
        ("authorization", "Basic s3cret", "Basic (hidden)"),
        ("authorization", "s3cret", "(hidden)"),
        ("cookie", "session=s3cret", "(hidden)"),
        ("x-csrf-token", "s3cret", "(hidden)"),
        ("referer", "http://a/?api_key=s3cret&x=1", "http://a/?api_key=(hidden)&x=1"),
        ("idempotency-key", "1", "1"),
        ("x-test-id", "case-1", "case-1"),
        ("accept", "*/*", "*/*"),
    ],
)
def test_keys_are_hidden(name: str, value: str, shown: str) -> None:
    """Which header it is says whether its value is one; its scheme may be seen."""
    kept = kept_headers([(name.encode(), value.encode())])
    assert shown_headers(kept) == {name: shown}
