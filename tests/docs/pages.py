"""The pages of the repository, and their code blocks."""

import re
from collections.abc import Iterator
from pathlib import Path

import emulator
from scripts.code_blocks import Block, code_blocks

ROOT = Path(emulator.__file__).parent.parent
_FOLDERS = ("docs", "examples", "benchmarks", "conformance", "clients", ".github")
_NOT_OURS = {"node_modules", "build", "dist"}


def _pages() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    for folder in _FOLDERS:
        for page in sorted((ROOT / folder).rglob("*.md")):
            if not _NOT_OURS & set(page.relative_to(ROOT).parts):
                yield page


PAGES = tuple(_pages())


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks_of(page: Path, *languages: str) -> list[Block]:
    """Return the blocks of a page in these languages; all if none is named."""
    return [each for each in code_blocks(page) if not languages or each.language in languages]


def with_blocks(*languages: str) -> list[Path]:
    """Return the pages that have a block in one of these languages."""
    return [page for page in PAGES if blocks_of(page, *languages)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, spelled as GitHub spells them."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
