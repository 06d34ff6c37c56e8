"""Shared by all benchmarks: medians with their spread, tables, and figures beside their aims."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: as long as it takes, or a minute for everything."""

    quick: bool = False

    def of(self, full: T, quick: T) -> T:
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure beside its aim."""

    figure: str
    aim: str
    measured: str
    met: bool

    def cells(self) -> list[str]:
        return [self.figure, self.aim, self.measured, "yes" if self.met else "**no**"]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median with its quartiles, such as '1.02 (0.98-1.05)'."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """The ratio of each to its neighbour, which was measured beside it."""
    return [first / second for first, second in zip(above, below, strict=True)]


def median_ratio(above: Sequence[float], below: Sequence[float]) -> str:
    """The median of the ratios of neighbours, with its spread."""
    return spread(ratios(above, below))


def at_most(figure: str, values: Sequence[float], limit: float, unit: str = "x") -> Finding:
    """A finding whose median is to be no more than the limit."""
    return Finding(figure, f"<= {limit:g} {unit}", _said(values), median(values) <= limit)


def at_least(figure: str, values: Sequence[float], limit: float, unit: str = "x") -> Finding:
    """A finding whose median is to be no less than the limit."""
    return Finding(figure, f">= {limit:g} {unit}", _said(values), median(values) >= limit)


def _said(values: Sequence[float]) -> str:
    """In as many digits as tell them from a limit."""
    return spread(values, 0 if median(values) >= 100 else 3)


def ahead(figure: str, ours: float, peers: dict[str, float], less: bool) -> Finding:
    """A finding that compares a median with those of all peers: less of it is better, or more."""
    behind = [name for name, each in peers.items() if (ours > each if less else ours < each)]
    nearest = (min if less else max)(peers, key=peers.__getitem__, default=None)
    said = "no peer is installed"
    if nearest is not None:
        said = f"{ours:.0f}; the nearest, {nearest}, has {peers[nearest]:.0f}"
    if behind:
        said += "; behind " + ", ".join(behind)
    return Finding(figure, "ahead of every peer", said, not behind)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A Markdown table, aligned."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, ["-" * width for width in widths], *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("| " + " | ".join(cells) + " |")
    print(flush=True)


def print_findings(findings: Sequence[Finding]) -> None:
    print_table(["figure", "aim", "measured", "met"], [finding.cells() for finding in findings])
