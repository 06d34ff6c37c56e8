"""What tests of the plugs share."""

from collections.abc import Iterator

import pytest

from tests.apis.evi.open_ai import OpenAi, open_ai


@pytest.fixture
def openai_server() -> Iterator[OpenAi]:
    """A server that judges what it is asked; the test fails if it was asked wrongly."""
    with open_ai() as server:
        yield server
