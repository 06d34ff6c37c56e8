"""Text as it is spoken: sentence by sentence."""

import re

_END = re.compile(r"(?<=[.!?])(?:[\"')\]]*)\s+")


def sentences(text: str) -> list[str]:
    """The sentences of a text; one, though it be empty, for any text."""
    parts, begin = [], 0
    for gap in _END.finditer(text):
        parts.append(text[begin : gap.end()].strip())
        begin = gap.end()
    parts.append(text[begin:].strip())
    return [part for part in parts if part] or [text]
