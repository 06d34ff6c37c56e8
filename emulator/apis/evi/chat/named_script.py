"""Scripts by their names."""

from emulator.apis.evi.chat.script import Script


def named_script(name: str) -> Script:
    """Return a bundled script, or a file's; an empty script for ''. Raises ScriptError."""
    if not name:
        return Script()
    # on pydantic, which takes 0.1 s
    from emulator.apis.evi.chat.script_file import load_script, read_script_file

    return load_script(read_script_file(name), name)[0]
