"""Builds the site of the docs: stages the repository's pages, runs Zensical, writes llms.txt.

The staged folder has the pages at their places in the repository, and each file that they link or
show, so that links work here as they do in a checkout.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGES, SITE = ROOT / "build" / "site-pages", ROOT / "build" / "site"
_LINKED = re.compile(r'\]\(([^)\s#]+)(?:#[^)\s]*)?\)|(?:src|srcset|href)="([^"#]+)"')
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_FENCED = re.compile(r"^ *(```+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, where a tag of Python names a function that only the generator needs."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: suffix)


def configuration() -> dict[str, Any]:
    """Return the content of mkdocs.yml."""
    content: dict[str, Any] = yaml.load((ROOT / "mkdocs.yml").read_text(), _Loader)
    return content


def pages_of(nav: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the title and the path of each page of a navigation, in order."""
    for entry in nav:
        [(title, value)] = entry.items() if isinstance(entry, dict) else [("", entry)]
        if isinstance(value, list):
            yield from pages_of(value)
        else:
            yield title, value


def repository_files() -> list[str]:
    """Return what git tracks or would track, relative to the root."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in run.stdout.splitlines() if (ROOT / name).is_file()]


def targets(page: Path) -> Iterator[Path]:
    """Yield the files of the repository that a page links or shows."""
    for link, attribute in _LINKED.findall(_FENCED.sub("", page.read_text())):
        target = (page.parent / (link or attribute)).resolve()
        if ":" not in (link or attribute) and target.is_file():
            yield target


def stage() -> None:
    """Copy all pages, and the files that they lead to."""
    shutil.rmtree(PAGES, ignore_errors=True)
    pages = [ROOT / name for name in repository_files() if name.endswith(".md")]
    linked = {target for page in pages for target in targets(page)}
    scripts = (ROOT / "docs" / "site").iterdir()
    wanted = {*pages, *linked, *scripts}
    for path in wanted:
        copy = PAGES / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def title_of(text: str) -> str:
    """Return the first heading of a page."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1] if found else ""


def opening_of(text: str) -> str:
    """Return the first sentence of a page, as plain text."""
    for paragraph in _FENCED.sub("", text).split("\n\n"):
        line = " ".join(paragraph.split())
        if re.match(r"[\w*`\[]", line):
            plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", line)
            return re.split(r"(?<=[.:?])\s", plain)[0].rstrip(":")
    return ""


def llms_text(content: dict[str, Any]) -> str:
    """Return llms.txt: each page of the navigation, by section, with its first sentence."""
    parts = [f"# {content['site_name']}\n\n> {content['site_description']}\n"]
    for entry in content["nav"]:
        [(section, value)] = entry.items()
        parts.append(f"\n## {section}\n\n")
        for title, name in pages_of([entry] if isinstance(value, str) else value):
            text = (ROOT / name).read_text()
            parts.append(f"- [{title or title_of(text)}]({name}): {opening_of(text)}\n")
    return "".join(parts)


def add_texts() -> None:
    """Put llms.txt into the site, and the pages' Markdown, to which it links."""
    content = configuration()
    (SITE / "llms.txt").write_text(llms_text(content))
    for _, name in pages_of(content["nav"]):
        shutil.copyfile(ROOT / name, SITE / name)


def build() -> int:
    """Run the generator, show what it says of mistakes, and return its exit code."""
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        mistakes, _, _ = (run.stdout + run.stderr).partition("Traceback (most recent")
        print(_COLOUR.sub("", mistakes), file=sys.stderr)
    return run.returncode


def main() -> int:
    """Build the site. Returns 1 if a link or an anchor leads nowhere."""
    stage()
    if build():
        return 1
    add_texts()
    print(f"The docs are at {(SITE / 'index.html').relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
