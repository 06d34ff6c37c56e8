"""Calls to a world."""

from collections.abc import Iterator

import pytest

from emulator.testing.world import Evi
from tests.apis.phone.telephone import Telephones


@pytest.fixture
def dial(evi: Evi) -> Iterator[Telephones]:
    """Yield what places calls to the test's world."""
    telephones = Telephones(evi)
    with telephones.open:
        yield telephones
