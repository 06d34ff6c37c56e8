"""Reads data files: the package's own, and the user's.

The document, the seeds and the voice library lie at the top level of a checkout, and inside the
package in an installed wheel. In a wheel each YAML file has a JSON twin beside it, made when the
wheel is built: YAML takes 30 times as long to read, and with the twin its parser is not even
imported.
"""

import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "bundled"
_CHECKOUT = _PACKAGE.parent
_MOST_SIZE = 50_000_000  # characters of a YAML file with its aliases written out


class YamlSyntaxError(ValueError):
    """The text is not YAML; `line` counts from 1, where it is known."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


def bundled(name: str) -> Path:
    """Return the path of a bundled file, such as 'openapi.yaml' or 'fixtures/demo.yaml'."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / name


def is_shipped(path: Path) -> bool:
    """Return whether the file came with the emulator, whose tests have checked its content."""
    ours = (_PACKAGE, bundled("openapi.yaml"), bundled("fixtures"))
    return any(path.is_relative_to(each) for each in ours)


def read_data(path: Path) -> Any:
    """Return the content of a YAML or JSON file. Raises OSError, ValueError."""
    twin = path.with_suffix(".json")
    if path.is_relative_to(_PACKAGE) and twin.is_file():
        return orjson.loads(twin.read_bytes())
    if path.suffix == ".json":
        return json.loads(path.read_bytes())
    return _read_yaml(path)


def read_nodes(path: Path) -> Any:
    """Return the nodes of a YAML or JSON file that can be read; nodes have line numbers."""
    return _with_yaml(path, lambda loader, node: node)


def _read_yaml(path: Path) -> Any:
    """Return the content of a YAML file; None if it is empty."""
    return _with_yaml(path, lambda loader, node: loader.construct_document(node))


def _with_yaml(path: Path, use: Callable[[Any, Any], Any]) -> Any:
    """Return what `use` makes of a loader and the file's root node; None if the file is empty."""
    import yaml  # at first need, which an installed emulator never has: the import is slow

    text = path.read_bytes()
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        node = loader.get_single_node()
        if node is None:
            return None
        if b"*" in text:
            _size(node, {})
        return use(loader, node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise YamlSyntaxError(str(error.problem), line) from None
    except yaml.YAMLError as error:
        raise YamlSyntaxError(str(error), None) from None


def _size(node: Any, known: dict[int, int]) -> int:
    """Return about how many characters a YAML node has with its aliases written out.

    An alias costs nothing in YAML, but its whole content everywhere else. Raises ValueError.
    """
    if node.id == "scalar":
        return 1 + len(node.value)
    if id(node) not in known:
        known[id(node)] = 0  # until its parts are known
        size = 1
        for part in node.value if node.id == "sequence" else chain.from_iterable(node.value):
            size += _size(part, known)
        known[id(node)] = size
    if not known[id(node)]:
        raise ValueError("it can't be JSON: an alias (*) contains itself")
    if known[id(node)] > _MOST_SIZE:
        raise ValueError(f"its aliases (*) make more than {_MOST_SIZE} characters of it")
    return known[id(node)]
