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
from emulator.errors import EmulatorError, UsageError, closest

FORMATS: Mapping[str, Callable[[Report, Demands], str]] = {
    "text": to_text,
    "json": to_json_text,
    "junit": to_junit,
    "html": to_html,
    "markdown": to_markdown,
}
_FORMAT_BY_SUFFIX = {
    ".txt": "text",
    ".json": "json",
    ".xml": "junit",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
}


def render_report(report: Report, demands: Demands, format: str) -> str:
    """Render the report in one of FORMATS. Raises UsageError."""
    check_format(format)
    return FORMATS[format](report, demands)


def check_format(format: str) -> None:
    """Raise UsageError for a format that is not one of FORMATS."""
    if format not in FORMATS:
        hint, known = closest(format, list(FORMATS)), ", ".join(FORMATS)
        raise UsageError(f"no report format {format!r}{hint}; known: {known}")


def write_reports(report: Report, demands: Demands, files: Iterable[str]) -> None:
    """Write the report into each file, in the format of its suffix.

    Raises UsageError, and EmulatorError for files that can't be written, after the others are.
    """
    write_texts({name: render_report(report, demands, format_of(name)) for name in files})


def write_texts(texts: Mapping[str, str]) -> None:
    """Write each text into the file of its name, whose folder is made.

    Raises EmulatorError for files that can't be written, after the others are.
    """
    failed = []
    for name, text in texts.items():
        try:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(Path(name), [text.encode()])
        except OSError as error:
            failed.append(f"cannot write {name}: {error.strerror or error}")
    if failed:
        raise EmulatorError("\n".join(failed))


def check_files(names: Iterable[str]) -> None:
    """Raise UsageError for a name that tells no format, or is a folder's."""
    for name in names:
        format_of(name)
        if Path(name).is_dir():
            raise UsageError(f"{name!r} is a folder; name a file for the report")


def format_of(path: str) -> str:
    """Return the format that a file's name asks for. Raises UsageError."""
    suffix = PurePath(path).suffix.lower()
    if suffix not in _FORMAT_BY_SUFFIX:
        known = ", ".join(_FORMAT_BY_SUFFIX)
        raise UsageError(f"{path!r} does not tell a format; its name may end in {known}")
    return _FORMAT_BY_SUFFIX[suffix]
