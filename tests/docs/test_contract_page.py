"""docs/contract.md has every finding, every part of the coverage and every option."""

import re
from pathlib import Path

import emulator
from emulator.apis.evi.hints import EVI_HINTS
from emulator.apis.tts.hints import TTS_HINTS
from emulator.cli.parser import CommandParser
from emulator.contract.findings import FINDINGS
from emulator.contract.surface import PARTS

ROOT = Path(emulator.__file__).parent.parent
PAGE = (ROOT / "docs" / "contract.md").read_text()


def test_every_finding_has_its_row() -> None:
    """With its level, and when it is found."""
    for code, kind in FINDINGS.items():
        assert f"| `{code}` | {kind.level} | {kind.when} |" in PAGE
    rows = re.findall(r"^\| `\w+` \| (?:error|warning) \|", PAGE, re.MULTILINE)
    assert len(rows) == len(FINDINGS)


def test_every_hint_has_its_row() -> None:
    """Of a path and of a parameter that people get wrong."""
    for each in (*EVI_HINTS.paths, *TTS_HINTS.paths):
        assert f"| `{each.example}` | {each.hint} |" in PAGE
    for name, hint in EVI_HINTS.of_requests.items():
        assert f"| `?{name}=` of a request | {hint} |" in PAGE
    for name, hint in EVI_HINTS.of_handshakes.items():
        assert f"| `?{name}=` of a handshake | {hint} |" in PAGE


def test_every_part_of_the_coverage_has_its_row() -> None:
    """With what it counts."""
    for part, counts in PARTS.items():
        assert f"| `{part}` | {counts} |" in PAGE


def test_every_flag_is_named() -> None:
    """Those of `report`, and those that pytest has."""
    parser = CommandParser(module="emulator.cli.report")
    parser.load()
    flags = re.findall(r"^  (--[a-z-]+)", parser.format_help(), re.MULTILINE)
    general = {"--help", "--url", "--ca", "--api-key"}
    assert {flag for flag in flags if f"`{flag}" not in PAGE} <= general
    plugin = (ROOT / "emulator" / "pytest_plugin.py").read_text()
    for option in re.findall(r"\"(--evi-[a-z-]+)\"", plugin):
        assert f"`{option}" in PAGE
