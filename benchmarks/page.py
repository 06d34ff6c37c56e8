"""The page docs/performance.md, made of what a whole run prints."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import TextIO

from benchmarks import soak_page
from benchmarks.figures import Finding, print_findings
from benchmarks.servers import CORES, ROOT

PAGE = ROOT / "docs" / "performance.md"
_PACKAGES = ("uvicorn", "uvloop", "httptools", "orjson", "jsonschema-rs", "pydantic", "websockets")
_TOOLS = {"node": "--version", "java": "-version", "haproxy": "-v"}
_HEAD = """\
# Performance

This page says how much time and memory the emulator takes, compared with what you would use
instead, and with a bare ASGI application that sends the same bytes. `make bench` writes it;
[benchmarks/README.md](../benchmarks/README.md) says how each figure is measured.

Figures are medians, with quartiles in brackets. Trust the ratios: both sides of a ratio are
measured in turn. Machines differ and are noisy, so compare absolute figures only by their order of
magnitude.
"""


class _Tee(StringIO):
    """Keeps what is printed, and prints it."""

    def __init__(self, screen: TextIO) -> None:
        super().__init__()
        self._screen = screen

    def write(self, text: str) -> int:
        self._screen.write(text)
        self._screen.flush()
        return super().write(text)


@contextmanager
def kept() -> Iterator[StringIO]:
    """Yield what is printed meanwhile."""
    tee = _Tee(sys.stdout)
    with redirect_stdout(tee):
        yield tee


def write(findings: Sequence[Finding], details: str) -> None:
    """The page: the aims first, those of the last soak too, then all tables."""
    aims, soak = StringIO(), soak_page.kept()
    with redirect_stdout(aims):
        print_findings([*findings, *(soak_page.findings(soak) if soak else ())])
    shown = soak_page.section(soak) if soak else ""
    parts = (_HEAD, _machine(), "## Aims", aims.getvalue(), details, shown)
    PAGE.write_text("\n\n".join(part.strip() for part in parts if part) + "\n")


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    tools = ", ".join(found for name in _TOOLS if (found := _tool_version(name)))
    return (
        f"Measured on: {_processor()}, {len(CORES)} cores, {platform.system()}, "
        f"Python {platform.python_version()}; {packages}; {tools}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _tool_version(name: str) -> str:
    """Such as 'node v20.19.2', or nothing if it is not there."""
    program = shutil.which(name, path=f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/usr/sbin")
    if program is None:
        return ""
    done = subprocess.run([program, _TOOLS[name]], capture_output=True, text=True, check=False)
    words = (done.stdout or done.stderr).split()
    number = next((word for word in words if any(map(str.isdigit, word))), "")
    return f"{name} " + number.strip('",')
