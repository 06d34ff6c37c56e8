"""Splits text into sentences, as it is spoken."""

import re

LONGEST_SENTENCE = 10_000  # characters of a growing text
_CLOSING = "\"')]"  # may follow a sentence's end
_END = re.compile(r"[.!?][\"')\]]*\s+")


def complete_sentences(text: str) -> tuple[list[str], str]:
    """Return the sentences of a growing text that are complete, and the rest of it."""
    end = end_of_sentences(text)
    return (sentences(text[:end]) if end else []), text[end:]


def end_of_sentences(text: str, known: int = 0) -> int:
    """Return where the last complete sentence of a growing text ends; 0 if none is complete.

    No sentence ends in the first `known` characters. A long text without an end is complete.
    """
    end = 0
    if _may_end(text):
        before = max(0, len(text[:known].rstrip(_CLOSING)) - 1)
        for gap in _END.finditer(text, before):
            end = gap.end()
    return end or (len(text) if len(text) > LONGEST_SENTENCE else 0)


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
