"""The blocks of JavaScript and TypeScript on the pages, as files of a project of Node."""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from scripts.code_blocks import Block
from tests.docs.pages import PAGES, blocks_of, name_of
from tests.node_kit.kit import ROOT, TESTS, unpack

KIT = ROOT / "clients" / "node"
LANGUAGES = ("js", "mjs", "jsx", "ts", "tsx", "html")
REFERENCE = "docs/node-reference.md"
STAND_INS = "stand_ins.mjs"

# By page: how blocks begin that need a browser. `test_the_first_steps_in_a_browser` of
# tests/clients/test_node_kit.py runs them in one; here their types are checked.
BROWSER: Mapping[str, str] = {
    "docs/node.md": r'<button>|import \{ (expect, )?test \} from "evi-emulator/playwright"',
    REFERENCE: r'import \{ test, expect \} from "evi-emulator/playwright"',
}

# By a text of a block: what follows it in the test, to show that it did what the page says.
AFTER: Mapping[str, str] = {
    "eviWith({ clock": """
        test("the block", async ({ evi }) => check.equal(await evi.clock.mode(), "manual"));""",
    "perWorker({ seed": """
        test("the block", async ({ app, evi }) =>
          check.ok(JSON.stringify(app).includes(`"HUME_API_KEY":"${evi.apiKey}"`)));""",
    "await evi.sign(": """
        const hook = { method: "POST", ...forged };
        check.equal(answer.status, 200);
        check.equal((await POST(new Request("http://localhost/hook", hook))).status, 401);""",
    "await evi.receiver()": "check.equal(received.isGenuine, true);",
    "evi.intercept()": "check.ok(await (await evi.nextChat()).isLive());",
    "spawn(": """
        check.ok(await evi.journal.waitFor({ kind: "http", status: 200 }, { timeoutMs: 9000 }));""",
    "createHume({": "check.ok(audio.uint8Array.length > 1000);",
}

_SIGNATURE = re.compile(r"(?:function|const|class|interface|type) \w+")
_SCRIPT = re.compile(r"<script[^>]*>\n(.*?)</script>", re.DOTALL)
_VITEST = re.compile(r'"(?:vitest|evi-emulator/(?:vitest|jest))"')
_TEST = re.compile(r"^test\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """A block as a file of a project: what runs it, and how many tests are in it."""

    block: Block
    path: str  # from the project's folder
    text: str
    runner: str  # vitest, node, or browser
    tests: int

    @property
    def place(self) -> str:
        return f"{name_of(self.block.page)}:{self.block.line}"


def is_signature(block: Block) -> bool:
    """True for a declaration in the reference, which has no body to run."""
    return name_of(block.page) == REFERENCE and _SIGNATURE.match(block.text) is not None


def signatures() -> list[Block]:
    return [each for page in PAGES for each in blocks_of(page, *LANGUAGES) if is_signature(each)]


def scripts() -> Iterator[Script]:
    """Yield every other block, in the order of the pages."""
    for page in PAGES:
        for block in blocks_of(page, *LANGUAGES):
            if not is_signature(block):
                yield _script(block)


def _script(block: Block) -> Script:
    found = _SCRIPT.search(block.text) if block.language == "html" else None
    source = found[1] if found else block.text
    text = "".join(_before(source)) + source + _after(source)
    folder = re.sub(r"\W", "_", name_of(block.page))
    path = f"{folder}/line{block.line}.{_ending(block)}"
    return Script(block, path, text, _runner(block), len(_TEST.findall(text)))


def _ending(block: Block) -> str:
    if re.search(r"\brequire\(|\bmodule\.exports\b", block.text):
        return "cjs"
    return {"ts": "mts", "tsx": "tsx", "jsx": "jsx"}.get(block.language, "mjs")


def _runner(block: Block) -> str:
    if re.match(BROWSER.get(name_of(block.page), "$"), block.text):
        return "browser"
    return "vitest" if _VITEST.search(block.text) else "node"


def _before(source: str) -> Iterator[str]:
    """Yield what a block lacks, in its first line so that the others keep their numbers."""
    lacking = [name for name in _stand_ins() if _lacks(source, name)]
    if _lacks(source, "evi"):
        lacking.append("newWorld")
    if lacking:
        yield f'import {{ {", ".join(lacking)} }} from "../{STAND_INS}"; '
    if _after(source):
        yield 'import check from "node:assert/strict"; '
    if "newWorld" in lacking:
        yield "const evi = await newWorld(); "


def _stand_ins() -> list[str]:
    exported = (TESTS / STAND_INS).read_text()
    declared = re.findall(r"^export (?:async )?(?:function|const) (\w+)", exported, re.MULTILINE)
    return [*declared, *re.findall(r"^export \{ (\w+) \}", exported, re.MULTILINE)]


def _lacks(source: str, name: str) -> bool:
    """True if a block uses a name that it neither imports, declares, nor gets as a fixture."""
    declared = rf"(?m:^import [^;]*\b{name}\b(?!-)[^;]*;)|\b(?:const|let|function|class) {name}\b"
    fixture = rf"\(\{{[^}}]*\b{name}\b[^}}]*\}}(?:, \w+)?\) =>"
    is_used = re.search(rf"(?<![\w/-])(?<!\w\.){name}[.(]", source)
    return is_used is not None and not re.search(f"{declared}|{fixture}", source)


def _after(source: str) -> str:
    parts = [dedent(text) for sign, text in AFTER.items() if sign in source]
    if _lacks(source, "evi"):
        parts.append("await evi.close();")
    return "\n".join(parts)


def write(project: Path) -> list[Script]:
    """Write the blocks into a project that has the packages they import."""
    unpack(project)
    for installed in (KIT / "node_modules", ROOT / "tests" / "node" / "node_modules"):
        for package in installed.iterdir():
            link = project / "node_modules" / package.name
            if not link.exists():
                link.symlink_to(package)
    for name in (STAND_INS, "run_blocks.mjs"):
        shutil.copy(TESTS / name, project)
    found = list(scripts())
    for each in found:
        path = project / each.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(each.text)
        titled = path.with_name(each.block.title or path.name)
        if not titled.exists():  # the first of its name, which others import
            titled.write_text(each.text)
    return found
