"""The checks of `make release` find what they look for. All of it runs in `make test-clients`."""

import pytest

from emulator.version import __version__
from scripts.installed import runnable, shell_lines, user_environment
from scripts.quiet import complaints
from scripts.release import check_versions
from tests.clients.fresh import ROOT

README = (ROOT / "README.md").read_text()


def test_all_places_have_the_version() -> None:
    """The version of the package."""
    assert check_versions() == __version__


def test_the_commands_of_the_readme_are_found() -> None:
    """Those that need only the package can be run."""
    can_run = [words for line in shell_lines(README) if (words := runnable(line, "9"))]
    assert [words[0] for words in can_run if words[0] == "curl"]
    assert [words[1] for words in can_run if words[0] == "evi-emulator"]


PAGE = """
    $ evi-emulator serve  # until Ctrl-C

```sh
npm test
```

```python
    evi = 1
```
"""


def test_commands_of_a_page() -> None:
    """Without prompts and comments, and without other languages."""
    assert shell_lines(PAGE) == ["npm test", "evi-emulator serve"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("make serve", None),
        ("evi-emulator serve", None),
        ("evi-emulator trigger EVENT --to http://x", None),
        ("evi-emulator seed check demo", ["evi-emulator", "seed", "check", "demo"]),
        (
            "evi-emulator tail",
            ["evi-emulator", "tail", "--url", "http://127.0.0.1:9", "--no-follow"],
        ),
        (
            "curl -s http://127.0.0.1:8484/x",
            ["curl", "--fail", "--silent", "--show-error", "-s", "http://127.0.0.1:9/x"],
        ),
    ],
)
def test_what_can_be_run(line: str, words: list[str] | None) -> None:
    """The port is another one; names in capitals stand for what only the user has."""
    assert runnable(line, "9") == words


def test_exec_runs_a_client() -> None:
    """In place of the command that is not installed there."""
    words = runnable("evi-emulator exec --strict -- npm test", "9")
    assert words is not None
    assert words[:6] == ["evi-emulator", "exec", "--strict", "--", "python", "-c"]


@pytest.mark.parametrize(
    ("line", "complains"),
    [
        ("WARNING: Running pip as the 'root' user can result in broken permissions", True),
        ("npm warn deprecated inflight@1.0.6: This module is not supported", True),
        ("  DEPRECATION: Building 'x' using the legacy setup.py", True),
        ("WARNING: Location 'file:///x/' is ignored: it is neither a file nor a directory.", False),
        ("Successfully installed warnings-filter-1.0 evi-emulator-0.2.0", False),
    ],
)
def test_complaints(line: str, complains: bool) -> None:
    """Warnings of installers are found, and those about the machine's indexes left out."""
    assert complaints(f"Collecting x\n{line}\n") == ([line] if complains else [])


def test_a_users_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has nothing of the environment in which the tests run."""
    monkeypatch.setenv("EVI_EMULATOR_PORT", "1")
    monkeypatch.setenv("PYTHONPATH", "/x")
    found = user_environment(ROOT, X="y")
    assert found["PATH"].startswith(f"{ROOT}:")
    assert ".venv" not in found["PATH"]
    assert found["X"] == "y"
    assert not found.keys() & {"EVI_EMULATOR_PORT", "PYTHONPATH"}
