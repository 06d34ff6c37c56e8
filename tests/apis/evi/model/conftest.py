"""What tests of language models share: a server, and chats whose config names it."""

from collections.abc import Iterator

import pytest

from tests.apis.evi.model.server import ModelServer


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """A server of a custom language model."""
    with ModelServer().serving() as server:
        yield server
