"""The pages about faults have every name that rules and --chaos know."""

import re
from pathlib import Path

import emulator
from emulator.faults.chaos import NAMES, SHORT, read_chaos
from emulator.faults.table import FIELDS, KINDS

ROOT = Path(emulator.__file__).parent.parent
PAGE = (ROOT / "docs" / "faults.md").read_text()
REFERENCE = (ROOT / "docs" / "reference" / "faults.md").read_text()


def test_every_field_is_named() -> None:
    """Fields to match by stand above their tables, options in a table of their own."""
    options = REFERENCE.partition("## Options")[2]
    matched_by = {field for kind in KINDS.values() for field in kind.matched_by}
    for field in FIELDS:
        assert f"`{field}`" in (REFERENCE if field in matched_by else options), field


def test_the_names_of_chaos() -> None:
    """Short forms and the beginnings of names are there; the example is read."""
    for name in SHORT:
        assert f"`{name}`" in REFERENCE
    for kind in {name.partition("_")[0] for name in NAMES}:
        assert f"`{kind}_`" in REFERENCE
    [example] = re.findall(r"--chaos (\S+)", PAGE)
    assert len(read_chaos(example)) == 3
