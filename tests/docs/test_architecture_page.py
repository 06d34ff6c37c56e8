"""ARCHITECTURE.md names files that are there, and names those that a change needs."""

import re
from pathlib import Path

import pytest

import emulator
from emulator.apis.apis import APIS

PACKAGE = Path(emulator.__file__).parent
ROOT = PACKAGE.parent
PAGE = (ROOT / "ARCHITECTURE.md").read_text()
CHANGES = PAGE.partition("## To change this")[2].partition("\n## ")[0]
ROWS = [line.split(" | ") for line in CHANGES.splitlines() if line.startswith("| ")][1:]
FILE = re.compile(r"`((?:emulator|tests|docs|conformance|scripts)/[\w./]+|openapi\.yaml)`")


def test_there_are_twelve_changes() -> None:
    """At least."""
    assert len(ROWS) >= 12


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("| "))
def test_the_files_of_a_change_exist(row: list[str]) -> None:
    """Each row names one at least."""
    files = FILE.findall(row[1])
    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []


def drawn(section: str) -> list[str]:
    """The modules that a diagram names by room and module, such as web/dispatch."""
    text = PAGE.partition(f"## {section}")[2].partition("\n## ")[0]
    rooms = "web|world|apis|openapi|sockets|outgoing|faults"
    return re.findall(rf"(?<![\w/])((?:{rooms})/[\w/*]+)", text.split("```")[1])


@pytest.mark.parametrize("section", ["A request", "A socket", "A world"])
def test_diagrams_name_what_exists(section: str) -> None:
    """A module or a folder, in one API at least where a * stands for any."""
    names = drawn(section)
    assert len(names) > 4
    for name in names:
        folders = [name.replace("*", api.name, 1) for api in APIS] if "/*/" in name else [name]
        found = [each.removesuffix("/*") for each in folders]
        assert any(
            (PACKAGE / each).is_dir() or (PACKAGE / f"{each}.py").is_file() for each in found
        ), name


def test_the_diagram_of_a_phone_call_names_what_exists() -> None:
    """Its rows begin with modules of one room, some with the room's name."""
    text = PAGE.partition("## A phone call")[2].split("```")[1]
    rows = re.findall(r"^ *((?:twilio/)?\w+(?:, \w+)*) {2,}", text, re.MULTILINE)
    names = [name.removeprefix("twilio/") for row in rows for name in row.split(", ")]
    assert len(names) > 6
    assert [each for each in names if not (PACKAGE / "twilio" / f"{each}.py").is_file()] == []
