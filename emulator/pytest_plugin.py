"""The pytest plugin: `evi`, a fresh world for each test, on one server for the run.

Nothing of the emulator is imported before a test asks for a fixture.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.testing.emulator import Emulator
    from emulator.testing.world import Evi

_WORLD = pytest.StashKey["Evi | None"]()
_TIMELINE = pytest.StashKey[str]()  # of a world that is closed by now
_HAS_FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "evi(**settings): settings of this test's world, such as seed='empty', clock='manual'",
    )


@pytest.fixture(scope="session")
def evi_settings() -> dict[str, Any]:
    """Settings of the server. Override it to change them."""
    return {}


@pytest.fixture(scope="session")
def evi_server(evi_settings: dict[str, Any]) -> "Iterator[Emulator]":
    """The emulator on a free port, for the whole run."""
    from emulator.testing.emulator import Emulator

    with Emulator(**evi_settings) as server:
        yield server


@pytest.fixture
def evi(request: pytest.FixtureRequest, evi_server: "Emulator") -> "Iterator[Evi]":
    """A fresh world: its own API key, data and time. `@pytest.mark.evi(...)` sets options."""
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("evi"))):
        if marker.args:
            raise pytest.UsageError(f"mark.evi takes settings by name, got {marker.args}")
        options.update(marker.kwargs)
    world = evi_server.world(**options)
    request.node.stash[_WORLD] = world
    yield world
    try:
        if not request.node.stash.get(_HAS_FAILED, False):
            world.check_stubs()
    except AssertionError:
        request.node.stash[_TIMELINE] = world.timeline()
        raise
    finally:
        request.node.stash[_WORLD] = None
        world.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> "Generator[None, Any, Any]":
    """A failed test's report ends with what happened in its world."""
    report: Any = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
        told = call.excinfo is not None and call.excinfo.typename == "ExpectationFailed"
        timeline = None if told else _timeline(item)
        if timeline is not None:
            report.sections.append(("what happened in the EVI world", timeline))
    return report


def _timeline(item: pytest.Item) -> str | None:
    """What happened in the test's world, if it has one that can still be asked."""
    world = item.stash.get(_WORLD, None)
    if world is None:
        return item.stash.get(_TIMELINE, None)
    try:
        return world.timeline()
    except RuntimeError:  # the server has ended before
        return None
