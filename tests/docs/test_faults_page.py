"""docs/faults.md has every fault and every name that rules know."""

import re
from pathlib import Path

import pytest

import emulator
from emulator.faults.chaos import NAMES, SHORT, read_chaos
from emulator.faults.table import KINDS

ROOT = Path(emulator.__file__).parent.parent
PAGE = (ROOT / "docs" / "faults.md").read_text()


@pytest.mark.parametrize("kind", ["http", "socket", "model", "call"])
def test_every_fault_has_its_row(kind: str) -> None:
    """With what the table says that it does, and its options."""
    for name, fault in KINDS[kind].faults.items():
        rows = [row for row in PAGE.splitlines() if row.startswith(f"| `{name}` | {fault.does} |")]
        assert rows, name
        for option in fault.options:
            assert any(f"`{option}`" in row for row in rows), (name, option)


def test_every_field_to_match_by_is_named() -> None:
    """In the sentence above the table of its kind."""
    for kind in ("http", "socket", "model", "call"):
        for field in KINDS[kind].matched_by:
            assert f"`{field}`" in PAGE


def test_the_names_of_chaos() -> None:
    """Those that are shorter than their rule are named; the example is read."""
    for name in SHORT:
        assert f"`{name}`" in PAGE or f"`{name.partition('_')[0]}_" in PAGE
    [example] = re.findall(r"--chaos (\S+)", PAGE)
    assert len(read_chaos(example)) == 3
    assert {name.partition("_")[0] for name in NAMES} == {"http", "ws", "webhook", "model", "call"}
