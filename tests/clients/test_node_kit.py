"""The package for Node in a project of its own, and what judges packages."""

import os
import re
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.clients.clients import NODE_KIT, NODE_KIT_OLDER, Client
from tests.contract.test_chat_react import CHROMIUM
from tests.node_kit.kit import COMMAND, ROOT, TESTS, WEBSOCKET, command, free_port, run

pytestmark = pytest.mark.process

SUITES = Path(__file__).with_name("node_kit")
ENDING_S = 10  # how long an emulator may outlive the process that started it
EXPLAINED = ("what happened in the EVI world:", "stubs that nobody used: list-configs -> 503")


@pytest.fixture
def project() -> Iterator[Path]:
    """A folder with the suites, in which Node finds the packages of the environment."""
    yield from folder_in(NODE_KIT)


@pytest.fixture
def older() -> Iterator[Path]:
    """The same with older frameworks."""
    yield from folder_in(NODE_KIT_OLDER)


def folder_in(client: Client) -> Iterator[Path]:
    if why := client.why_not():
        pytest.skip(why)
    folder = Path(mkdtemp(prefix="suites-", dir=client.environment))
    shutil.copytree(SUITES, folder, dirs_exist_ok=True)
    for file in (*TESTS.glob("*.mjs"), *TESTS.glob("*.cjs")):
        shutil.copy(file, folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def noted(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield variables that have each emulator's process noted; all of them must have ended."""
    script, file = tmp_path / "emulator", tmp_path / "processes"
    script.write_text(f'#!/bin/sh\necho $$ >> "{file}"\nexec {command()} "$@"\n')
    script.chmod(0o700)
    yield {COMMAND: str(script)}
    for number in file.read_text().split():
        assert has_ended(int(number)), "an emulator outlives the tests that started it"


def has_ended(process: int) -> bool:
    """Wait for the end of a process that is not a child."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], ENDING_S)[0])
    finally:
        os.close(handle)


def bin_of(name: str, client: Client = NODE_KIT) -> str:
    return str(client.environment / "node_modules" / ".bin" / name)


def code_of(heading: str) -> list[str]:
    """Return the examples of a section of the page for Node."""
    page = (ROOT / "docs" / "node.md").read_text()
    section = page.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    return re.findall(r"^```(?:js|html)[^\n]*\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


def example_of(entry: str) -> str:
    """Return the example of an entry point in the reference of the package."""
    page = (ROOT / "docs" / "node-reference.md").read_text()
    found = re.search(rf"^## `{entry}`$.*?^```ts\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def written(project: Path, **files: str) -> Path:
    """Write files into a folder of a project of their own; _ stands for a dot in their names."""
    folder = Path(mkdtemp(dir=project))
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def vitest(
    project: Path,
    name: str,
    variables: Mapping[str, str],
    *options: str,
    client: Client = NODE_KIT,
) -> str:
    """Return what Vitest prints, and its exit code at the end."""
    words = [
        bin_of("vitest", client),
        "--run",
        "--config",
        "none.mjs",
        *options,
        "--root",
        ".",
        name,
    ]
    (project / "none.mjs").write_text(
        'export default { test: { include: ["*.vitest.mjs"], testTimeout: 60000, '
        "globalSetup: process.env.SETUP ? [process.env.SETUP] : [] } };"
    )
    return told(run(words, project, variables))


def jest(
    project: Path,
    name: str,
    variables: Mapping[str, str],
    *options: str,
    client: Client = NODE_KIT,
) -> str:
    """Return what Jest prints, and its exit code at the end."""
    words = [
        bin_of("jest", client), "--rootDir", str(project), "--testRegex", re.escape(name) + "$",
        "--testTimeout", "60000", "--detectOpenHandles", *options,
    ]  # fmt: skip
    return told(run(words, project, variables))


def playwright(project: Path, suite: str, variables: Mapping[str, str]) -> str:
    """Return what Playwright Test prints, and its exit code at the end."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    words = [bin_of("playwright"), "test", "--config", "playwright.config.mjs"]
    return told(run(words, project, {**variables, "SUITE": suite, "CHROMIUM": CHROMIUM}))


def told(done: subprocess.CompletedProcess[str]) -> str:
    return f"{done.stdout}{done.stderr}\nexit code {done.returncode}"


@pytest.mark.parametrize("pool", ["forks", "threads"])
def test_vitest(project: Path, noted: dict[str, str], pool: str) -> None:
    """Its fixtures work in processes and in threads; the run ends, and the emulator with it."""
    output = vitest(project, "passing", noted, "--pool", pool)
    assert "exit code 0" in output, output
    assert "8 passed" in output


def test_vitest_with_one_emulator(project: Path, noted: dict[str, str]) -> None:
    """The global setup starts one, which is stopped at the end."""
    output = vitest(project, "passing", {**noted, "SETUP": "evi-emulator/global-setup"})
    assert "exit code 0" in output, output
    assert "close timed out" not in output


def test_vitest_failing(project: Path, noted: dict[str, str]) -> None:
    """Failed tests show the timeline; one that leaves a stub over fails."""
    output = vitest(project, "failing", noted)
    assert "3 failed" in output
    assert "exit code 1" in output
    for text in (
        *EXPLAINED,
        "the client sent no type='user_input', text='Hi' before the chat was over",
    ):
        assert text in output


def test_jest(project: Path, noted: dict[str, str]) -> None:
    """Its hooks work, and leave no handle open."""
    output = jest(project, "passing.jest.cjs", noted)
    assert "exit code 0" in output, output
    assert "open handle" not in output


def test_jest_with_es_modules(project: Path, noted: dict[str, str]) -> None:
    output = jest(
        project, "passing.jest.mjs", {**noted, "NODE_OPTIONS": "--experimental-vm-modules"}
    )
    assert "exit code 0" in output, output


def test_jest_with_one_emulator(project: Path, noted: dict[str, str]) -> None:
    """The global setup starts one, which ends with the run."""
    setup = ("--globalSetup", "evi-emulator/global-setup")
    output = jest(project, "passing.jest.cjs", noted, *setup)
    assert "exit code 0" in output, output


def test_jest_failing(project: Path, noted: dict[str, str]) -> None:
    """Failed tests show the timeline; one that leaves a stub over fails."""
    output = jest(project, "failing.jest.cjs", noted)
    assert "3 failed" in output
    assert "exit code 1" in output
    for text in (
        *EXPLAINED,
        "the client sent no type='user_input', text='Hi' before the chat was over",
    ):
        assert text in output


@pytest.mark.browser
def test_playwright(project: Path, noted: dict[str, str]) -> None:
    """What a page sends to the service's host is in the world, its microphone included.

    The global setup starts one emulator for both workers.
    """
    variables = {**noted, "SETUP": "evi-emulator/global-setup", "WORKERS": "2"}
    output = playwright(project, "passing", variables)
    assert "exit code 0" in output, output
    assert "12 passed" in output


@pytest.mark.browser
def test_playwright_failing(project: Path, noted: dict[str, str]) -> None:
    """Failed tests show the timeline, also one whose time ran out; one that leaves a stub fails."""
    output = playwright(project, "failing", noted)
    assert "4 failed" in output
    late = output[output.index("Test timeout of 1000ms exceeded.") :]
    assert "frame -> chat_metadata" in late[: late.index("locator.waitFor")]
    for text in (
        *EXPLAINED,
        "the client sent no type='user_input', text='Hi' within 0.01 s",
    ):
        assert text in output


@pytest.mark.browser
def test_playwright_with_a_server(project: Path, noted: dict[str, str]) -> None:
    """A server that Playwright starts is in the world of each test, of one worker only."""
    variables = {**noted, "PORT_OF_SERVER": str(free_port())}
    output = playwright(project, "server", variables)
    assert "2 passed" in output, output
    output = playwright(project, "server", {**variables, "WORKERS": "2"})
    assert "which 2 workers would use at once: set workers: 1" in output


@pytest.mark.parametrize("suite", ["passing", "failing"])
def test_older_frameworks(older: Path, noted: dict[str, str], suite: str) -> None:
    """Vitest 3.2 and Jest 29 do as the present ones do."""
    outputs = (
        vitest(older, suite, noted, client=NODE_KIT_OLDER),
        jest(older, f"{suite}.jest.cjs", noted, client=NODE_KIT_OLDER),
    )
    for output in outputs:
        expected = ("exit code 0",) if suite == "passing" else (*EXPLAINED, "exit code 1")
        for text in expected:
            assert text in output, output


def test_the_first_steps_of_the_page(project: Path, noted: dict[str, str]) -> None:
    """As they are written, with Vitest, Jest and node:test."""
    ask, test = code_of("## A first test")
    folder = written(project, ask_mjs=ask, weather_test_mjs=test)
    output = told(run([bin_of("vitest"), "--run", "--root", "."], folder, noted))
    assert re.search(r"Tests +1 passed", output), output
    (by_jest,) = code_of("### With Jest")
    folder = written(project, ask_mjs=ask, weather_test_mjs=by_jest)
    variables = {**noted, "NODE_OPTIONS": "--experimental-vm-modules"}
    output = told(run([bin_of("jest"), "--rootDir", str(folder)], folder, variables))
    assert re.search(r"Tests: +1 passed", output), output
    (by_node,) = code_of("### With node:test")
    folder = written(project, ask_mjs=ask, weather_test_mjs=by_node)
    output = told(run(["node", "--test"], folder, noted))
    assert "# pass 1" in output, output


@pytest.mark.browser
def test_the_first_steps_in_a_browser(project: Path, noted: dict[str, str]) -> None:
    """As they are written, but for the port and the browser; with the other tests of a page."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    page, configuration, test = code_of("### A page, with Playwright")
    settings, *_ = code_of("### Playwright")
    ours = f"use: {{ launchOptions: {{ executablePath: {CHROMIUM!r} }}, "
    configuration = configuration.replace("3000", str(free_port())).replace("use: { ", ours)
    folder = written(
        project,
        index_html=page,
        playwright_config_mjs=configuration,
        page_spec_mjs=test,
        settings_spec_mjs=settings + test.replace("{ expect, test }", "{ expect }"),
        reference_spec_ts=example_of("evi-emulator/playwright"),
    )
    output = told(run([bin_of("playwright"), "test"], folder, noted))
    assert "3 passed" in output, output


def test_node_test(project: Path, noted: dict[str, str]) -> None:
    """The package's own tests pass as npm has installed it."""
    words = ["node", WEBSOCKET, "--test", "verbs.test.mjs", "intercept.test.mjs"]
    output = told(run(words, project, noted))
    assert "exit code 0" in output, output


def test_strict_types(project: Path) -> None:
    """A program compiles with `tsc --strict`, and its mistakes don't."""
    options = [
        "--strict", "--noEmit", "--module", "nodenext", "--target", "es2022",
        "--lib", "es2023,esnext.disposable,dom", "--types", "node", "--skipLibCheck",
    ]  # fmt: skip
    output = told(run([bin_of("tsc"), *options, "types.mts"], project))
    assert "exit code 0" in output, output


def test_publint(project: Path) -> None:
    """The package is put together as npm and bundlers expect."""
    package = NODE_KIT.environment / "node_modules" / "evi-emulator"
    output = told(run([bin_of("publint"), "--strict", str(package)], project))
    assert "exit code 0" in output, output


def test_are_the_types_wrong(project: Path) -> None:
    """Types are found as ES modules and as CommonJS; Vitest has no CommonJS itself."""
    tarball = str(Path(__file__).parents[2] / "dist" / "evi-emulator.tgz")
    words = [bin_of("attw"), tarball, "--profile", "node16", "--exclude-entrypoints", "vitest"]
    output = told(run(words, project))
    assert "exit code 0" in output, output
