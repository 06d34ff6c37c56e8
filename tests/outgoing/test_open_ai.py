"""Bases of OpenAI-compatible servers, as people give them."""

import pytest

from emulator.outgoing.open_ai import route


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://h:1", "http://h:1/v1/chat/completions"),
        ("http://h:1/v1/", "http://h:1/v1/chat/completions"),
        ("http://h:1/openai/v1", "http://h:1/openai/v1/chat/completions"),
        ("http://h:1/x/chat/completions", "http://h:1/x/chat/completions"),
        ("https://h/v1?api-version=1", "https://h/v1/chat/completions?api-version=1"),
        ("https://h/chat/completions?a=/", "https://h/chat/completions?a=/"),
    ],
)
def test_bases(base: str, url: str) -> None:
    """The route follows the base's path; its query stays behind."""
    assert route(base, "/chat/completions") == url
