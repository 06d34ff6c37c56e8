"""A contract report as text: for a terminal, for CI, for people."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath

from emulator.atomic import write_whole
from emulator.contract.renderings.html import to_html
from emulator.contract.renderings.json import to_json_text
from emulator.contract.renderings.junit import to_junit
from emulator.contract.renderings.markdown import to_markdown
from emulator.contract.renderings.text import to_text
from emulator.contract.report import Demands, Report
from emulator.errors import UsageError, closest

FORMATS: Mapping[str, Callable[[Report, Demands], str]] = {
    "text": to_text,
    "json": to_json_text,
    "junit": to_junit,
    "html": to_html,
    "markdown": to_markdown,
}
_OF_SUFFIX = {
    ".txt": "text",
    ".json": "json",
    ".xml": "junit",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
}


def render_report(report: Report, demands: Demands, format: str) -> str:
    """The report in one of FORMATS. Raises UsageError."""
    if format not in FORMATS:
        hint, known = closest(format, list(FORMATS)), ", ".join(FORMATS)
        raise UsageError(f"no format of reports is {format!r}{hint}; known: {known}")
    return FORMATS[format](report, demands)


def write_reports(report: Report, demands: Demands, files: Iterable[str]) -> None:
    """Into each file, in the format of its suffix. Raises UsageError, and OSError."""
    for name in files:
        text = render_report(report, demands, format_of(name))
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, [text.encode()])


def format_of(path: str) -> str:
    """The format that a file's name asks for. Raises UsageError."""
    suffix = PurePath(path).suffix.lower()
    if suffix not in _OF_SUFFIX:
        known = ", ".join(_OF_SUFFIX)
        raise UsageError(f"{path!r} does not tell a format; its name may end in {known}")
    return _OF_SUFFIX[suffix]
