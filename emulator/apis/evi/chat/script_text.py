"""Scripts as YAML, for people who read and edit them."""

import yaml

from emulator.apis.evi.chat.kept_text import kept_text
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.script_content import script_content

_WIDTH = 100  # characters of a line


def script_text(script: Script) -> str | None:
    """Return a script as YAML: the text that it was read from, as long as it says the same.

    Returns None for a script made in Python that no file can express.
    """
    kept = kept_text(script)
    if kept is not None:
        return kept
    content = script_content(script)
    if not content:
        return None if content is None else ""
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text
