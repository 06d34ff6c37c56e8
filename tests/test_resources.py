"""Reading data files: what a YAML file may not do to who reads it."""

from pathlib import Path

import pytest

from emulator.resources import read_data
from emulator.source_files import UnreadableError, read_source_file

TENFOLD = "\n".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "\n".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 10)}]}}"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        f"a: &a [x]\n{TENFOLD}",
        f"a: &a {{x: y}}\n{MERGED}",
        f"a: &a {'x' * 1_000_000}\nb: [{', '.join(['*a'] * 100)}]",
    ],
    ids=["lists", "merged", "text"],
)
def test_aliases_make_no_more_than_so_much(tmp_path: Path, text: str) -> None:
    """A few lines would otherwise fill the memory."""
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="its aliases"):
        read_data(path)
    with pytest.raises(UnreadableError, match="seed.yaml: its aliases"):
        read_source_file(path)


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: {c: *a}}"])
def test_an_alias_does_not_stand_in_itself(tmp_path: Path, text: str) -> None:
    """Written out, that would have no end."""
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="contains itself"):
        read_data(path)


def test_aliases_and_merges_are_read(tmp_path: Path) -> None:
    """Those that people write, and an empty file."""
    path = tmp_path / "seed.yaml"
    path.write_text("a: &a {x: [1, '*']}\nb: *a\nc: {<<: *a, y: 2}\n")
    a = {"x": [1, "*"]}
    assert read_data(path) == {"a": a, "b": a, "c": {**a, "y": 2}}
    path.write_text("# *nothing\n")
    assert read_data(path) is None
