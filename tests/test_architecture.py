"""The shape of the package, as ARCHITECTURE.md draws it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import emulator

PACKAGE = Path(emulator.__file__).parent
ITSELF = "emulator"

# Each room may import from the rooms below it, and from itself; rooms on one line not from each
# other. What is not named here is a module of the base, at the bottom.
LADDER = [
    ["__main__"],
    ["extras", "cli", "testing", "pytest_plugin"],
    ["chat"],  # what tests import
    ["server"],
    ["web"],
    ["apis"],
    ["actions"],
    ["api"],
    ["control", "handles", "sockets"],
    ["world"],
    ["twilio"],
    ["contract", "outgoing"],
    ["faults", "journal", "audio"],
    ["store", "openapi"],
    ["redaction"],
]
BASE = len(LADDER)
LEVELS = {room: level for level, rooms in enumerate(LADDER) for room in rooms}
TOGETHER = LADDER[1]  # what starts an emulator: these may import each other
BUILDS_ON = {"evi": {"voices"}, "tts": {"voices"}, "phone": {"evi", "voices"}}  # APIs, by API
DISTRIBUTIONS = {  # of packages with another name
    "httpx": "hume",  # is made on it, and only with it is it imported
    "re2": "google_re2",
    "yaml": "pyyaml",
}
LEVELS = {layer: level for level, layers in enumerate(LADDER) for layer in layers}


def modules() -> dict[str, Path]:
    """Return every module by its name; ITSELF is the package's own `__init__`."""
    return {name_of(path): path for path in PACKAGE.rglob("*.py")}


def name_of(path: Path) -> str:
    parts = (ITSELF, *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    return module.removeprefix(f"{ITSELF}.").split(".")[0]


def level_of(module: str) -> int:
    return LEVELS.get(room_of(module), BASE)


ImportNode: TypeAlias = ast.Import | ast.ImportFrom


@cache
def import_nodes(path: Path) -> Sequence[tuple[ImportNode, bool]]:
    """Return every import of a module, and whether it is inside a function.

    An import is a statement, so expressions are not looked into.
    """
    found: list[tuple[ImportNode, bool]] = []
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(path.read_text()), False)]
    while waiting:
        node, is_late = waiting.pop()
        if isinstance(node, ImportNode):
            found.append((node, is_late))
            continue
        is_late = is_late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        fields = ("body", "handlers", "orelse", "finalbody", "cases")
        inner = chain.from_iterable(getattr(node, name, ()) for name in fields)
        waiting += [(each, is_late) for each in inner]
    return found


