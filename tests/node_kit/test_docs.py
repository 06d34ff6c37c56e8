"""The blocks of JavaScript and TypeScript on the pages run, print what is shown, and have types."""

import json
import re
from pathlib import Path

import pytest

from emulator import Emulator
from emulator.testing.world import Evi
from tests.docs.commands import DEFAULT
from tests.node_kit.blocks import AFTER, BROWSER, KIT, Script, signatures, write
from tests.node_kit.kit import COMMAND, ROOT, WEBSOCKET, command, run, why_not
from tests.node_kit.signatures import write_signatures

ESBUILD = ROOT / "tests" / "node" / "node_modules" / "esbuild"
SHOWN = re.compile(r"^console\.log\(.*\); // (.+)$", re.MULTILINE)


def lacking() -> str:
    """Return what is missing to run the blocks, or nothing."""
    if why := why_not():
        return why
    if not ESBUILD.is_dir():
        return "run make .venv/node: the vendor's client is not there"
    return "" if (KIT / "node_modules").is_dir() else "run make node-kit: clients/node/node_modules"


pytestmark = [pytest.mark.process, pytest.mark.skipif(bool(lacking()), reason=lacking())]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def written(project: Path) -> list[Script]:
    """The blocks as files of a project."""
    return write(project)


def by(runner: str, written: list[Script]) -> list[Script]:
    return [each for each in written if each.runner == runner]


def test_each_block_is_run_by_something(written: list[Script]) -> None:
    """No row of the tables is left over, and few blocks need a browser."""
    assert len(by("node", written)) > 15
    assert len(by("vitest", written)) > 5
    assert len(by("browser", written)) <= 4
    sources = [each.block.text for each in written]
    assert [sign for sign in AFTER if not any(sign in each for each in sources)] == []
    pages = {each.place.split(":")[0] for each in by("browser", written)}
    assert pages == BROWSER.keys()


def test_the_blocks_run(project: Path, written: list[Script], evi: Evi) -> None:
    """In one process of Node, against one emulator; what a page shows is what its block prints."""
    chosen = by("node", written)
    for each in chosen:
        path = project / each.path
        path.write_text(path.read_text().replace(DEFAULT, evi.url))
    printed = project / "printed.json"
    words = ["node", WEBSOCKET, "run_blocks.mjs", str(printed), *(each.path for each in chosen)]
    variables = {
        COMMAND: command(),
        "EVI_URL": evi.url,
        "HUME_BASE_URL": evi.url,
        "HUME_API_KEY": evi.api_key,
    }
    done = run(words, project, variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"# pass {sum(each.tests for each in chosen)}\n" in done.stdout, done.stdout
    lines = json.loads(printed.read_text())
    for each in chosen:
        shown = SHOWN.findall(each.block.text)
        assert not shown or lines[each.path] == shown, each.place


def test_the_blocks_of_vitest_and_jest_run(
    project: Path, written: list[Script], evi_server: Emulator
) -> None:
    """In one run of Vitest, which has Jest's globals; Jest itself runs in `make test-clients`."""
    chosen = by("vitest", written)
    [page] = [each.path for each in written if each.block.title == "vitest.config.mjs"]
    configuration = (
        f'import page from "./{page}";\n'
        "export default { test: { ...page.test, globals: true, testTimeout: 60000, "
        f"include: {json.dumps([_loaded(project, each) for each in chosen])} }} }};\n"
    )
    (project / "pages.config.mjs").write_text(configuration)
    vitest = str(KIT / "node_modules" / ".bin" / "vitest")
    words = [vitest, "--run", "--config", "pages.config.mjs", "--root", "."]
    done = run(words, project, {"EVI_URL": evi_server.url})
    assert done.returncode == 0, done.stdout + done.stderr
    tests = sum(each.tests for each in chosen)
    assert re.search(rf"Tests +{tests} passed", done.stdout), done.stdout


def _loaded(project: Path, script: Script) -> str:
    """Return the file that Vitest loads: for CommonJS, which it has not, one that requires it."""
    if not script.path.endswith(".cjs"):
        return script.path
    name = Path(script.path).name
    wrapper = (project / script.path).with_suffix(".wrapped.mjs")
    wrapper.write_text(
        'import { createRequire } from "node:module";\n'
        f'createRequire(import.meta.url)("./{name}");\n'
    )
    return str(wrapper.relative_to(project))


def test_the_types_are_right(project: Path, written: list[Script]) -> None:
    """Of all blocks at once, as the compiler sees them; signatures are those of the package."""
    dist = project / "node_modules" / "evi-emulator" / "dist"
    shown = [str(each) for each in write_signatures(signatures(), dist)]
    configuration = {
        "compilerOptions": {
            "strict": True,
            "noImplicitAny": False,
            "strictNullChecks": False,
            "noEmit": True,
            "allowJs": True,
            "checkJs": True,
            "skipLibCheck": True,
            "module": "nodenext",
            "moduleDetection": "force",
            "target": "es2022",
            "lib": ["es2023", "esnext.disposable", "dom"],
            "types": ["node", "vitest/globals"],
        },
        "files": [*shown, *(each.path for each in written)],
    }
    (project / "tsconfig.json").write_text(json.dumps(configuration))
    done = run([str(KIT / "node_modules" / ".bin" / "tsc"), "--pretty"], project)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0
