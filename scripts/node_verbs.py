"""Writes the table of docs/node.md: what handles have in Python, and what they have in Node.

Python's side is tests/public_names.yaml; Node's are the public members of the package's classes.
"""

from collections.abc import Mapping
from typing import NamedTuple

import yaml

from scripts.node_declarations import Declaration, Member, find, module
from scripts.node_types import ROOT, camel

PAGE = ROOT / "docs" / "node.md"
_NAMES = ROOT / "tests" / "public_names.yaml"
_BEGIN, _END = "<!-- verbs: made by `make control-document` -->\n", "<!-- end of verbs -->"

# The class of each handle that public_names.yaml lists.
CLASSES: Mapping[str, str] = {
    "emulator": "Emulator",
    "evi": "Evi",
    "evi.clock": "Clock",
    "evi.journal": "Journal",
    "evi.faults": "Faults",
    "evi.webhooks": "Webhooks",
    "evi.contract": "Contract",
    "evi.configs": "Listing",
    "evi.prompts": "Listing",
    "evi.tools": "Listing",
    "evi.voices": "Listing",
    "evi.tts": "Tts",
    "evi.phone": "Phone",
    "evi.expression": "Expression",
    "call": "Call",
    "chat": "Chat",
    "receiver": "WebhookReceiver",
    "received": "Received",
    "script": "Script",
    "rule": "Rule",
}
SHOWN_ONCE = ("evi.prompts", "evi.tools", "evi.voices")  # as evi.configs
# Verbs that have another name in Node.
RENAMED: Mapping[str, str] = {
    "emulator.__enter__": "asyncDispose",
    "evi.patch_hume": "intercept",
    "evi.webhook_receiver": "receiver",
    "evi.tool_call_patience_s": "setToolCallPatience",
    "evi.clock.now_ms": "now",
    "evi.faults.__iter__": "list",
    "evi.configs.__contains__": "has",
    "evi.configs.__getitem__": "get",
    "evi.configs.__iter__": "list",
    "receiver.__enter__": "asyncDispose",
    "rule.use_builtin": "webSearch",
}
_IN_CONTENT = "is a field of `script.content`"
_IN_SERVER = "it is an object of the server's process"
# Verbs that make no sense in Node, and why.
PYTHON_ONLY: Mapping[str, str] = {
    "emulator.start": "`startEmulator()` has started it",
    "emulator.contract": "`contractReport()` has its findings and coverage",
    "emulator.surfaces": "they are objects of the server's process",
    "evi.async_client": "each call of `client()` can be awaited",
    "evi.stub_errors": "only Python's stubs have callables",
    "evi.world": _IN_SERVER,
    "evi.configs.__len__": "`(await evi.configs.list()).length`",
    "call.record": "its `lines` are there; the rest is an object of the server's process",
    "script.add": "rules are made by `onUser` and its like, or given as content",
    "script.copy": "`new Script(script.content)`",
    "script.followed": _IN_SERVER,
    "script.model": _IN_CONTENT,
    "script.mood": _IN_CONTENT,
    "script.own_text": _IN_SERVER,
    "script.name": "only Python's messages show it",
    "script.rules": _IN_CONTENT,
    "script.sounds": _IN_CONTENT,
    "script.spoken": "only simulations of the server ask for it",
    "script.tool_names": "only simulations of the server ask for it",
    "script.tools": _IN_CONTENT,
    "script.user": _IN_CONTENT,
    **dict.fromkeys(
        (f"rule.{name}" for name in ("pattern", "steps", "text", "times", "turn")), _IN_CONTENT
    ),
    **dict.fromkeys(
        (f"rule.{name}" for name in ("is_last", "match", "matches_anything")),
        "the emulator matches turns",
    ),
}
# Verbs that make no sense in Python, and why.
NODE_ONLY: Mapping[str, str] = {
    "call.lines": "they are in Python's `record`",
    "evi.stubs": "Python's `stub()` returns an object that counts",
    "evi.asyncDispose": "a world in Python is closed by its fixture, or with `close()`",
    "script.content": "Python's scripts have fields",
    "rule.then": "`await` calls it",
}

_SPECIAL = {
    "__contains__": "in", "__enter__": "with", "__getitem__": "[...]", "__iter__": "for ... in",
    "__len__": "len()",
}  # fmt: skip


class Pair(NamedTuple):
    """A verb of a handle in both languages; "" where a language lacks it."""

    handle: str
    python: str
    node: str
    why: str = ""


def node_members() -> dict[str, dict[str, str]]:
    """Return the public members of each class, by name, as they are written when used."""
    known = (find("index.ts", name) for name in module("index.ts").exported)
    classes = [each for each in known if each is not None and each.kind == "class"]
    return {each.name: dict(map(_shown, _used(each))) for each in classes}


def _used(declaration: Declaration) -> list[Member]:
    return [each for each in declaration.members if each.name != "constructor"]


def _shown(member: Member) -> tuple[str, str]:
    """Return a member's name, and how it is written when used."""
    if member.name == "[Symbol.asyncDispose]":
        return "asyncDispose", "`await using`"
    is_called = member.signature.startswith((f"{member.name}(", f"{member.name}<"))
    return member.name, f"{member.name}()" if is_called else member.name


def python_verbs(handle: str) -> dict[str, str]:
    """Return the verbs of a handle as they are written when used, by name.

    The twins that async tests use are left out.
    """
    listed = yaml.safe_load(_NAMES.read_text(encoding="utf-8"))["handles"][handle]
    names = {each.partition("(")[0]: "()" if "(" in each else "" for each in listed}
    return {
        name: _SPECIAL.get(name, name + call)
        for name, call in names.items()
        if _twin(name) not in names
    }


def _twin(name: str) -> str:
    """Return the verb that an async verb is the twin of: `expect` of `aexpect`."""
    return "wait_for" if name == "await_for" else name[1:] if name.startswith("a") else ""


def pairs() -> list[Pair]:
    """Return every verb of every handle, with its twin in the other language."""
    members, found = node_members(), []
    for handle, class_name in CLASSES.items():
        if handle in SHOWN_ONCE:
            continue
        left = dict(members[class_name])
        for name, verb in python_verbs(handle).items():
            place = f"{handle}.{name}"
            shown = left.pop(RENAMED.get(place, camel(name)), "")
            found.append(Pair(handle, verb, shown, PYTHON_ONLY.get(place, "")))
        found += [
            Pair(handle, "", shown, NODE_ONLY.get(f"{handle}.{name}", ""))
            for name, shown in left.items()
        ]
    return found


def table() -> str:
    """Return the table in Markdown, a line for each verb."""
    lines = ["| | Python | Node |", "|---|---|---|"]
    before = ""
    for handle, python, node, why in pairs():
        place = "" if handle == before else f"`{handle}`"
        before = handle
        lines.append(f"| {place} | {_cell(python, why)} | {_cell(node, why)} |")
    return "\n".join(lines) + "\n"


def _cell(verb: str, why: str) -> str:
    if not verb:
        return f"({why})"
    return verb if verb.startswith("`") else f"`{verb}`"


def page_with_table(page: str) -> str:
    """Return the page with the present table instead of its old one."""
    head, _, rest = page.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n{table()}\n{_END}{tail}"


def main() -> None:
    PAGE.write_text(page_with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