def imports(module: str) -> set[str]:
    """Return the emulator's modules that a module imports, at its top or inside a function.

    The package itself imports `Emulator` late, for whoever asks for it: that is left out.
    """
    found = set[str]()
    nodes: Iterable[ast.AST] = (node for node, _ in import_nodes(MODULES[module]))
    for node in ast.parse(MODULES[ITSELF].read_text()).body if module == ITSELF else nodes:
        if isinstance(node, ast.ImportFrom) and origin(node, module).split(".")[0] == ITSELF:
            names = {f"{origin(node, module)}.{alias.name}" for alias in node.names}
            inner = names & MODULES.keys()
            found |= inner or {origin(node, module)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & MODULES.keys()
    return found - {module}


def origin(node: ast.ImportFrom, module: str) -> str:
    """Return the module that a statement imports from, in full where it is relative."""
    if not node.level:
        return str(node.module)
    assert node.level == 1, f"{module} imports from a folder above it"
    is_package = MODULES[module].name == "__init__.py"
    package = module if is_package else module.rpartition(".")[0]
    return f"{package}.{node.module}"


MODULES = modules()


@cache
def all_imports() -> Mapping[str, set[str]]:
    """Return what each module imports."""
    return {name: imports(name) for name in MODULES}


def may_import(module: str, imported: str) -> bool:
    """True if the other module is of the same room, or of one below."""
    room, other = room_of(module), room_of(imported)
    are_together = room in TOGETHER and other in TOGETHER
    is_down = level_of(imported) > level_of(module)
    is_base = level_of(module) == level_of(imported) == BASE
    return other == room or is_down or is_base or are_together


def test_imports_go_down_the_ladder() -> None:
    """A module imports from rooms below its own, never from above or from a sibling."""
    wrong = [
        f"{module} must not import {imported}"
        for module in sorted(MODULES.keys() - {ITSELF})
        for imported in sorted(all_imports()[module])
        if not may_import(module, imported)
    ]
    assert wrong == []


def test_apis_import_only_those_that_they_build_on() -> None:
    """Voices, which several share, and EVI, to which a telephone speaks."""
    for module in (name for name in MODULES if name.count(".") > 2 and room_of(name) == "apis"):
        own = module.split(".")[2]
        others = {name for name in all_imports()[module] if room_of(name) == "apis"}
        assert {name.split(".")[2] for name in others} <= {own, *BUILDS_ON.get(own, ())}, module


def test_no_module_imports_itself_in_a_circle() -> None:
    """Modules can be put in an order in which each comes after those that it imports."""
    left = {name: set(imported) for name, imported in all_imports().items()}
    while free := [name for name, imported in left.items() if not imported & left.keys()]:
        for name in free:
            del left[name]
    assert not left


def test_the_package_imports_late_what_users_import() -> None:
    """What the test above leaves out are two imports."""
    tree = ast.parse(MODULES[ITSELF].read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    late = [node for node in found if node not in tree.body and node.module != "typing"]
    names = {"emulator.testing.emulator", "emulator.testing.world"}
    assert {node.module for node in late} == names


def test_every_room_of_the_ladder_exists() -> None:
    """The ladder names no room that is gone."""
    assert LEVELS.keys() <= {room_of(name) for name in MODULES}


LOADED_LATE = 58  # imports inside functions, each with its reason (ARCHITECTURE.md)


def test_few_imports_are_inside_functions() -> None:
    """They hide what a module needs; start-up time is the reason for those that are left."""
    found = {
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name in MODULES.keys() - {ITSELF}  # tested above
        for node, is_late in import_nodes(MODULES[name])
        if is_late
    }
    assert len(found) <= LOADED_LATE, "\n".join(sorted(found))


def test_only_web_and_server_know_the_server_libraries() -> None:
    """starlette and uvicorn are imported by `web/`, `server.py` and mounts alone."""
    for name, path in MODULES.items():
        if imported_packages_of(path) & {"starlette", "uvicorn"}:
            assert room_of(name) in ("web", "server") or name == "emulator.extras.wiremock.routes"


def imported_packages_of(path: Path) -> set[str]:
    return set(imported_packages(path))


def imported_modules(path: Path) -> set[str]:
    nodes = [node for node, _ in import_nodes(path)]
    froms = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return froms | {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}


def test_who_may_dial_out() -> None:
    """Webhooks do, models of all kinds, the recording proxy, what talks to an emulator."""
    means = {"aiohappyeyeballs", "aiohttp", "httpx", "requests", "urllib.request", "websockets"}
    found = {
        str(path.relative_to(PACKAGE)): imported_modules(path) & means
        for path in MODULES.values()
        if imported_modules(path) & means
    }
    assert found == {
        "outgoing/client.py": {"aiohttp"},
        "outgoing/connections.py": {"aiohttp"},
        "outgoing/http_client.py": {"aiohttp"},
        "outgoing/streaming.py": {"aiohappyeyeballs"},  # to custom language models
        "outgoing/speech.py": {"aiohttp"},  # to --voice
        "apis/evi/ears/caller.py": {"aiohttp"},  # to --ears
        "apis/evi/ears/transcription.py": {"aiohttp"},
        "apis/evi/model/socket_call.py": {"aiohttp"},  # to custom language models
        "ready.py": {"urllib.request"},
        "cli/http.py": {"urllib.request"},
        "apis/evi/model/check/stream_form.py": {"aiohttp"},  # to the server that is checked
        "apis/evi/model/check/frame_form.py": {"aiohttp"},
        "twilio/posting.py": {"aiohttp"},  # to what is called on the telephone
        "twilio/stream_socket.py": {"aiohttp"},
        "extras/recording/proxy.py": {"aiohttp"},  # to --upstream
        "extras/recording/forwarded_exchange.py": {"aiohttp"},
        "extras/recording/tunnel.py": {"aiohttp"},
        "extras/recording/upstream.py": {"aiohttp"},
        "extras/recording/resender.py": {"aiohttp"},  # to an emulator
        "extras/recording/resent_socket.py": {"aiohttp"},
        "extras/recording/sockets.py": {"aiohttp"},
        "testing/world.py": {"httpx"},  # for Hume's client, where a test asks for it
    }


def test_architecture_page_shows_the_ladder() -> None:
    """ARCHITECTURE.md draws the ladder that is checked here."""
    page = (PACKAGE.parent / "ARCHITECTURE.md").read_text()
    for rooms in LADDER:
        assert "| " + ", ".join(f"`{room}`" for room in rooms) + " |" in page


def test_every_imported_package_is_declared() -> None:
    """What modules import is the standard library's, the package's own, or a dependency."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
    declared = {re.split(r"[^\w-]", line)[0].lower().replace("-", "_") for line in lines}
    imported = {name for path in MODULES.values() for name in imported_packages(path)}
    foreign = imported - sys.stdlib_module_names - {"emulator"}
    assert {DISTRIBUTIONS.get(name, name) for name in foreign} <= declared


def imported_packages(path: Path) -> Iterator[str]:
    """The packages that a module imports, wherever in it."""
    for node, _ in import_nodes(path):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).split(".")[0]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
