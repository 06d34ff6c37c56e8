"""The packed package: its own tests, in an empty project, as ES modules and as CommonJS."""

import shutil
from pathlib import Path

import pytest

from emulator import Emulator
from emulator.cli.intercept import NODE_SCRIPTS
from tests.node_kit.kit import COMMAND, ROOT, TESTS, WEBSOCKET, command, run, unpack, why_not

HUME = ROOT / "tests" / "node" / "node_modules" / "hume"

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project with the package, and the tests that Node runs."""
    unpack(tmp_path)
    for file in (*TESTS.glob("*.mjs"), *TESTS.glob("*.cjs")):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_every_verb(project: Path, evi_server: Emulator) -> None:
    """Its own tests pass: verbs on an emulator that it starts; CommonJS on one that runs."""
    variables = {COMMAND: command(), "EVI_TEST_URL": evi_server.url}
    words = ["node", WEBSOCKET, "--test", "verbs.test.mjs", "browsers.test.mjs", "require.test.cjs"]
    done = run(words, project, variables)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    not HUME.is_dir(), reason="run make .venv/node: the vendor's client is not there"
)
def test_redirecting(project: Path) -> None:
    """The vendor's client, pointed at nothing, reaches a world; so does whatever names the host."""
    for name in ("hume", "ws"):
        (project / "node_modules" / name).symlink_to(HUME.with_name(name))
    done = run(["node", WEBSOCKET, "--test", "intercept.test.mjs"], project)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_python_package_redirects_alike(project: Path) -> None:
    """`exec --intercept` has the same JavaScript; `make node-kit` copies it."""
    packed = project / "node_modules" / "evi-emulator" / "dist" / "intercept"
    theirs = {path.name: path.read_text() for path in packed.glob("*.cjs")}
    assert {path.name: path.read_text() for path in NODE_SCRIPTS.iterdir()} == theirs


def test_a_failed_test_is_explained(project: Path, evi_server: Emulator) -> None:
    """Its report has the timeline; a stub that nobody used fails its test; the run ends."""
    done = run(["node", "--test", "failing.mjs"], project, {"EVI_URL": evi_server.url})
    assert done.returncode == 1
    assert "what happened in the EVI world:" in done.stdout
    assert "user_message" in done.stdout
    assert "stubs that nobody used: list-configs -> 503" in done.stdout


def test_what_was_tried_is_told(project: Path) -> None:
    """Without a command, the error names every place; with a bad one, what it printed."""
    source = (
        'import { startEmulator } from "evi-emulator";'
        "await startEmulator(JSON.parse(process.argv[2])).catch((error) => {"
        "  console.log(error.name, error.message); process.exitCode = 3; });"
    )
    (project / "start.mjs").write_text(source)
    node = str(shutil.which("node"))
    done = run([node, "start.mjs", "{}"], project, {"PATH": str(project)})
    assert done.returncode == 3
    for place in ("StartupError", "EVI_COMMAND: it is not set", "on the PATH", ".venv/bin"):
        assert place in done.stdout
    words = f'{{"command": ["{node}", "-e", "console.error(42); process.exit(7)", "--"]}}'
    done = run([node, "start.mjs", words], project)
    assert "it ended with exit code 7" in done.stdout
    assert "42" in done.stdout
    done = run([node, "start.mjs", "{}"], project, {COMMAND: f"'{node}' -p --title=\"a b\" --"})
    assert f"command: {node} -p --title=a b -- serve" in done.stdout
    done = run([node, "start.mjs", '{"seed": "demp"}'], project)
    assert "no seed 'demp' (did you mean 'demo'?)" in done.stdout
