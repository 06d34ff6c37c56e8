"""Compares the signatures of the reference with the package's declarations, by the compiler.

Each declaration file with a signature on the page gets a copy beside it, in which the page's
signatures stand in a namespace, and each is assigned to what the file declares, and back.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.code_blocks import Block
from scripts.node_reference import ENTRIES

_KINDS = "function|const|class|interface|type"
_SHOWN = re.compile(rf"(?P<kind>{_KINDS}) (?P<name>\w+)(?P<rest>.*)", re.DOTALL)
_DEFAULT = re.compile(r"(\w+): (\w+) = \{\}")
_SAME = "type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;"


def write_signatures(blocks: Sequence[Block], dist: Path) -> list[Path]:
    """Write the copies, and return their paths."""
    by_file: dict[Path, dict[str, None]] = {}
    for block in blocks:
        by_file.setdefault(_declaring(block, dist), {})[block.text.strip()] = None
    return [_copy(file, list(texts)) for file, texts in by_file.items()]


def _declaring(block: Block, dist: Path) -> Path:
    """Return the file that declares what a block shows: the entry point's, or another."""
    shown = _SHOWN.match(block.text)
    assert shown is not None
    above = "\n".join(block.page.read_text().splitlines()[: block.line])
    entry = re.findall(r"^## `?([\w/-]+)", above, re.MULTILINE)[-1]
    own = dist / Path(ENTRIES.get(entry, "control-types.ts")).with_suffix(".d.ts")
    before = r"^(?:export )?(?:default )?(?:declare )?(?:abstract )?"
    words = re.compile(rf"{before}{shown['kind']} {shown['name']}\b", re.MULTILINE)
    others = sorted([*dist.glob("*.d.ts"), *dist.glob("intercept/*.d.cts")])
    found = [each for each in (own, *others) if words.search(each.read_text())]
    assert found, f"{block.page.name}:{block.line}: no file of the package declares it"
    return found[0]


def _copy(file: Path, texts: list[str]) -> Path:
    declared = file.read_text().replace("export default function", "export declare function")
    checks = [line for number, text in enumerate(texts) for line in _check(text, number)]
    shown = ["declare namespace Shown {", *map(_ambient, texts), "}"]
    copy = file.with_name(file.name.replace(".d.", ".shown."))
    copy.write_text("\n".join([declared, *shown, _SAME, *checks]))
    return copy


def _ambient(text: str) -> str:
    """Return a signature as a namespace can declare it: without defaults; classes by their type."""
    shown = _SHOWN.match(text)
    assert shown is not None
    if shown["kind"] in ("class", "interface"):
        rest = shown["rest"].replace(" implements ", " extends ")
        return f"export interface {shown['name']}{rest} {{}}"
    without = _DEFAULT.sub(r"\1?: \2", text)
    return f"export {without};"


def _check(text: str, number: int) -> Iterator[str]:
    """Yield what the compiler refuses if a signature is not the declared one."""
    shown = _SHOWN.match(text)
    assert shown is not None
    kind, name = shown["kind"], shown["name"]
    if kind in ("class", "interface"):
        of = "<any>" if shown["rest"].startswith("<") else ""
        yield f"export const check{number} = (each: {name}{of}): Shown.{name}{of} => each;"
    else:
        typeof = "" if kind == "type" else "typeof "
        yield f"export const check{number}: Same<{typeof}{name}, {typeof}Shown.{name}> = true;"
