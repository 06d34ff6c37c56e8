"""The examples run as their page says."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import emulator
from tests.node_kit.kit import run as run_node
from tests.node_kit.kit import unpack, why_not

EXAMPLES = Path(emulator.__file__).parent.parent / "examples"
VENDORS = EXAMPLES.parent / "tests" / "node" / "node_modules" / "hume"
EXEC = [sys.executable, "-m", "emulator", "exec", "--"]
WEBSOCKET = "--experimental-websocket"  # Node 20 has it from 20.10 on


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def why_no_node() -> str:
    """What is missing to run the example for Node, or nothing."""
    node = shutil.which("node")
    if node is None:
        return "node is not installed"
    known = subprocess.run([node, WEBSOCKET, "--version"], capture_output=True).returncode == 0
    return "" if known else "node is older than 20.10"


@pytest.mark.process
@pytest.mark.skipif(bool(why_no_node()), reason=why_no_node())
def test_node() -> None:
    """All tests of the suite pass, by the command that `npm test` stands for."""
    package = json.loads((EXAMPLES / "node" / "package.json").read_text())
    assert set(package) == {"name", "private", "type", "engines", "scripts"}  # no dependencies
    done = run([*EXEC, *package["scripts"]["test"].split()], EXAMPLES / "node")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 5" in done.stdout or "pass 5" in done.stdout
    assert re.search(r"skipped 0", done.stdout)


@pytest.mark.process
@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.skipif(not VENDORS.is_dir(), reason="tests/node/node_modules is missing (npm)")
def test_node_worker(tmp_path: Path) -> None:
    """All tests of the suite pass, with the packages that it names."""
    shutil.copytree(EXAMPLES / "node-worker", tmp_path, dirs_exist_ok=True)
    package = json.loads((tmp_path / "package.json").read_text())
    assert [*package["dependencies"], *package["devDependencies"]] == ["hume", "evi-emulator"]
    unpack(tmp_path)
    (tmp_path / "node_modules" / "hume").symlink_to(VENDORS)
    done = run_node(package["scripts"]["test"].split(), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass 5\b", done.stdout)


@pytest.mark.process
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
@pytest.mark.skipif(bool(why_no_node()), reason=why_no_node())
def test_npm_failing(tmp_path: Path) -> None:
    """A suite that fails fails the run, and what happened is shown."""
    for name in ("package.json", "app.mjs"):
        shutil.copy(EXAMPLES / "node" / name, tmp_path)
    (tmp_path / "failing.test.mjs").write_text(
        'import test from "node:test";\n'
        'import { configNames } from "./app.mjs";\n'
        "const { HUME_BASE_URL: url, HUME_API_KEY: key } = process.env;\n"
        'test("fails", async () => { await configNames(url, key); throw new Error("no"); });\n'
    )
    done = run([*EXEC, "npm", "test"], tmp_path)
    assert done.returncode == 1
    assert "what happened in the emulator:" in done.stderr
    assert "GET /v0/evi/configs -> 200" in done.stderr


@pytest.mark.process
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl() -> None:
    """Each expectation of the script is met."""
    done = run([*EXEC, "sh", "check.sh"], EXAMPLES / "curl")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok: ") == 5


@pytest.mark.process
@pytest.mark.parametrize("more", [[], ["-n", "2"]], ids=["alone", "in parallel"])
def test_pytest(more: list[str]) -> None:
    """The suite passes in a process of its own, without any of our fixtures."""
    quiet = ["-p", "no:cacheprovider", "-p", "no:schemathesis", "-q"]
    command = [sys.executable, "-m", "pytest", *quiet, *more, "pytest"]
    done = run(command, EXAMPLES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout


def test_the_page_names_each() -> None:
    """examples/README.md has every folder."""
    page = (EXAMPLES / "README.md").read_text()
    for folder in EXAMPLES.iterdir():
        if folder.is_dir() and not folder.name.startswith((".", "_")):
            assert f"[{folder.name}](" in page
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert (EXAMPLES / link).is_file()
