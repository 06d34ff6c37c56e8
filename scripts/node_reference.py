"""Writes docs/node-reference.md: what the package for Node exports, from its declarations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from textwrap import dedent

from scripts.node_declarations import Declaration, Member, find, module
from scripts.node_types import ROOT, camel

PAGE = ROOT / "docs" / "node-reference.md"
# The source of each entry point, by the name that programs import.
ENTRIES: Mapping[str, str] = {
    "evi-emulator": "index.ts",
    "evi-emulator/vitest": "vitest.ts",
    "evi-emulator/jest": "jest.ts",
    "evi-emulator/node-test": "node-test.ts",
    "evi-emulator/playwright": "playwright.ts",
    "evi-emulator/global-setup": "global-setup.ts",
    "evi-emulator/intercept": "intercept/preload.cts",
}
_DATA = "control-types.ts"
_INTRODUCTION = """\
<!-- Made by `make control-document` from the declarations of clients/node/src. -->
# Reference of the package for Node

[Testing with Node](node.md) shows how to use the package. This page lists all that it exports, by
what you import. A call that returns a promise throws `UnreachableError` if the emulator does not
answer, and `RefusedError` if it refuses the request. What waits takes [Waiting](#waiting) as its
last argument, and throws `ExpectationFailed` when the time is over.
"""
_ABOUT_DATA = """\
What the emulator takes and returns, with the names of [the control API](control.md). Only the
options of the package are in camel case: `endReason`, `retryAfterS`.
"""
_KINDS = ("function", "const", "class", "interface", "type")
_OMITTED = re.compile(r'Omit<(?:CamelKeys<)?\w+>?, ((?:"\w+"(?: \| )?)+)>')
_CAMEL = re.compile(r"CamelKeys<(\w+)>")
_LINKED = re.compile(r"docs/([\w-]+)\.md")
_INDENTED = re.compile(r"^    .*(?:\n+    .*)*", re.MULTILINE)
_WORD = re.compile(r"\b[A-Z]\w+")


def exported(entry: str) -> list[Declaration]:
    """Return what an entry point exports, functions first, without what other packages declare."""
    source = ENTRIES[entry]
    found = [(name, find(source, name)) for name in module(source).exported]
    named = [_renamed(each, name) for name, each in found if each is not None]
    return sorted(named, key=lambda each: _KINDS.index(each.kind))


def _renamed(declaration: Declaration, name: str) -> Declaration:
    """Return a declaration by the name under which it is exported."""
    signature = re.sub(rf"\b{declaration.name}\b", name, declaration.signature, count=1)
    return replace(declaration, name=name, signature=signature)


def data() -> list[Declaration]:
    """Return the types of the control API, without those whose name has another meaning."""
    taken = module(ENTRIES["evi-emulator"]).exported
    types = module(_DATA).declared.values()
    return [each for each in types if each.name not in taken and each.kind != "const"]


def fields(declaration: Declaration) -> list[Member]:
    """Return the members of a declaration, and the members of its type in camel case."""
    return [*declaration.members, *_in_camel_case(declaration)]


def _in_camel_case(declaration: Declaration) -> Iterator[Member]:
    of = _CAMEL.search(declaration.signature)
    if of is None:
        return
    omitted = _OMITTED.search(declaration.signature)
    left_out = re.findall(r'"(\w+)"', omitted[1]) if omitted else []
    for each in module(_DATA).declared[of[1]].members:
        if each.name not in left_out:
            name = camel(each.name)
            yield Member(name, name + each.signature.removeprefix(each.name), each.doc)


def page() -> str:
    """Return docs/node-reference.md."""
    known = {each.name for entry in ENTRIES for each in exported(entry)}
    known |= {each.name for each in data()}
    shown = set[str]()
    parts = [_INTRODUCTION]
    for entry, source in ENTRIES.items():
        parts += [f"## `{entry}`\n", *_text(module(source).doc)]
        for declaration in exported(entry):
            if declaration.name not in shown or declaration.kind in ("function", "const"):
                parts += _section(declaration, known)
            shown.add(declaration.name)
    parts += ["## Data\n", _ABOUT_DATA]
    for declaration in data():
        parts += _section(declaration, known)
    return "\n".join(parts)


def _section(declaration: Declaration, known: set[str]) -> Iterator[str]:
    yield f"### {declaration.name}\n"
    if " " in declaration.signature.removeprefix(f"{declaration.kind} "):
        yield f"```ts\n{declaration.signature}\n```\n"
    yield from _text(declaration.doc)
    others = _links(declaration.signature, known - {declaration.name})
    if others:
        yield f"See {others}.\n"
    members = list(fields(declaration))
    for member in members:
        yield _item(member, known - {declaration.name})
    if members:
        yield ""


def _text(doc: str) -> Iterator[str]:
    if doc:
        yield _INDENTED.sub(_fenced, _with_links(doc)) + "\n"


def _fenced(code: re.Match[str]) -> str:
    """Return an indented example of a comment between fences."""
    text = dedent(code[0])
    return f"```{'sh' if text.startswith('NODE_OPTIONS=') else 'ts'}\n{text}\n```"


def _item(member: Member, known: set[str]) -> str:
    """Return a line for a member: its signature, what it is, and the types that it names."""
    signature = member.signature.removeprefix("readonly ")
    text = _sentence(_with_links(" ".join(member.doc.split())))
    others = _links(signature, known)
    return (
        f"- `{signature}`" + (f": {text}" if text else "") + (f" See {others}." if others else "")
    )


def _sentence(text: str) -> str:
    """Return the help of a setting, which is a phrase, as a sentence."""
    return text if not text or text.endswith(".") else f"{text[0].upper()}{text[1:]}."


def _links(signature: str, known: set[str]) -> str:
    """Return links to the types of a signature that the page has."""
    names = dict.fromkeys(name for name in _WORD.findall(signature) if name in known)
    return ", ".join(f"[{name}](#{name.lower()})" for name in names)


def _with_links(text: str) -> str:
    """Return a comment with links to the pages that it names."""
    return _LINKED.sub(r"[\1](\1.md)", text)


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
