"""`make release` builds packages that pass its own checks, and says what is left to do by hand."""

import subprocess
from pathlib import Path

import pytest

from emulator.version import __version__
from scripts.installed import user_environment
from tests.clients.clients import RELEASE
from tests.clients.fresh import ROOT


@pytest.mark.process
def test_a_release_passes_its_checks(tmp_path: Path) -> None:
    """Each check says that it passed; nothing is written elsewhere."""
    if why := RELEASE.why_not():
        pytest.skip(why)
    done = subprocess.run(
        [RELEASE.environment / "bin" / "python", "-m", "scripts.release", "--out", tmp_path],
        cwd=ROOT,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for passed in (
        f"release: version {__version__}: all places agree",
        "release: the sdist builds the same wheel",
        "release: twine: the metadata is good",
        "release: the wheel installs without a warning",
        "release: every command shows its help",
        "Left to do by hand, in this order:",
    ):
        assert passed in done.stdout
    assert {path.name for path in tmp_path.iterdir()} >= {
        f"evi_emulator-{__version__}.tar.gz",
        f"evi_emulator-{__version__}-py3-none-any.whl",
    }
