"""The docs say what there is, and what they show runs."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import emulator
from emulator.apis.evi.chat.script import SCRIPTED_ERRORS
from emulator.apis.evi.chat.script_file import EndReason
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.extras.wiremock.pattern import FIELDS
from emulator.extras.wiremock.values import MODIFIERS, OPERATORS
from emulator.faults.table import KINDS
from emulator.server import Server
from emulator.settings import Settings
from emulator.testing.world import Evi
from tests.served import SEEDS

ROOT = Path(emulator.__file__).parent.parent
README = (ROOT / "README.md").read_text()
PICTURE = re.compile(r'(?:src|srcset)="([^"]+\.png)"')


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


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
    page = (ROOT / "docs" / "scripts.md").read_text()
    for name in (*get_args(EndReason), *SCRIPTED_ERRORS):
        assert f"`{name}`" in page


def test_readme_starts_with_a_command() -> None:
    """The first command stands on the first 15 lines."""
    assert any(line.startswith("    make serve") for line in README.splitlines()[:15])


def test_readme_example_runs(server: Server) -> None:
    """The first Python example does what it shows."""
    example = blocks(README, "python")[0]
    printed: list[object] = []
    names: dict[str, Any] = {"print": lambda *values: printed.append(values)}

    exec(example.replace("http://127.0.0.1:8484", server.url), names)
    names["client"]._client_wrapper.httpx_client.httpx_client.close()

    assert len(printed) == 12


def test_readme_test_passes(evi: Evi) -> None:
    """The test that the README shows is one, and passes."""
    namespace: dict[str, Any] = {}
    exec(blocks(README, "python")[1], namespace)
    namespace["test_my_app"](evi)


def test_speech_test_passes(evi: Evi) -> None:
    """The test of what an app says passes, if the app says it."""
    pytest.importorskip("hume")
    namespace: dict[str, Any] = {}
    *_, example = blocks((ROOT / "docs" / "text-to-speech.md").read_text(), "python")
    exec(example, namespace)
    namespace["test_the_app_greets"](evi)


def test_seed_example_loads(tmp_path: Path) -> None:
    """The seed that the docs show is one."""
    [example] = blocks((ROOT / "docs" / "seeds.md").read_text(), "yaml")
    path = tmp_path / "mine.yaml"
    path.write_text(example)

    store = SEEDS.load(str(path), Settings())

    assert SEEDS.summary(store) == (
        "1 configs, 1 prompts, 0 tools, 1 chats, 1 chat groups, 1 custom voices, 1 generations, "
        "0 sounds"
    )
    assert yaml.safe_load(example)["chat_groups"][0]["chats"][0]["status"] == "USER_ENDED"


@pytest.mark.parametrize(
    "page", [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links lead to files of the repository."""
    for link in re.findall(r"\]\(([^)#]+?)\)", page.read_text()):
        assert link.startswith("http") or (page.parent / link).exists(), link


def test_wiremock_page_has_every_field_and_operator() -> None:
    """Each part of a pattern is named."""
    page = (ROOT / "docs" / "wiremock.md").read_text()
    for name in (*FIELDS, *OPERATORS, *MODIFIERS):
        assert f"`{name}`" in page


def test_pictures_are_there_and_small() -> None:
    """Each picture of a page exists, and loads fast."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    found = [page.parent / name for page in pages for name in PICTURE.findall(page.read_text())]
    assert len(found) >= 4
    for picture in found:
        assert picture.stat().st_size < 300_000


def test_inspector_page_has_every_view_and_key() -> None:
    """The manual's table has each view of the page, and each key of its list."""
    page = (ROOT / "docs" / "inspector.md").read_text()
    folder = ROOT / "emulator/web/inspector/page"
    modules = [*folder.glob("*.js"), *(ROOT / "emulator/apis").glob("*/inspector/*.js")]
    titles = re.findall(r'title: "(\w+)", show', "".join(f.read_text() for f in modules))
    assert len(titles) == 8
    for title in titles:
        assert f"| **{title}** |" in page
    for key in re.findall(r"<kbd>(.*?)</kbd>", (folder / "index.html").read_text()):
        assert f"`{key}`" in page
