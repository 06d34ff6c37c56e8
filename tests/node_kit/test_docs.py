"""The blocks of JavaScript and TypeScript on the pages can be parsed, and import what there is."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.code_blocks import Block
from tests.docs.pages import PAGES, ROOT, blocks_of, name_of

KIT = ROOT / "clients" / "node"
TSC = KIT / "node_modules" / ".bin" / "tsc"
LANGUAGES = ("js", "mjs", "jsx", "ts", "tsx")
OPTIONS = "--noEmit --noCheck --allowJs --jsx preserve --module esnext --target esnext"
GENERATED = "docs/node-reference.md"  # from declarations and comments of the source
IMPORT = re.compile(r'import (?:\w+, )?\{([^}]*)\} from "(evi-emulator[\w/-]*)"')


def scripts() -> Iterator[tuple[Block, str]]:
    """Yield each block with its text; of a page in HTML the script."""
    for page in (each for each in PAGES if name_of(each) != GENERATED):
        for block in blocks_of(page, *LANGUAGES, "html"):
            if block.language != "html":
                yield block, block.text
            for text in re.findall(r"<script[^>]*>(.*?)</script>", block.text, re.DOTALL):
                yield block, text


@pytest.mark.process
@pytest.mark.skipif(not TSC.is_file(), reason="run make node-kit: clients/node/node_modules")
def test_the_blocks_can_be_parsed(tmp_path: Path) -> None:
    """By TypeScript's compiler, which says where a block has a mistake of syntax."""
    names = {}
    for number, (block, text) in enumerate(scripts()):
        ending = "js" if block.language == "html" else block.language
        name = f"block{number}.{ending}"
        names[name] = f"{name_of(block.page)}:{block.line}"
        (tmp_path / name).write_text(text)
    assert len(names) > 20
    command = [str(TSC), *OPTIONS.split(), *names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    mistakes = [
        f"{names[name]}: {rest}"
        for name, rest in re.findall(r"^(block\d+\.\w+)(.*)$", done.stdout, re.MULTILINE)
    ]
    assert mistakes == []
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_import_what_the_package_exports() -> None:
    """Each name that a block imports from the package is exported by the source of that entry."""
    entries = json.loads((KIT / "package.json").read_text())["exports"]
    for block, text in scripts():
        for imported, package in IMPORT.findall(text):
            entry = "." + package.removeprefix("evi-emulator")
            assert entry in entries, f"{name_of(block.page)}:{block.line}: {package}"
            source = KIT / "src" / ("index.ts" if entry == "." else f"{entry[2:]}.ts")
            exported = source.read_text()
            for name in re.findall(r"(?:type )?(\w+)(?: as \w+)?", imported):
                assert name in ("as", "type") or re.search(rf"\b{name}\b", exported), name
