"""Every code block of every page is run, or checked by what it is for."""

import ast
import asyncio
import gc
import inspect
import json
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator import Emulator
from emulator.apis.evi.chat.script_file import ScriptFile, load_script
from emulator.cli.main import COMMANDS
from emulator.server import Server
from emulator.settings import Settings
from emulator.testing.world import Evi
from scripts.code_blocks import INDENTED, Block
from tests.docs.commands import DEFAULT, Shell
from tests.docs.pages import PAGES, ROOT, blocks_of, name_of, with_blocks
from tests.docs.shell import console_lines, lines
from tests.docs.stand_ins import STAND_INS, nothing
from tests.served import SEEDS

SHELL, CONSOLE, PYTHON = ("sh", "bash"), ("console",), ("python",)
DATA = ("yaml", "json", "toml")
SCRIPT = ("js", "mjs", "jsx", "ts", "tsx", "html")  # tests/node_kit/test_docs.py runs them
CONFIGURATION = ("haproxy", "dockerfile")
TEXT = ("text",)
KNOWN = (*SHELL, *CONSOLE, *PYTHON, *DATA, *SCRIPT, *CONFIGURATION, *TEXT)

# By page: who checks its blocks of text, which no program reads.
TEXTS: Mapping[str, str] = {
    "ARCHITECTURE.md": "tests/docs/test_architecture_page.py",
    "docs/clm-check.md": "tests/docs/test_shown_text.py",
    "docs/recording.md": "tests/docs/test_shown_text.py",
    "docs/reference/commands.md": "tests/docs/test_reference_pages.py",
    "docs/testing.md": "tests/docs/test_shown_text.py",
}


# By page: how blocks begin that another test runs, since each imports a framework.
FRAMEWORKS: Mapping[str, str] = {"docs/webhooks.md": r"# \w+\.py\n"}  # test_webhooks_page.py


