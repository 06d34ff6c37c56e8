"""What `replay` and `diff` have in common: telling differences, and ignoring accepted ones."""

import argparse
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.extras.recording.differences import Difference


def add_format_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="GLOB",
        help="differences to accept, by place ('/body/*/modified_on'), or by subject and place "
        "('create-config/status')",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default text)")


def ignored(differences: Iterable["Difference"], globs: Sequence[str]) -> list["Difference"]:
    """The differences without those that are accepted."""
    return [each for each in differences if not each.is_ignored(globs)]


def tell(
    differences: Sequence["Difference"], name: str, format: str, notes: Sequence[str] = ()
) -> None:
    """Print them: a line for each, or one JSON object."""
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
