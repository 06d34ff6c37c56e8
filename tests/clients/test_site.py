"""The site of the docs: it builds, and works from a folder, without any other host."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Page, TimeoutError, sync_playwright

from scripts.docs_site import configuration, pages_of
from tests.contract.test_chat_react import CHROMIUM
from tests.docs.pages import ROOT

PYTHON = ROOT / ".docs" / "bin" / "python"
SITE = ROOT / "build" / "site"
BUILD = [str(PYTHON), "-m", "scripts.docs_site"]
PATIENCE_MS = 20_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not PYTHON.exists(), reason="run make test-clients: .docs is not there"),
]


@pytest.fixture(scope="module")
def site(testrun_uid: str) -> str:
    """Build the site as `make docs` does, once for all workers; return its address in a browser."""
    built = SITE.parent / "built-by"
    SITE.parent.mkdir(exist_ok=True)
    with FileLock(SITE.parent / "site.lock", timeout=240):
        if not built.exists() or built.read_text() != testrun_uid:
            done = subprocess.run(BUILD, cwd=ROOT, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stdout + done.stderr
            built.write_text(testrun_uid)
    return SITE.as_uri()


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Other addresses than files that pages have asked for, and mistakes in the console."""
    return []


@pytest.fixture(scope="module")
def page(asked: list[str]) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(str(error)))
        yield page
        browser.close()


def test_every_page_opens(site: str, page: Page, asked: list[str]) -> None:
    """With its heading, and with nothing from elsewhere."""
    for _, name in pages_of(configuration()["nav"]):
        html = "index.html" if name == "README.md" else name.replace(".md", ".html")
        page.goto(f"{site}/{html.replace('README', 'index')}")
        assert page.locator("h1").first.inner_text(), name
    assert [each for each in asked if not each.startswith("file:")] == []


def test_search(site: str, page: Page, asked: list[str]) -> None:
    """From a folder, where browsers give a page no workers."""
    page.goto(f"{site}/docs/faults.html")
    search = page.get_by_role("combobox", name="Search")
    for _ in range(100):  # the page listens for the key once its script has run
        page.keyboard.press("/")
        with suppress(TimeoutError):
            search.wait_for(timeout=200)
            break
    search.fill("replaces a credential")
    page.get_by_text("What is hidden").locator("visible=true").first.wait_for()
    assert [each for each in asked if not each.startswith("file:")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours(site: str, page: Page, scheme: str) -> None:
    """They are those of the system, until the reader chooses others."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{site}/index.html")
    shown = page.locator("body").get_attribute("data-md-color-scheme")
    assert shown == {"light": "default", "dark": "slate"}[scheme]


def test_texts_for_programs(site: str) -> None:
    """llms.txt leads to files in Markdown."""
    lines = (SITE / "llms.txt").read_text().splitlines()
    links = [line.partition("](")[2].partition(")")[0] for line in lines if line.startswith("- [")]
    assert len(links) > 40
    assert [link for link in links if not (SITE / link).is_file()] == []


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path) -> None:
    """So does an anchor; the place is told."""
    copy = tmp_path / "repository"
    shutil.copytree(ROOT / "docs", copy / "docs")
    for name in ("mkdocs.yml", "README.md", "ARCHITECTURE.md"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "scripts", copy / "scripts")
    page = copy / "docs" / "state.md"
    page.write_text(page.read_text() + "\n[x](nowhere.md) [y](testing.md#nowhere)\n")
    subprocess.run(["git", "init", "-q"], cwd=copy, check=True)
    done = subprocess.run(BUILD, cwd=copy, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "page does not exist" in done.stderr
    assert "docs/state.md" in done.stderr
    assert "anchor does not exist" in done.stderr
