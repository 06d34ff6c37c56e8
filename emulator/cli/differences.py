"""Prints the differences of `replay` and `diff`, without accepted ones."""

import argparse
import json
from collections.abc import Iterable, Sequence

from emulator.extras.recording.differences import Difference


def add_difference_flags(parser: argparse.ArgumentParser) -> None:
    """Add `--ignore` and `--format`."""
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="GLOB",
        help="differences to accept, by place ('/body/*/modified_on'), or by subject and place "
        "('create-config/status')",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default text)")


def not_ignored(differences: Iterable[Difference], globs: Sequence[str]) -> list[Difference]:
    """Return the differences that none of the globs accepts."""
    return [each for each in differences if not each.is_ignored(globs)]


def print_differences(
    differences: Sequence[Difference], name: str, format: str, notes: Sequence[str] = ()
) -> None:
    """Print a line for each difference and note, or one JSON object of all."""
    if format == "json":
        content = {
            "recording": name,
            "differences": [each.to_json() for each in differences],
            "notes": list(notes),
        }
        print(json.dumps(content, ensure_ascii=False, indent=2))
        return
    for each in differences:
        print(f"{name}:{each.line}: {each}" if each.line else f"{name}: {each}")
    for note in notes:
        print(f"note: {note}")
    print(f"{len(differences) or 'no'} difference{'' if len(differences) == 1 else 's'}")
