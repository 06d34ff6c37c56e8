"""The machinery that serves the APIs knows none of them: not its paths, messages or modules."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import emulator
from emulator.apis.evi.chat.messages import ClientMessage, ServerMessage
from tests.served import SERVED

PACKAGE = Path(emulator.__file__).parent
# Those that may know an API: the APIs, and what lies above the server.
NO_MACHINERY = ("apis/", "chat/", "cli/", "extras/", "testing/", "pytest_plugin.py")
# The server is given the tuple of APIs here, and nowhere else.
MAY_IMPORT = {"server.py": {"emulator.apis.apis"}}

PATHS = {path for each in SERVED for path in each.document.content["paths"]}
PREFIXES = ("/v0/", "/v1/")  # of every path of the documents
# An ordinary word, which has many meanings in the machinery.
ORDINARY = {"error"}
TYPES = {
    str(model.model_fields["type"].default)
    for model in (*get_args(ClientMessage), *get_args(ServerMessage))
} - ORDINARY


def machinery() -> list[str]:
    """Return the path of each module of the machinery."""
    names = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))
    return [name for name in names if not name.startswith(NO_MACHINERY)]


def texts(source: str) -> Iterator[str]:
    """Return the string constants of a module, but for docstrings."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            if isinstance(node.value, bytes):
                yield node.value.decode("latin-1")
            elif isinstance(node.value, str):
                yield node.value


def known_names(source: str) -> list[str]:
    """Return what a module names of an API: a path of a document, a type of a message."""
    return [
        text
        for text in texts(source)
        if text in TYPES or any(prefix in text for prefix in PREFIXES)
    ]


def imported(source: str) -> set[str]:
    """Return the modules of APIs that a module imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return {name for name in found if f"{name}.".startswith("emulator.apis.")}


def test_machinery_names_nothing_of_an_api() -> None:
    """No text of the machinery has a path of a document, or is the type of a message."""
    named = {name: known_names((PACKAGE / name).read_text()) for name in machinery()}
    assert {name: found for name, found in named.items() if found} == {}


def test_machinery_imports_no_api() -> None:
    """Only the server imports the tuple of the APIs."""
    for name in machinery():
        found = {each.removesuffix(".APIS") for each in imported((PACKAGE / name).read_text())}
        assert found == MAY_IMPORT.get(name, set()), name


def test_what_is_looked_for() -> None:
    """The lists come from the documents and from the models of messages."""
    assert all(path.startswith(PREFIXES) for path in PATHS)
    assert {"/v0/evi/configs/{id}", "/v0/tts/voices"} <= PATHS
    assert {"audio_input", "chat_metadata", "session_settings", "tool_call"} <= TYPES
    assert all((PACKAGE / name).exists() for name in (*NO_MACHINERY, *MAY_IMPORT))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("path = '/v0/evi/configs'", ["/v0/evi/configs"]),
        ("path = f'{base}/v0/tts/voices?page={n}'", ["/v0/tts/voices?page="]),
        ("ok = path.startswith(b'/v0/')", ["/v0/"]),
        ("ok = kind in ('audio_input', 'error')", ["audio_input"]),
        ("def f():\n    'Answers /v0/evi/chat.'\n    return 'of chat_metadata'", []),
    ],
)
def test_names_are_found(source: str, found: list[str]) -> None:
    """A path may be part of a text, a type is all of it; docstrings may name either."""
    assert known_names(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import emulator.apis.evi.api", {"emulator.apis.evi.api"}),
        ("from emulator import apis", {"emulator.apis"}),
        (
            "def f():\n    from emulator.apis.evi import api",
            {"emulator.apis.evi", "emulator.apis.evi.api"},
        ),
        ("from emulator.api import Api", set()),
    ],
)
def test_imports_are_found(source: str, found: set[str]) -> None:
    """Whichever way it is imported."""
    assert imported(source) == found
