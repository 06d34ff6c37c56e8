"""Writes the generated parts of the reference pages: tables that follow the code.

Between the words of a page lie its regions: each begins with `<!-- NAME: made by ... -->` and ends
with `<!-- end of NAME -->`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from scripts import reference_commands, reference_scripts, reference_seed, reference_tables

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

# Each generated page, and what makes each of its regions.
PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "settings.md": {
        "settings": reference_tables.settings,
        "whose": reference_tables.whose_settings,
    },
    "reference/commands.md": {"commands": reference_commands.commands},
    "reference/faults.md": {
        kind: lambda kind=kind: reference_tables.faults(kind)  # type: ignore[misc]
        for kind in reference_tables.FAULT_KINDS
    },
    "reference/findings.md": {
        "findings": reference_tables.findings,
        "hints": reference_tables.hints,
        "coverage": reference_tables.coverage,
    },
    "reference/scripts.md": {
        "keys": reference_scripts.keys,
        "steps": reference_scripts.steps,
        "bundled": reference_scripts.bundled,
    },
    "reference/demo-seed.md": {"contents": reference_seed.contents},
}


def begin(name: str) -> str:
    return f"<!-- {name}: made by `make reference` -->\n"


def end(name: str) -> str:
    return f"<!-- end of {name} -->"


def filled(page: str, text: str) -> str:
    """Return a page's text with its regions as they are generated now."""
    for name, make in PAGES[page].items():
        before, opening, rest = text.partition(begin(name))
        _, closing, after = rest.partition(end(name))
        if not opening or not closing:
            raise ValueError(
                f"docs/{page} has no region {name!r}: {begin(name)!r} to {end(name)!r}"
            )
        text = f"{before}{opening}\n{make().strip()}\n\n{closing}{after}"
    return text


def main() -> None:
    for page in PAGES:
        path = DOCS / page
        path.write_text(filled(page, path.read_text()))


if __name__ == "__main__":
    main()
