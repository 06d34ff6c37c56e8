"""The shape of the package, as ARCHITECTURE.md draws it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import emulator

PACKAGE = Path(emulator.__file__).parent

# Each layer may import from the layers below it, and from itself; layers on one line not from
# each other.
LADDER = [
    ["__main__"],
    ["cli", "pytest_plugin"],
    ["testing"],
    ["server"],
    ["web"],
    ["recording"],
    ["seed", "simulation", "triggers", "stubbing", "snapshots"],
    ["operations"],
    ["world"],
    ["contract"],
    ["chat", "webhooks", "wiremock"],
    ["store", "openapi"],
    ["handwritten", "timers", "waiting", "faults", "allowance"],
    ["settings", "resources", "ready"],
    ["durations", "atomic", "redaction"],
    ["errors", "clock", "ids", "jsontext", "hosts", "credentials", "patterns"],
]
DISTRIBUTIONS = {  # of packages with another name
    "httpx": "hume",  # is made on it, and only with it is it imported
    "re2": "google_re2",
    "yaml": "pyyaml",
}
LEVELS = {layer: level for level, layers in enumerate(LADDER) for layer in layers}


def modules() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_layers(path: Path) -> Iterator[str]:
    """The layers that a module imports from, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "emulator":
            yield from (alias.name for alias in node.names if alias.name in LEVELS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("emulator."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.split(".")[1]
                for alias in node.names
                if alias.name.startswith("emulator.")
            )


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_the_ladder(path: Path) -> None:
    """A module imports from layers below its own, never from above or from a sibling."""
    own = layer_of(path)
    assert own in LEVELS, f"{own} has no place in the ladder"
    for layer in imported_layers(path):
        assert layer == own or LEVELS[layer] > LEVELS[own], f"{own} must not import {layer}"


def test_every_layer_of_the_ladder_exists() -> None:
    """The ladder names no layer that is gone."""
    assert {layer_of(path) for path in modules()} == set(LEVELS)


def test_only_web_and_server_know_the_server_libraries() -> None:
    """starlette and uvicorn are imported by `web/` and `server.py` alone."""
    for path in modules():
        names = {
            (node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        } | {
            alias.name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        if names & {"starlette", "uvicorn"}:
            assert layer_of(path) in ("web", "server"), path


def imported_modules(path: Path) -> set[str]:
    tree = list(ast.walk(ast.parse(path.read_text())))
    froms = {node.module or "" for node in tree if isinstance(node, ast.ImportFrom)}
    return froms | {a.name for node in tree if isinstance(node, ast.Import) for a in node.names}


def test_who_may_dial_out() -> None:
    """Webhooks do, the recording proxy, and what talks to an emulator; nobody else could."""
    means = {"aiohttp", "httpx", "requests", "urllib.request", "websockets"}
    found = {
        str(path.relative_to(PACKAGE)): imported_modules(path) & means
        for path in modules()
        if imported_modules(path) & means
    }
    assert found == {
        "webhooks/sender.py": {"aiohttp"},
        "ready.py": {"urllib.request"},
        "cli/http.py": {"urllib.request"},
        "web/recording/proxy.py": {"aiohttp"},  # to --upstream
        "web/recording/tunnel.py": {"aiohttp"},
        "web/recording/resender.py": {"aiohttp"},  # to an emulator
        "web/recording/resent_socket.py": {"aiohttp"},
        "web/recording/sockets.py": {"aiohttp"},
        "testing/world.py": {"httpx"},  # for Hume's client, where a test asks for it
    }


def test_architecture_page_shows_the_ladder() -> None:
    """ARCHITECTURE.md draws the ladder that is checked here."""
    page = (PACKAGE.parent / "ARCHITECTURE.md").read_text()
    for layers in LADDER:
        assert "| " + ", ".join(f"`{layer}`" for layer in layers) + " |" in page


def test_every_imported_package_is_declared() -> None:
    """What modules import is the standard library's, the package's own, or a dependency."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
    declared = {re.split(r"[^\w-]", line)[0].lower().replace("-", "_") for line in lines}
    imported = {name for path in modules() for name in imported_packages(path)}
    foreign = imported - sys.stdlib_module_names - {"emulator"}
    assert {DISTRIBUTIONS.get(name, name) for name in foreign} <= declared


def imported_packages(path: Path) -> Iterator[str]:
    """The packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).split(".")[0]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
