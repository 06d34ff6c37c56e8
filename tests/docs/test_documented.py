"""The docs say what there is, and what they show runs."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from emulator.apis.evi.chat.script import SCRIPTED_ERRORS
from emulator.apis.evi.chat.script_file import EndReason
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.extras.wiremock.pattern import FIELDS
from emulator.extras.wiremock.values import MODIFIERS, OPERATORS
from emulator.faults.table import KINDS
from emulator.settings import Settings
from tests.docs.pages import PAGES, ROOT, anchors, blocks_of, name_of
from tests.served import SEEDS

FENCED = re.compile(r"^ *(```+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")
PICTURE = re.compile(r'(?:src|srcset)="([^"]+\.png)"')


def test_chat_page_has_every_error() -> None:
    """Each error frame's row has its code, its slug, and whether it ends the chat."""
    page = (ROOT / "docs" / "chat.md").read_text()
    for error in CHAT_ERRORS.values():
        ends = "yes" if error.ends else "no"
        assert f"| `{error.code}` | `{error.slug}` | {ends} |" in page
    assert page.count("\n| `E") + page.count("\n| `I") == len(CHAT_ERRORS)


def test_webhooks_page_has_every_fault() -> None:
    """Each fault's row begins with what the table says that it does."""
    page = (ROOT / "docs" / "webhooks.md").read_text()
    for name, fault in KINDS["webhook"].faults.items():
        assert f"| `{name}` | {fault.does.replace('delay_ms', '`delay_ms`')}" in page


def test_scripts_page_has_every_end_and_error() -> None:
    """Each way to end, and each error that a script can send, is named."""
    page = (ROOT / "docs" / "reference" / "scripts.md").read_text()
    for name in (*get_args(EndReason), *SCRIPTED_ERRORS):
        assert f"`{name}`" in page


def test_the_seed_of_the_page_holds_what_it_shows(tmp_path: Path) -> None:
    [example] = blocks_of(ROOT / "docs" / "seeds.md", "yaml")
    path = tmp_path / "mine.yaml"
    path.write_text(example.text)

    store = SEEDS.load(str(path), Settings())

    assert SEEDS.summary(store) == (
        "1 configs, 1 prompts, 0 tools, 1 chats, 1 chat groups, 1 custom voices, 1 generations, "
        "0 sounds, 1 expression runs"
    )
    assert yaml.safe_load(example.text)["chat_groups"][0]["chats"][0]["status"] == "USER_ENDED"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links lead to files of the repository, and with an anchor to a heading."""
    for link, anchor in LINK.findall(FENCED.sub("", page.read_text())):
        if not link.startswith(("http:", "https:", "mailto:")):
            target = page.parent / link if link else page
            assert target.is_file(), link
            assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


def test_wiremock_page_has_every_field_and_operator() -> None:
    """Each part of a pattern is named."""
    page = (ROOT / "docs" / "wiremock.md").read_text()
    for name in (*FIELDS, *OPERATORS, *MODIFIERS):
        assert f"`{name}`" in page


def test_pictures_are_there_and_small() -> None:
    """Each picture of a page exists, and loads fast."""
    found = [page.parent / name for page in PAGES for name in PICTURE.findall(page.read_text())]
    assert len(found) >= 4
    for picture in found:
        assert picture.stat().st_size < 300_000


def test_inspector_page_has_every_view_and_key() -> None:
    """The manual's table has each view of the page, and each key of its list."""
    page = (ROOT / "docs" / "inspector.md").read_text()
    folder = ROOT / "emulator/web/inspector/page"
    modules = [*folder.glob("*.js"), *(ROOT / "emulator/apis").glob("*/inspector/*.js")]
    titles = re.findall(r'title: "(\w+)", show', "".join(f.read_text() for f in modules))
    assert len(titles) == 9
    for title in titles:
        assert f"| **{title}** |" in page
    for key in re.findall(r"<kbd>(.*?)</kbd>", (folder / "index.html").read_text()):
        assert f"`{key}`" in page
