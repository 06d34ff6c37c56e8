"""Has Node's processes redirect what they send to the service: `evi-emulator exec --intercept`.

The JavaScript is the package's for Node: `make node-kit` puts it here, compiled.
"""

from collections.abc import Mapping
from pathlib import Path

SCRIPTS = Path(__file__).with_name("node")
_OPTIONS = "NODE_OPTIONS"


def intercepting(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment whose Node processes begin with the redirection.

    It leads where HUME_BASE_URL and HUME_API_KEY say. Options that Node has already stay.
    """
    path = str(SCRIPTS / "preload.cjs").replace("\\", "\\\\").replace('"', '\\"')
    options = f'{environment.get(_OPTIONS, "")} --require "{path}"'.strip()
    return {**environment, _OPTIONS: options}
