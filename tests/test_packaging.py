"""The wheel: all that is needed is inside, and works far from the checkout."""

import json
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import emulator
from emulator import __version__

ROOT = Path(emulator.__file__).parent.parent
NODE = ROOT / "clients" / "node"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
        timeout=300,
    )
    [path] = folder.glob("*.whl")
    return path


@pytest.mark.process
def test_the_wheel_holds_what_is_served(wheel: Path) -> None:
    """Document, seeds and types are inside; tests, benchmarks and docs are not."""
    names = set(zipfile.ZipFile(wheel).namelist())

    for name in (
        "emulator/py.typed",
        "emulator/apis/voices/openapi.yaml",
        "emulator/web/control/openapi.json",
        "emulator/apis/evi/control/openapi.json",
        "emulator/extras/wiremock/openapi.json",
        "emulator/world/seed_schema.yaml",
        "emulator/cli/node/preload.cjs",
        "emulator/cli/node/redirect.cjs",
        "emulator/cli/python/sitecustomize.py",
        "emulator/redirection/startup.py",
        "emulator/web/inspector/page/index.html",
        "emulator/web/inspector/page/app.js",
        "emulator/web/inspector/page/style.css",
        "emulator/web/inspector/page/icon.svg",
        "emulator/bundled/openapi.yaml",
        "emulator/bundled/openapi.json",
        "emulator/bundled/fixtures/demo.yaml",
        "emulator/bundled/fixtures/demo.json",
        "emulator/bundled/fixtures/empty.yaml",
        "emulator/bundled/fixtures/voices.json",
        "emulator/bundled/fixtures/scripts/weather.yaml",
        "emulator/bundled/fixtures/scripts/weather.json",
    ):
        assert name in names
    assert {name.split("/")[0] for name in names} == {
        "emulator",
        f"evi_emulator-{__version__}.dist-info",
    }


@pytest.mark.process
def test_the_wheel_works_far_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Installed elsewhere, it checks its seed and lists its operations from its own files."""
    home = tmp_path / "venv"
    venv.create(home, system_site_packages=True, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    site = next((home / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    # The libraries come from the environment of the tests, the package from the wheel.
    (site / "libraries.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages"))
    )

    def output(*arguments: str) -> str:
        command = [str(python), *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    where = output("-c", "import emulator; print(emulator.__file__)")
    assert where.startswith(str(site))
    served = "from emulator.server import new_app; app = new_app(); print(app.document.path)"
    assert output("-c", served).startswith(str(site))
    assert "12 chats" in output("-m", "emulator", "seed", "check", "demo")
    assert "35 implemented" in output("-m", "emulator", "operations")
    simulated = (
        "from emulator import Emulator\n"
        "with Emulator() as server:\n"
        "    print(server.world().simulate(script='weather').status)"
    )
    assert output("-c", simulated).strip() == "USER_ENDED"


def test_the_changelog_knows_the_version() -> None:
    """Its newest version is the package's; what comes next stands above it."""
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:2] == ["Unreleased", __version__]


def test_the_package_for_node_has_the_version_and_the_licence() -> None:
    """npm reads both from a file of its own."""
    described = json.loads((NODE / "package.json").read_text())
    assert (described["version"], described["license"]) == (__version__, "MIT")
    assert (NODE / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_examples_in_the_docs_show_the_version() -> None:
    """A version of the emulator that a page shows is the package's."""
    pages = "\n".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    assert set(re.findall(r'"emulator_version": "([^"]+)"', pages)) == {__version__}


def test_the_metadata_names_the_licence_and_the_oldest_python() -> None:
    """The licence is in `license` alone, as PEP 639 has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert f"Programming Language :: Python :: {oldest}" in project["classifiers"]
    assert not any(each.startswith("License ::") for each in project["classifiers"])
