"""Splits text into sentences, as it is spoken."""

import re

LONGEST_SENTENCE = 10_000  # characters of a growing text
_END = re.compile(r"[.!?][\"')\]]*\s+")


def complete_sentences(text: str) -> tuple[list[str], str]:
    """Return the sentences of a growing text that are complete, and the rest of it.

    A long text without an end is taken for complete.
    """
    if len(text) > LONGEST_SENTENCE and _END.search(text) is None:
        return [text.strip() or text], ""
    end = 0
    for gap in _END.finditer(text) if _may_end(text) else ():
        end = gap.end()
    return (sentences(text[:end]) if end else []), text[end:]


def _may_end(text: str) -> bool:
    """Return False if no sentence ends in a text, which is known soon."""
    return "." in text or "!" in text or "?" in text


def sentences(text: str) -> list[str]:
    """Return the sentences of a text: at least one, even if it is empty."""
    parts, begin = [], 0
    for gap in _END.finditer(text):
        parts.append(text[begin : gap.end()].strip())
        begin = gap.end()
    parts.append(text[begin:].strip())
    return [part for part in parts if part] or [text]
