"""The pytest plugin: `evi`, a fresh world for each test, on one server for the run.

Nothing of the emulator is imported before a test asks for a fixture.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.contract.report import Demands
    from emulator.testing.emulator import Emulator
    from emulator.testing.reporting import RunContract
    from emulator.testing.world import Evi

_WORLD = pytest.StashKey["Evi | None"]()
_TIMELINE = pytest.StashKey[str]()  # of a world that is closed by now
_HAS_FAILED = pytest.StashKey[bool]()
_CONTRACT = pytest.StashKey["RunContract"]()  # of the run, if it is asked for and there is one
_WORKERS_CONTRACT = "evi_contract"  # what a process of pytest-xdist tells the one that reports
_FILES, _FAIL_ON, _ALLOW, _LEAST = (
    "evi_report",
    "evi_fail_on",
    "evi_allow",
    "evi_min_coverage",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("evi", "EVI emulator: what clients do right, wrong, and never")
    group.addoption(
        "--evi-report",
        dest=_FILES,
        action="append",
        default=[],
        metavar="FILE",
        help="write the contract report of the run: .html, .md, .xml (JUnit), .json or .txt",
    )
    group.addoption(
        "--evi-fail-on",
        dest=_FAIL_ON,
        default="never",
        metavar="LEVEL",
        help="fail the run for findings of this level: warning, error, never (default never)",
    )
    group.addoption(
        "--evi-allow",
        dest=_ALLOW,
        action="append",
        default=[],
        metavar="CODE",
        help="a finding that does not fail the run",
    )
    group.addoption(
        "--evi-min-coverage",
        dest=_LEAST,
        action="append",
        default=[],
        metavar="[PART=]PERCENT",
        help="fail the run below this coverage, of the whole API or of a part such as "
        "operations=100",
    )


def pytest_configure(config: pytest.Config) -> None:
    _check_report_options(config)
    config.addinivalue_line(
        "markers",
        "evi(**settings): settings of this test's world, such as seed='empty', clock='manual'",
    )


@pytest.fixture(scope="session")
def evi_settings() -> dict[str, Any]:
    """Return the settings of the server. Override it to change them."""
    return {}


@pytest.fixture(scope="session")
def evi_server(evi_settings: dict[str, Any], pytestconfig: pytest.Config) -> "Iterator[Emulator]":
    """Serve the emulator on a free port, for the whole run."""
    from emulator.testing.emulator import Emulator

    with Emulator(**evi_settings) as server:
        yield server
        if _wants_report(pytestconfig):
            _run_contract(pytestconfig).add(server.contract(), server.surfaces)


@pytest.fixture
def evi(request: pytest.FixtureRequest, evi_server: "Emulator") -> "Iterator[Evi]":
    """Yield a fresh world with its own API key, data and time. `@pytest.mark.evi` sets options."""
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
            world.check_tool_calls()
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
    """Add what happened in a failed test's world to the end of its report."""
    report: Any = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
        has_timeline = call.excinfo is not None and call.excinfo.typename == "ExpectationFailed"
        timeline = None if has_timeline else _timeline(item)
        if timeline is not None:
            report.sections.append(("what happened in the EVI world", timeline))
        unanswered = _unanswered_calls(item)
        if unanswered is not None:
            report.sections.append(("what the EVI world waited for in vain", unanswered))
    return report


def _unanswered_calls(item: pytest.Item) -> str | None:
    """Return the tool calls of the test's world that ended a chat unanswered, in words."""
    world = item.stash.get(_WORLD, None)
    if world is None:
        return None
    try:
        world.check_tool_calls()
    except AssertionError as error:
        return str(error)
    except RuntimeError:  # the server has ended before
        return None
    return None


def _timeline(item: pytest.Item) -> str | None:
    """Return what happened in the test's world, if it has one that still answers."""
    world = item.stash.get(_WORLD, None)
    if world is None:
        return item.stash.get(_TIMELINE, None)
    try:
        return world.timeline()
    except RuntimeError:  # the server has ended before
        return None


# the contract report of the run


def _wants_report(config: pytest.Config) -> bool:
    options = config.option
    asked = (getattr(options, _FILES), getattr(options, _LEAST), getattr(options, _ALLOW))
    return any(asked) or getattr(options, _FAIL_ON) != "never"


def _only_shows(config: pytest.Config) -> bool:
    """True if tests are collected, but not run."""
    options = config.option
    return bool(options.collectonly or options.showfixtures or options.show_fixtures_per_test)


def _check_report_options(config: pytest.Config) -> None:
    """Raise UsageError before any test runs, not after all of them."""
    if not _wants_report(config):
        return
    from emulator.contract.renderings import check_files
    from emulator.errors import UsageError

    try:
        _demands(config)
        check_files(_files(config))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _demands(config: pytest.Config) -> "Demands":
    import emulator.apis.apis  # noqa: F401 - registers what the options may name
    from emulator.contract.report import read_demands

    options = config.option
    return read_demands(
        getattr(options, _FAIL_ON), getattr(options, _ALLOW), getattr(options, _LEAST)
    )


def _files(config: pytest.Config) -> list[str]:
    """Return report files, relative to where the run began: tests may change the directory."""
    folder = config.invocation_params.dir
    return [str(folder / name) for name in getattr(config.option, _FILES)]


def _run_contract(config: pytest.Config) -> "RunContract":
    from emulator.testing.reporting import RunContract

    if _CONTRACT not in config.stash:
        config.stash[_CONTRACT] = RunContract()
    return config.stash[_CONTRACT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over the findings of a process of pytest-xdist that has ended."""
    text = getattr(node, "workeroutput", {}).get(_WORKERS_CONTRACT)
    if text is not None:
        _run_contract(node.config).add_text(text)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report, and fail the run if it is to fail."""
    config = session.config
    if not _wants_report(config) or not session.testscollected or _only_shows(config):
        return
    if hasattr(config, "workeroutput"):
        config.workeroutput[_WORKERS_CONTRACT] = _run_contract(config).to_text()
        return
    run = _run_contract(config)
    run.finish(_demands(config), _files(config))
    if run.failures and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if _CONTRACT not in config.stash or hasattr(config, "workeroutput"):
        return
    run = _run_contract(config)
    terminalreporter.write_sep("=", "EVI contract")
    terminalreporter.write_line(run.summary())
    for failure in run.failures:
        terminalreporter.write_line(f"failed: {failure}", red=True)
    for name in run.written:
        terminalreporter.write_line(f"written: {name}")
