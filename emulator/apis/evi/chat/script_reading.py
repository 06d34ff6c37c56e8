"""Reads scripts by their names, and the contents of their files."""

from collections.abc import Mapping
from typing import Any

from emulator.apis.evi.chat.finding_scripts import script_path
from emulator.apis.evi.chat.kept_text import keep_text
from emulator.apis.evi.chat.script import Script


def script_from(source: str | Mapping[str, Any], name: str = "script") -> Script:
    """Return a bundled script, a file's, or the one of a content. Raises ScriptError.

    `name` is that of a content.
    """
    # on pydantic, which takes 0.1 s
    from emulator.apis.evi.chat.script_file import load_script, read_script_file

    if isinstance(source, str):
        script = load_script(read_script_file(source), source)[0]
        keep_text(script, script_path(source).read_text(errors="replace"))
        return script
    return load_script(dict(source), name)[0]
