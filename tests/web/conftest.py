"""What tests of faults have in common."""

from collections.abc import Iterator

import pytest

from tests.web.wire import errors_logged


@pytest.fixture
def no_error_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A fault is no bug: the server has nothing to say about it."""
    yield
    assert errors_logged(caplog) == []
