"""The routes of OpenAI-compatible servers, from the bases that people name."""

import pytest

from emulator.outgoing.open_ai import route


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://a:1", "http://a:1/v1/chat/completions"),
        ("http://a:1/", "http://a:1/v1/chat/completions"),
        ("http://a/v1", "http://a/v1/chat/completions"),
        ("http://a/v1/", "http://a/v1/chat/completions"),
        ("http://a/v2", "http://a/v2/chat/completions"),
        ("http://a/openai/v1", "http://a/openai/v1/chat/completions"),
        ("http://a/v1beta/openai", "http://a/v1beta/openai/chat/completions"),
        ("http://a/v1/chat/completions", "http://a/v1/chat/completions"),
        ("http://a/chat/completions", "http://a/chat/completions"),
        ("https://h/v1?api-version=1", "https://h/v1/chat/completions?api-version=1"),
        ("https://h/chat/completions?a=/", "https://h/chat/completions?a=/"),
    ],
)
def test_bases(base: str, expected: str) -> None:
    """A path is taken as it is; without one the routes are under /v1."""
    assert route(base, "/chat/completions") == expected
