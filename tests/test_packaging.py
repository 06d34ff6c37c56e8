"""The wheel: all that is needed is inside, and works far from the checkout."""

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import emulator
from emulator import __version__

ROOT = Path(emulator.__file__).parent.parent


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
    """The newest heading of the changelog is the package's version, or what comes next."""
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0].startswith(__version__)
