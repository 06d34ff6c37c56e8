"""Finds phrases in the project's texts that a reader stumbles over: `python -m scripts.prose`.

Part of `make check`. It reads the pages, the code with its comments, and the inspector. The exit
code is 1 if it finds any.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXTS = (
    "*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/**/*.md", "conformance/**/*.md",
    "clients/node/*.md", "clients/node/src/**/*.ts", "control-openapi.yaml",
    "emulator/**/*.py", "emulator/**/*.js", "emulator/**/*.yaml", "scripts/*.py",
    "benchmarks/**/*.py", "conformance/**/*.py",
)  # fmt: skip
NOT_OURS = ("node_modules", "build/", "dist/")
ITSELF = ("scripts/prose.py", "tests/test_prose.py")

# What to write instead, by the phrase as a pattern.
PHRASES = {
    r"(?:beg[aiu]n(?:s|ning)? )?anew": "again; or starts over, or is cleared",
    r"who(?:so)?ever": "a person: the reader, the client, a test",
    r"those (?:that|who|which)": "the noun: the frames that",
    r"the same (?:goes|holds|counts) for": "this also applies to",
    r"as ever": "nothing, or `as before`",
    r"in (?:the )?place of": "instead of",
    r"goes by(?! itself)": "uses, or is called",
    r"(?:is|are) struck": "breaks",
    r"that are (?-i:none)": "unknown, or not",
    r"of which is none": "that doesn't exist",
    r"on the spot": "the time or the place that is meant",
    r"(?:is|are) no (?-i:JSON|UUID|base64|TwiML)": "is not",
    r"of several \w+,? the": "if there are several, the",
    r'"""What ': "a noun or a verb at the start of a docstring",
}
_PATTERNS = {
    re.compile(rf"(?<![\w-]){each}(?!\w)" if each[0] != '"' else each, re.IGNORECASE): instead
    for each, instead in PHRASES.items()
}


def problems(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the phrase and what to write instead, for each phrase found in a text."""
    for pattern, instead in _PATTERNS.items():
        for found in pattern.finditer(text):
            yield text.count("\n", 0, found.start()) + 1, found[0], instead


def paths() -> Iterator[Path]:
    """Yield the files that are read."""
    for pattern in TEXTS:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if name not in ITSELF and not any(each in name for each in NOT_OURS):
                yield path


def main() -> int:
    found = 0
    for path in paths():
        for line, phrase, instead in problems(path.read_text()):
            found += 1
            print(f"{path.relative_to(ROOT)}:{line}: {phrase!r}; write {instead}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
