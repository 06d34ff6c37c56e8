"""Writes Markdown's tables."""

from collections.abc import Iterable, Sequence


def code(text: object) -> str:
    return f"`{text}`" if str(text) else ""


def cell(text: str) -> str:
    """Return a text for a cell: a bar would end it."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, each row on a line."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(cell(each) for each in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
