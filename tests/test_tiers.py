"""The tiers of the tests: a fast test that starts a process is told so, and where to go."""

import pytest

from tests.testing.test_plugin import run

CONFTEST = """
    import pytest
    from tests.tiers import ProcessGuard

    def pytest_configure(config):
        for name in ("process", "browser"):
            config.addinivalue_line("markers", name)
        config.pluginmanager.register(ProcessGuard())
"""
SUITE = """
    import os
    import subprocess
    import sys

    import pytest

    def start():
        subprocess.run([sys.executable, "-S", "-c", ""])

    @pytest.fixture
    def started():
        start()

    @pytest.mark.process
    def test_marked():
        start()

    @pytest.mark.browser
    def test_browser():
        start()

    def test_that_starts_none(): pass

    def test_unmarked():
        start()

    def test_fixture(started): pass

    def test_shell():
        os.system("true")

    def test_that_hides_it():
        try:
            start()
        except BaseException:
            pass
"""


@pytest.mark.process
def test_a_process_needs_a_mark(pytester: pytest.Pytester) -> None:
    """Whatever starts it, in a test or in a fixture, and whatever the test catches."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(SUITE)
    result = run(pytester, "--strict-markers")
    result.assert_outcomes(passed=7, errors=4)
    result.stdout.fnmatch_lines(
        [
            "the test started a process: subprocess.Popen*; mark it with pytest.mark.process *",
            "*ERROR *::test_unmarked *",
            "*ERROR *::test_fixture *",
            "*ERROR *::test_shell *",
            "*ERROR *::test_that_hides_it *",
        ]
    )
