"""Keeps tests that start a process out of `make test-fast`: each needs a mark that says so.

Python reports every start of a process to audit hooks, whichever library asks for it.
"""

import sys
from collections.abc import Generator

import pytest

PROCESS, BROWSER = "process", "browser"
STARTS = {  # audit events
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
}


class ProcessGuard:
    """Fails a test that starts a process and is not marked so."""

    def __init__(self) -> None:
        self._is_watching = False
        self._started: list[str] = []
        sys.addaudithook(self._notice)

    def _notice(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in STARTS and self._is_watching:
            self._started.append(f"{event}{arguments!r:.200}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the test from its first fixture to its last."""
        may_start = any(item.get_closest_marker(name) for name in (PROCESS, BROWSER))
        self._started.clear()
        self._is_watching = not may_start
        try:
            return (yield)
        finally:
            self._is_watching = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        """Fail the test's end if a process was started."""
        yield
        if self._started:
            pytest.fail(
                f"the test started a process: {self._started[0]}; mark it with "
                f"pytest.mark.{PROCESS} (or .{BROWSER}), which keeps it out of `make test-fast`",
                pytrace=False,
            )
