"""The pytest plugin: `evi`, a fresh world for each test, on one server for the run.

Nothing of the emulator is imported before a test asks for a fixture.
"""

import shlex
from collections.abc import Generator, Iterator, Mapping
from traceback import format_exception
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.settings import Settings
    from emulator.testing.emulator import Emulator
    from emulator.testing.reporting import RunContract
    from emulator.testing.world import Evi

_WORLD = pytest.StashKey["Evi | None"]()
_TIMELINE = pytest.StashKey[str]()  # of a world that is closed by now
_HAS_FAILED = pytest.StashKey[bool]()
_CONTRACT = pytest.StashKey["RunContract"]()  # of the run, if options ask for it
_TIMELINE_OF_FAILURE = "\ntimeline:\n"  # in the message of a failed expectation
_WORKERS_CONTRACT = "evi_contract"  # the contract that a process of pytest-xdist hands over
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
    if _wants_report(config):
        config.stash[_CONTRACT] = _new_run_contract(config)
    config.addinivalue_line(
        "markers",
        "evi(**settings): settings of this test's world, such as seed='empty', clock='manual'; a "
        "dict or a Settings object without a name will do",
    )


@pytest.fixture(scope="session")
def evi_settings() -> "Mapping[str, Any] | Settings":
    """Return the settings of the server. Override it to change them.

    Return a dict, such as {"seed": "empty"}, or an emulator.settings.Settings object.
    """
    return {}


@pytest.fixture(scope="session")
def evi_server(
    evi_settings: "Mapping[str, Any] | Settings", pytestconfig: pytest.Config
) -> "Iterator[Emulator]":
    """Serve the emulator on a free port, for the whole run."""
    from emulator.testing.emulator import (  # 0.5 s, which other tests do not wait for
        Emulator,
        changed_settings,
    )

    with Emulator(**changed_settings(evi_settings, "the fixture evi_settings")) as server:
        yield server
        if _CONTRACT in pytestconfig.stash:
            command = shlex.join(("pytest", *pytestconfig.invocation_params.args))
            run = dict(server.contract_report(command).run)
            pytestconfig.stash[_CONTRACT].add(server.contract(), server.surfaces, run)


@pytest.fixture
def evi(request: pytest.FixtureRequest, evi_server: "Emulator") -> "Iterator[Evi]":
    """Yield a fresh world with its own API key, data and time. `@pytest.mark.evi` sets options."""
    options = {"name": request.node.nodeid, **_marked_settings(request.node)}
    world = evi_server.world(**options)
    request.node.stash[_WORLD] = world
    yield world
    try:
        if not request.node.stash.get(_HAS_FAILED, False):
            world.check_tool_calls()
            world.check_stubs()
            if world.world.settings.fail_unused:
                world.check_unused()
    except AssertionError:
        request.node.stash[_TIMELINE] = world.timeline()
        raise
    finally:
        request.node.stash[_WORLD] = None
        world.close()


def _marked_settings(node: pytest.Item) -> dict[str, Any]:
    """Return the settings that markers give a test's world: the nearest marker's win."""
    from emulator.testing.emulator import changed_settings  # evi_server has imported it

    settings: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("evi"))):
        for given in marker.args:
            settings.update(changed_settings(given, "what mark.evi takes without a name"))
        settings.update(marker.kwargs)
    return settings


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> "Generator[None, Any, Any]":
    """Add what happened in a failed test's world to the end of its report."""
    report: Any = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
        has_timeline = call.excinfo is not None and _TIMELINE_OF_FAILURE in str(call.excinfo.value)
        timeline = None if has_timeline else _timeline(item)
        if timeline is not None:
            report.sections.append(("what happened in the EVI world", timeline))
        unanswered = _unanswered_calls(item)
        if unanswered is not None:
            report.sections.append(("what the EVI world waited for in vain", unanswered))
        raised = _raised_by_stubs(item)
        if raised:
            report.sections.append(("what the callable of a stub raised", raised))
    return report


def _raised_by_stubs(item: pytest.Item) -> str:
    """Return the traceback of what a stub's callable raised in the test's world, or nothing."""
    world = item.stash.get(_WORLD, None)
    try:
        errors = [] if world is None else world.stub_errors()
    except RuntimeError:  # the server has ended before
        return ""
    return "".join("".join(format_exception(error)) for error in errors[:1])


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


def _new_run_contract(config: pytest.Config) -> "RunContract":
    """Return the contract that the options ask for. Raises pytest.UsageError."""
    from emulator.testing.reporting import new_run_contract  # 0.3 s, which few ask for

    options = config.option
    folder = config.invocation_params.dir  # where the run was started; tests may go elsewhere
    return new_run_contract(
        [str(folder / name) for name in getattr(options, _FILES)],
        getattr(options, _FAIL_ON),
        getattr(options, _ALLOW),
        getattr(options, _LEAST),
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over the findings of a process of pytest-xdist that has ended."""
    text = getattr(node, "workeroutput", {}).get(_WORKERS_CONTRACT)
    if text is not None:
        node.config.stash[_CONTRACT].add_text(text)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report, and fail the run if it is to fail."""
    config = session.config
    if _CONTRACT not in config.stash or not session.testscollected or _only_shows(config):
        return
    run = config.stash[_CONTRACT]
    if hasattr(config, "workeroutput"):
        config.workeroutput[_WORKERS_CONTRACT] = run.to_text()
        return
    run.finish()
    if run.failures and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    run = config.stash.get(_CONTRACT, None)
    if run is None or not run.is_finished:
        return
    terminalreporter.write_sep("=", "EVI contract")
    terminalreporter.write_line(run.summary())
    for failure in run.failures:
        terminalreporter.write_line(f"failed: {failure}", red=True)
    for name in run.written:
        terminalreporter.write_line(f"written: {name}")