def place(block: Block) -> str:
    return f"{name_of(block.page)}:{block.line}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_is_of_a_kind_that_nothing_checks(page: Path) -> None:
    """Each has a language that a test here knows; a text has a test of its own."""
    for block in blocks_of(page):
        assert block.language != INDENTED, f"{place(block)}: write it between fences"
        assert block.language in KNOWN, f"{place(block)}: nothing checks {block.language!r}"
        if block.title:  # which not every reader of the page shows
            assert f"`{block.title}`" in block.before, place(block)
        if block.language in TEXT:
            assert (ROOT / TEXTS[name_of(page)]).is_file()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Hume's client uses
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # examples don't close it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("page", with_blocks(*PYTHON), ids=name_of)
def test_python(
    page: Path, evi: Evi, evi_server: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page run in order, and the tests in them pass."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    stand_ins = STAND_INS.get(name_of(page), nothing)
    with stand_ins(evi, evi_server) as names:
        shared = {"evi": evi, "print": lambda *values: None, **names}
        for block in blocks_of(page, *PYTHON):
            if re.match(FRAMEWORKS.get(name_of(page), "$"), block.text):
                continue
            text = block.text.replace(DEFAULT, evi.url)
            for old, new in names.items():
                text = text.replace(old, new) if old.startswith("http") else text
            if block.title:
                (tmp_path / block.title).write_text(text)
            if block.title == "suite.py":
                for name, value in evi.env.items():
                    monkeypatch.setenv(name, value)
            fixtures = {"evi": evi, "evi_server": evi_server, **names}
            _run(text, place(block), shared, fixtures)
        shared.clear()  # its functions hold it, and so the clients in it
    gc.collect()  # what Hume's client leaves open, while it is ignored
    for name in [each for each, module in sys.modules.items() if _is_in(module, tmp_path)]:
        del sys.modules[name]


def _is_in(module: Any, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(folder)


def _run(text: str, name: str, names: dict[str, Any], fixtures: dict[str, Any]) -> None:
    """Run a block, which may await, then the tests in it; start the world over after each."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    before = set(names)
    code = compile(text, name, "exec", flags=flags, dont_inherit=True)
    awaited = eval(code, names)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(awaited)
    for each in [each for each in names if each.startswith("test_") and each not in before]:
        test = names[each]
        marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "evi"]
        world = fixtures["evi_server"].world(**marks[0].kwargs) if marks else fixtures["evi"]
        given = {**fixtures, "evi": world}
        test(*(given[argument] for argument in inspect.signature(test).parameters))
        world.reset()
        world.contract.clear()


@pytest.mark.parametrize("page", with_blocks(*SHELL, *CONSOLE), ids=name_of)
def test_shell(
    page: Path, server: Server, api_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs understand their commands; the cheap ones run, and print what the page shows."""
    monkeypatch.chdir(tmp_path)
    titles = {block.title for block in blocks_of(page) if block.title}
    shell = Shell(server.url, api_key, tmp_path, page, titles)
    for block in blocks_of(page, *SHELL, *CONSOLE):
        if block.title:
            continue  # a script: `follow_docs` runs it
        for line in (lines if block.language in SHELL else console_lines)(block.text):
            for command in line.commands():
                try:
                    printed = shell.take(command)
                except AssertionError as error:
                    raise AssertionError(f"{place(block)}: {line.text}: {error}") from error
                if line.expected:
                    assert printed is not None, f"{place(block)}: {line.text} is not run"
                    assert re.fullmatch(_pattern(line.expected), printed.strip()), printed


def _pattern(shown: str) -> str:
    """Return the pattern of a shown output, where `...` stands for anything."""
    return ".*?".join(map(re.escape, shown.split("..."))).replace("\n", r"\s*\n")


@pytest.mark.parametrize("page", with_blocks(*DATA), ids=name_of)
def test_data(page: Path, tmp_path: Path) -> None:
    """Files can be read; scripts and seeds are loaded, and commands of workflows understood."""
    for block in blocks_of(page, *DATA):
        if block.language == "json":
            json.loads(block.text)
        elif block.language == "toml":
            tomllib.loads(block.text)
        else:
            _check_yaml(block, yaml.safe_load(block.text), tmp_path)


def _check_yaml(block: Block, content: Any, folder: Path) -> None:
    if isinstance(content, dict) and content.keys() <= ScriptFile.model_fields.keys():
        for sound in content.get("sounds", ()):  # whose files the page does not have
            sound["data"] = sound.pop("file") and "UklGRg=="
        content.pop("sounds", None)
        load_script(content, place(block))
    elif isinstance(content, dict) and "chat_groups" in content:
        path = folder / "seed.yaml"
        path.write_text(block.text)
        SEEDS.load(str(path), Settings())
    else:
        shell = Shell(DEFAULT, "any", folder, block.page)
        for command in _runs(content):
            for line in lines(command):
                for each in line.commands():
                    shell.take(each)


def _runs(content: Any) -> list[str]:
    """Return the commands of a workflow's steps."""
    if isinstance(content, list):
        return [text for each in content for text in _runs(each)]
    if isinstance(content, dict):
        own = [content["run"]] if isinstance(content.get("run"), str) else []
        return own + [text for key, each in content.items() if key != "run" for text in _runs(each)]
    return []


@pytest.mark.parametrize("page", with_blocks(*CONFIGURATION), ids=name_of)
def test_configuration(page: Path) -> None:
    """Lines of a configuration stand in the file that the repository has."""
    files = {"haproxy": ROOT / "examples/scaling/haproxy.cfg", "dockerfile": ROOT / "Dockerfile"}
    for block in blocks_of(page, *CONFIGURATION):
        there = {line.strip() for line in files[block.language].read_text().splitlines()}
        assert {line.strip() for line in block.text.splitlines()} <= there, place(block)


def test_every_command_is_shown_somewhere() -> None:
    """Each command of the emulator is in a block of a page that is not generated."""
    shown = "".join(
        block.text
        for page in PAGES
        for block in blocks_of(page, *SHELL, *CONSOLE)
        if name_of(page) != "docs/reference/commands.md"
    )
    assert [each for each in COMMANDS if f"evi-emulator {each}" not in shown] == []


def test_output_is_compared() -> None:
    assert re.fullmatch(_pattern('{"id":"...","n":1}'), '{"id":"abc","n":1}')
    assert not re.fullmatch(_pattern('{"id":"...","n":1}'), '{"id":"abc","n":2}')
