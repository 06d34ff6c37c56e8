"""The example of a Next.js app: its own tests, and that its package is what its page says."""

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.shell import run_here
from tests.clients.clients import NEXTJS
from tests.contract.test_chat_react import CHROMIUM
from tests.node_kit.kit import COMMAND, ROOT, command, free_port, run

EXAMPLE = ROOT / "examples" / "nextjs"
TIMEOUT_S = 400  # a busy machine compiles it in two minutes
FORGOTTEN = ("app", "tests", ".next")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture
def project() -> Path:
    """The environment with the example in it, since Next.js takes no packages from elsewhere."""
    if why := NEXTJS.why_not():
        pytest.skip(why)
    for name in FORGOTTEN:
        shutil.rmtree(NEXTJS.environment / name, ignore_errors=True)
    theirs = shutil.ignore_patterns("node_modules", ".next", "package.json")
    shutil.copytree(EXAMPLE, NEXTJS.environment, dirs_exist_ok=True, ignore=theirs)
    return NEXTJS.environment


def test_its_tests_pass(project: Path) -> None:
    """By `npm test`, as its page says: Vitest, the build with its types, Playwright.

    The app that this has built then runs without any test's help.
    """
    variables = {
        COMMAND: command(),
        "CHROMIUM": str(CHROMIUM),
        "NEXT_TELEMETRY_DISABLED": "1",
        "PORT": str(free_port()),
    }
    done = run(["npm", "test"], project, variables, TIMEOUT_S)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert re.search(r"Tests +4 passed", output)
    assert "2 passed" in output
    check_unchanged(project)


def check_unchanged(project: Path) -> None:
    """Run the app that was built as it is, with a browser, by `exec --intercept`."""
    program = str(Path(__file__).with_name("unchanged_page.mjs"))
    done = run_here(
        *("exec", "--intercept", "--pace", "4", "--fail-on", "error", "--"),
        *("node", program, str(project), str(free_port()), str(CHROMIUM)),
        HUME_SECRET_KEY="any",
        NEXT_TELEMETRY_DISABLED="1",
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"redirected from the service: Node 1, the proxy \d+\n", done.stderr)
