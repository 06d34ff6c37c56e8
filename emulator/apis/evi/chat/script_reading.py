"""Reads scripts by their names, and the contents of their files."""

from collections.abc import Mapping
from typing import Any

from emulator.apis.evi.chat.script import Script


def named_script(name: str) -> Script:
    """Return a bundled script, or a file's; an empty script for ''. Raises ScriptError."""
    return script_from(name) if name else Script()


def script_from(source: str | Mapping[str, Any], name: str = "script") -> Script:
    """Return a bundled script, a file's, or the one of a content. Raises ScriptError.

    `name` is that of a content.
    """
    # on pydantic, which takes 0.1 s
    from emulator.apis.evi.chat.script_file import load_script, read_script_file

    if isinstance(source, str):
        return load_script(read_script_file(source), source)[0]
    return load_script(dict(source), name)[0]
