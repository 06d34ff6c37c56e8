"""Reads each YAML file of the checkout once per process.

A wheel has JSON twins of them; a checkout parses YAML at the start of every server, which is most
of what the start costs.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from emulator.resources import bundled

CHECKOUT = bundled("")

ReadYaml = Callable[[Path], Any]


def once_each(read: ReadYaml) -> ReadYaml:
    """Wrap `read` so that it parses a file of the checkout once; each caller gets a copy."""

    @cache
    def content(path: Path, changed_ns: int) -> bytes:
        return orjson.dumps(read(path), option=orjson.OPT_NON_STR_KEYS)

    def read_once(path: Path) -> Any:
        if not path.is_relative_to(CHECKOUT):
            return read(path)
        return orjson.loads(content(path, path.stat().st_mtime_ns))

    return read_once
