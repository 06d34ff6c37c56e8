"""Guesses how a word is pronounced, by rules of English spelling."""

import re
from functools import lru_cache

_VOWEL, _CONSONANT = "[aeiouy]", "[b-df-hj-np-tv-xz]"
_BEFORE_E = rf"(?={_CONSONANT}es?\b)"  # "make", but not "making"

# Letters, as a pattern, and their sounds in IPA. The first rule that fits counts. None makes more
# sounds than it takes letters.
_RULES: tuple[tuple[str, str], ...] = (
    ("tion", "ʃ ə n"), ("ture", "tʃ ɚ"), ("eigh", "eɪ"), ("igh", "aɪ"), ("tch", "tʃ"),
    ("sch", "s k"), ("dge", "dʒ"), ("th", "θ"), ("sh", "ʃ"), ("ch", "tʃ"), ("ph", "f"),
    ("wh", "w"), ("ng", "ŋ"), ("ck", "k"), ("qu", "k w"), (r"\bkn", "n"), (r"\bwr", "ɹ"),
    ("gh", "ɡ"), ("ee", "iː"), ("ea", "iː"), ("oo", "uː"), ("ou", "aʊ"), ("ow", "aʊ"),
    ("oi", "ɔɪ"), ("oy", "ɔɪ"), ("ai", "eɪ"), ("ay", "eɪ"), ("au", "ɔː"), ("aw", "ɔː"),
    ("oa", "oʊ"), ("ew", "uː"), ("ie", "iː"), ("ue", "uː"),
    (f"a{_BEFORE_E}", "eɪ"), (f"i{_BEFORE_E}", "aɪ"), (f"o{_BEFORE_E}", "oʊ"),
    (f"u{_BEFORE_E}", "uː"), (rf"(?<={_VOWEL}{_CONSONANT})e(?=s?\b)", ""),
    ("ar", "ɑː ɹ"), ("er", "ɚ"), ("ir", "ɜː"), ("or", "ɔː ɹ"), ("ur", "ɜː"),
    (rf"y(?={_VOWEL})", "j"), (rf"(?<=\b{_CONSONANT})y\b", "aɪ"), (r"y\b", "i"), ("y", "ɪ"),
    ("c(?=[eiy])", "s"), ("g(?=[eiy])", "dʒ"),
    (rf"(?P<double>{_CONSONANT})(?=(?P=double))", ""),
    (r"\ba\b", "ə"), (r"e\b", "iː"), (r"i\b", "aɪ"), (r"o\b", "oʊ"),
    ("a", "æ"), ("c", "k"), ("e", "ɛ"), ("g", "ɡ"), ("i", "ɪ"), ("j", "dʒ"), ("o", "ɑː"),
    ("q", "k"), ("r", "ɹ"), ("u", "ʌ"), ("x", "ks"),
)  # fmt: skip
_SOUNDS = {f"rule{number}": sound.split() for number, (_, sound) in enumerate(_RULES)}
_SPELLING = re.compile(
    "|".join(f"(?P<rule{number}>{letters})" for number, (letters, _) in enumerate(_RULES))
    + r"|[^\W_]"  # any other letter or digit stands for itself
)
_KEPT_WORDS = 1_024


@lru_cache(maxsize=_KEPT_WORDS)
def phonemes_of(word: str) -> tuple[str, ...]:
    """Return the sounds of a word in IPA: at least one, and at most one for each character."""
    sounds: list[str] = []
    for letters in _SPELLING.finditer(word.lower()):
        rule = letters.lastgroup
        sounds += (letters.group(),) if rule is None else _SOUNDS[rule]
    return tuple(sounds[: len(word)]) or (word,)
