"""The site has every page, and each page says at its beginning what it is."""

from pathlib import Path

import pytest

from scripts.docs_site import configuration, llms_text, opening_of, pages_of, targets, title_of
from tests.docs.pages import PAGES, ROOT, name_of

# What only the repository needs, not the site's readers.
_NOT_IN_THE_SITE: set[str] = set()


def test_every_page_is_in_the_navigation_once() -> None:
    listed = [name for _, name in pages_of(configuration()["nav"])]
    assert sorted(listed) == sorted({name_of(page) for page in PAGES} - _NOT_IN_THE_SITE)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_begins_with_its_title_and_a_sentence(page: Path) -> None:
    """llms.txt shows both."""
    text = page.read_text()
    assert title_of(text)
    assert len(opening_of(text).split()) > 3, opening_of(text)


def test_llms_text() -> None:
    """It has a section for each part of the navigation, and a line for each page."""
    content = configuration()
    text = llms_text(content)
    assert text.startswith("# evi-emulator\n\n> A local emulator")
    assert text.count("\n## ") == len(content["nav"])
    assert text.count("\n- [") == len(list(pages_of(content["nav"])))


def test_what_a_page_leads_to_is_staged() -> None:
    """Files beside the pages, too: pictures and examples."""
    found = {str(path.relative_to(ROOT)) for page in PAGES for path in targets(page)}
    assert {"docs/images/inspector-dark.png", "openapi.yaml", "docs/testing.md"} <= found


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 80


def test_the_site_asks_no_other_host() -> None:
    """Neither for fonts, nor for scripts; the generator's own script of the search is replaced."""
    content = configuration()
    assert content["theme"]["font"] is False
    assert [each["path"] for each in content["extra"]["polyfills"]] == [
        "docs/site/iframe-worker.js"
    ]
    assert "http" not in (ROOT / "docs/site/iframe-worker.js").read_text()
