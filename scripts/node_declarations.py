"""Reads what the package for Node exports, and its comments, from its TypeScript sources.

No compiler is needed: the sources are formatted alike, so indentation tells where a declaration
begins and ends, and each of its members.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from scripts.node_types import ROOT

SOURCES = ROOT / "clients" / "node" / "src"
_INTERNAL = "@internal"
_DECLARED = re.compile(
    r"export (?:default )?(?:async )?(?P<kind>class|interface|type|function|const) (?P<name>\w+)"
)
_MEMBER = re.compile(
    r"(?:(?:readonly|async|get|static) )*"
    r"(?P<name>[a-z]\w*|\"[^\"]+\"|\[Symbol\.\w+\])(?=[?(<:;]| =)"
)
_HIDDEN = ("#", "private ", "override ", "protected ")
_DESTRUCTURED = re.compile(r"\{[^{}]*\}(?=: )")
_LITERAL = re.compile(r' = "[^"]*";$')
_OPTIONAL = re.compile(r"(\?: [^;,)]*) \| undefined")
_LIST = re.compile(
    r'(?P<verb>export|import) (?:type )?(?:\{(?P<names>[^}]*)\}|\*) ?(?:from "(?P<file>[^"]+)")?;?'
)
_ALL = re.compile(r'export type \* from "(?P<file>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a class, or a field of an interface: its name, its signature, its comment."""

    name: str
    signature: str
    doc: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """Something that a module exports."""

    kind: str
    name: str
    signature: str
    doc: str
    members: Sequence[Member] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """A module: its comment, what it declares, and what it has from others, by its name here."""

    doc: str
    declared: Mapping[str, Declaration]
    borrowed: Mapping[str, tuple[str, str]]  # the file and the name there
    exported: Sequence[str]  # in order
    exported_all: Sequence[str] = field(default=())  # files of which all types are exported


@dataclass(frozen=True, slots=True)
class _Block:
    doc: str
    text: str


@cache
def module(name: str) -> Module:
    """Return a module of the package by its file's name, such as world.ts."""
    blocks = list(_blocks((SOURCES / name).read_text(encoding="utf-8").splitlines(), 0))
    declared, borrowed = dict[str, Declaration](), dict[str, tuple[str, str]]()
    exported, exported_all = list[str](), list[str]()
    for block in blocks:
        if all_of := _ALL.match(block.text):
            exported_all.append(_file(all_of["file"]))
        elif listed := _LIST.match(" ".join(block.text.split())):
            names = dict(_names(listed["names"] or ""))
            if listed["file"] is not None and listed["file"].startswith("."):
                borrowed |= {here: (_file(listed["file"]), there) for here, there in names.items()}
            else:
                borrowed |= {here: (name, there) for here, there in names.items() if here != there}
            exported += names if listed["verb"] == "export" else []
        elif found := _DECLARED.match(block.text):
            declared[found["name"]] = _declaration(found["kind"], found["name"], block)
            exported.append(found["name"])
    doc = blocks[0].doc if blocks and not blocks[0].text.startswith("export") else ""
    return Module(doc, declared, borrowed, list(dict.fromkeys(exported)), exported_all)


def find(file: str, name: str) -> Declaration | None:
    """Return what a name means in a module; None if another package declares it."""
    known = module(file)
    if name in known.declared:
        return known.declared[name]
    if name not in known.borrowed:
        return None
    return find(*known.borrowed[name])


def _names(text: str) -> Iterator[tuple[str, str]]:
    """Yield each name of a list such as `a, type B as C`, as it is called here and there."""
    for item in filter(None, (each.strip() for each in text.split(","))):
        there, _, here = item.removeprefix("type ").partition(" as ")
        yield here or there, there


def _file(path: str) -> str:
    """Return the source of a module that is imported as "./world.js"."""
    return path.removeprefix("./").replace(".js", ".ts").replace(".cjs", ".cts")


def _blocks(lines: Sequence[str], indent: int) -> Iterator[_Block]:
    """Yield what begins at an indentation, each with the comment before it."""
    doc, text = list[str](), list[str]()
    in_comment = False
    for line in lines:
        content, depth = line.strip(), len(line) - len(line.lstrip())
        if in_comment or (depth == indent and content.startswith("/**")):
            if text:
                yield _Block(_comment(doc), "\n".join(text))
                doc, text = [], []
            doc = [*doc, content] if in_comment else [content]
            in_comment = not content.endswith("*/")
        elif depth == indent and content and content[0] not in "})]|/*":
            if text:
                yield _Block(_comment(doc), "\n".join(text))
                doc = []
            text = [line[indent:]]
        elif text and content and not (depth == indent and content.startswith("//")):
            text.append(line[indent:])
    if text:
        yield _Block(_comment(doc), "\n".join(text))


def _comment(lines: Sequence[str]) -> str:
    """Return the text of a comment, without its stars."""
    cleaned = [re.sub(r"^/\*\*|\*/$", "", line).rstrip() for line in lines]
    return "\n".join(re.sub(r"^\s*\* ?", "", line) for line in cleaned).strip()


def _declaration(kind: str, name: str, block: _Block) -> Declaration:
    members = tuple(_members(block)) if kind in ("class", "interface") else ()
    return Declaration(kind, name, _signature(kind, block.text), block.doc, members)


def _members(block: _Block) -> Iterator[Member]:
    for each in _blocks(block.text.splitlines()[1:], 2):
        if _INTERNAL in each.doc or each.text.startswith(_HIDDEN):
            continue
        if each.text.startswith("constructor("):
            yield from _constructed(each)
        elif found := _MEMBER.match(each.text):
            yield Member(found["name"].strip('"'), _signature("member", each.text), each.doc)


def _constructed(block: _Block) -> Iterator[Member]:
    """Yield a constructor that says what it is for, and the fields that are its parameters."""
    if block.doc and not block.doc.startswith("Use "):
        yield Member("constructor", _signature("member", block.text), block.doc)
    for each in _blocks(block.text.splitlines()[1:], 2):
        if each.text.startswith("readonly "):
            text = each.text.partition(",\n")[0].rstrip(",")
            yield Member(text.split()[1].rstrip(":?"), _signature("member", text), each.doc)


def _signature(kind: str, text: str) -> str:
    """Return a declaration on one line, without its body."""
    head = text
    if kind in ("class", "interface", "function") or _is_called(text):
        head = re.split(r" ?\{$", text, maxsplit=1, flags=re.MULTILINE)[0]
    elif kind in ("const", "member") and not _LITERAL.search(text):
        head = text.split(" = ", 1)[0]
    line = " ".join(head.split()).replace("( ", "(").replace(", )", ")").rstrip(";")
    line = re.sub(r"^export (?:default )?|\basync ", "", line)
    if kind != "type":
        line = re.sub(r"^get (\w+)\(\)", r"\1", line)
        line = _DESTRUCTURED.sub("options", line)
    line = _OPTIONAL.sub(r"\1", line)
    return line.removesuffix(" | undefined") if kind == "member" and "?: " in line else line


def _is_called(text: str) -> bool:
    """True for a method, or a getter."""
    return re.match(r"(?:\w+ )*(?:\w+|\[Symbol\.\w+\])(?:<[^(]*>)?\(", text) is not None
