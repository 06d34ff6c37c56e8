"""docs/protocol.md has the facts that the code refers to, and each reference leads to a section."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import emulator
from emulator.apis.evi.errors import CHAT_ERRORS
from tests.docs.pages import anchors

ROOT = Path(emulator.__file__).parent.parent
DOCS = ROOT / "docs"
PAGE = (DOCS / "protocol.md").read_text()
FOLDERS = ("emulator", "tests", "conformance", "docs", "scripts", "benchmarks", "examples")
REFERENCE = re.compile(r"docs/([\w/-]+)\.md(?:#([\w-]+))?")
MARKS = {"documented", "SDK", "example", "run", "reported", "inferred", "assumed", "Twilio"}


def sources() -> Iterator[Path]:
    """Return the Python files and pages of the repository, without installed packages."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".md") and "node_modules" not in path.parts:
                yield path
    yield from ROOT.glob("*.md")


def sections() -> dict[str, str]:
    """Return the text of each section of the page, by its heading."""
    _, *parts = PAGE.split("\n## ")
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


def test_no_reference_leads_out_of_the_repository() -> None:
    """Code, tests and pages name no notes that the repository does not have."""
    outside = re.compile("PROTO" + r"COL(?:\.md| \d)")
    found = [path for path in sources() if outside.search(path.read_text())]
    assert not found


def test_references_lead_to_a_section() -> None:
    """Each page of docs/ that a Python file names exists, and so does the named section."""
    named = [
        (path, page, anchor)
        for path in sources()
        if path.suffix == ".py"
        for page, anchor in REFERENCE.findall(path.read_text())
    ]
    assert len([page for _, page, _ in named if page == "protocol"]) > 30
    for path, page, anchor in named:
        assert (DOCS / f"{page}.md").exists(), f"{path} names docs/{page}.md"
        if anchor:
            assert anchor in anchors(DOCS / f"{page}.md"), f"{path} names docs/{page}.md#{anchor}"


@pytest.mark.parametrize("heading", sections())
def test_facts_have_evidence(heading: str) -> None:
    """Each numbered fact, and each row with an evidence column, has a mark of the page's table."""
    text = re.sub(r"`[^`]*`", "", sections()[heading])
    facts = re.split(r"^(?=\d+\. |\| )", text, flags=re.MULTILINE)[1:]
    for fact in facts:
        if not re.match(r"\| (---|.*\| evidence \|)", fact):
            marks = re.findall(r"\[([^\]]+)\](?!\((?!fidelity))", fact)
            assert marks, fact
            assert {re.split(r"[,\s]", mark)[0] for mark in marks} <= MARKS
    assert facts


def test_page_has_every_error_code_of_the_service() -> None:
    """Each error frame that isn't the emulator's own has a row."""
    for error in CHAT_ERRORS.values():
        if not error.code.startswith("EMU"):
            assert f"| `{error.code}` |" in PAGE
