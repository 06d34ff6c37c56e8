"""Installing from a checkout, as the docs say: by pipx, and for Node by npm."""

import json
import shutil
from pathlib import Path

import pytest

from emulator.version import __version__
from scripts.installed import user_environment as environment
from tests.clients.clients import RELEASE
from tests.clients.fresh import ROOT, run

pytestmark = pytest.mark.process


def test_pipx_installs_the_command(tmp_path: Path) -> None:
    """Without a warning; the command then works anywhere."""
    if why := RELEASE.why_not():
        pytest.skip(why)
    bin = tmp_path / "bin"
    variables = environment(PIPX_HOME=str(tmp_path / "home"), PIPX_BIN_DIR=str(bin))
    variables["PATH"] = f"{bin}:{variables['PATH']}"
    pipx = RELEASE.environment / "bin" / "pipx"
    source = f"{ROOT}[audio,tls]"
    printed = run([pipx, "install", source], tmp_path, variables)
    assert f"installed package evi-emulator {__version__}" in printed

    command = shutil.which("evi-emulator", path=variables["PATH"])
    assert command == str(bin / "evi-emulator")
    assert run([command, "--version"], tmp_path, variables) == f"evi-emulator {__version__}\n"
    assert "12 chats" in run([command, "seed", "check", "demo"], tmp_path, variables)


def test_npm_installs_the_package_for_node(tmp_path: Path) -> None:
    """Without a warning, whatever npm warns of by default."""
    package = ROOT / "dist" / "evi-emulator.tgz"
    npm = shutil.which("npm")
    if npm is None or not package.exists():
        pytest.skip("run make node-kit: npm, or the package, is not there")
    (tmp_path / "package.json").write_text(json.dumps({"name": "app", "private": True}))
    run([npm, "install", "--no-audit", "--no-fund", str(package)], tmp_path, environment())
    installed = tmp_path / "node_modules" / "evi-emulator"
    assert json.loads((installed / "package.json").read_text())["version"] == __version__
    assert (installed / "LICENSE").exists()


def test_make_sets_up_without_a_warning(tmp_path: Path) -> None:
    """As the first `make serve` and `make test` do, from a clean clone."""
    listed = run(["git", "ls-files", "-z"], ROOT, environment())
    for name in filter(None, listed.split("\0")):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, target)
    run(["make", ".venv/serve", ".venv/node"], tmp_path, environment())
    command = tmp_path / ".venv" / "bin" / "evi-emulator"
    assert run([command, "--version"], tmp_path, environment()).startswith("evi-emulator ")
