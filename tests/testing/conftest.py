"""What the tests of the Python API share."""

import importlib

import pytest

USED_BY_SUITES = ("hume", "emulator.testing.emulator", "emulator.testing.reporting")


@pytest.fixture(scope="session", autouse=True)
def imports() -> None:
    """Import what suites in suites use: pytester forgets what is imported while one runs."""
    for name in USED_BY_SUITES:
        importlib.import_module(name)
