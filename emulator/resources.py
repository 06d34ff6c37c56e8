"""Reading data files: those that come with the package, and those that people write.

The document, the seeds and the voice library lie at the top level of a checkout, and inside the
package in an installed wheel. There each YAML file has its JSON twin beside it, made when the wheel
is built: YAML costs 30 times as long to read, and its parser is not even imported then.
"""

import json
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "bundled"
_CHECKOUT = _PACKAGE.parent


class YamlSyntaxError(ValueError):
    """A text is no YAML; `line` counts from 1, where it is known."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


def bundled(name: str) -> Path:
    """The path of a bundled file, such as 'openapi.yaml' or 'fixtures/demo.yaml'."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / name


def read_data(path: Path) -> Any:
    """The content of a YAML or JSON file. Raises OSError, ValueError."""
    twin = path.with_suffix(".json")
    if path.is_relative_to(_PACKAGE) and twin.is_file():
        return json.loads(twin.read_bytes())
    if path.suffix == ".json":
        return json.loads(path.read_bytes())
    return _with_yaml("load", path)


def read_nodes(path: Path) -> Any:
    """The nodes of a YAML or JSON file, which know their lines; the file can be read."""
    return _with_yaml("compose", path)


def _with_yaml(function: str, path: Path) -> Any:
    import yaml  # whose import costs time that an installed emulator never needs

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with path.open("rb") as file:
            return getattr(yaml, function)(file, loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise YamlSyntaxError(str(error.problem), line) from None
    except yaml.YAMLError as error:
        raise YamlSyntaxError(str(error), None) from None
