"""The files that come with the package: the document, the seeds, the voice library.

In a checkout they lie at the top level, in an installed wheel inside the package, where each
YAML file has its JSON twin beside it (made when the wheel is built, since YAML costs 30 times
as long to read).
"""

import json
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "bundled"
_CHECKOUT = _PACKAGE.parent

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def bundled(name: str) -> Path:
    """The path of a bundled file, such as 'openapi.yaml' or 'fixtures/demo.yaml'."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / name


def read_data(path: Path) -> Any:
    """The content of a YAML or JSON file. Raises OSError, yaml.YAMLError, ValueError."""
    twin = path.with_suffix(".json")
    if path.is_relative_to(_INSTALLED) and twin.is_file():
        return json.loads(twin.read_bytes())
    if path.suffix == ".json":
        return json.loads(path.read_bytes())
    with path.open("rb") as file:
        return yaml.load(file, Loader)
