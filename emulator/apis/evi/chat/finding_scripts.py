"""Finds scripts by name: bundled ones, and files."""

from pathlib import Path

from emulator.errors import ScriptError, closest
from emulator.resources import bundled


def bundled_scripts() -> dict[str, Path]:
    """Return the paths of the bundled scripts, by name."""
    files = sorted(bundled("fixtures/scripts").glob("*.yaml"))
    return {path.stem: path for path in files}


def script_path(name: str) -> Path:
    """Return a bundled script's file, or the path itself. Raises ScriptError if none exists."""
    known = bundled_scripts()
    if name in known:
        return known[name]
    if not Path(name).is_file():
        message = f"{unknown_script(name)}, or the path of a YAML or JSON file"
        raise ScriptError([((), message)], name, message)
    return Path(name)


def unknown_script(name: str) -> str:
    """Return the message for a script that is not bundled."""
    known = list(bundled_scripts())
    return f"no script {name!r}{closest(name, known)}; expected one of {', '.join(known)}"
