"""The text that waits to be spoken on a socket."""

import re
from collections.abc import Sequence
from dataclasses import replace

from emulator.apis.tts.request import Utterance

FULL = 300  # characters; what is ready of a fuller buffer is spoken at once
_LONGEST = 5000  # characters; so much is spoken even if no word ends in it
_SENTENCES = re.compile(r".*(?:[.!?…][\"')\]”’]*\s+|[。！？])", re.DOTALL)
_WORDS = re.compile(r".*\s", re.DOTALL)


class TextBuffer:
    """Utterances that grow: text joins the last one verbatim, if it is said in the same manner."""

    def __init__(self) -> None:
        self._utterances: list[Utterance] = []

    def __bool__(self) -> bool:
        return bool(self._utterances)

    def add(self, utterance: Utterance) -> None:
        """Append text; an utterance with a silence after it takes no more."""
        if not utterance.text:
            return
        last = self._utterances[-1] if self._utterances else None
        if last is not None and _joins(last, utterance):
            joined = last.text + utterance.text
            self._utterances[-1] = replace(utterance, text=joined)
        else:
            self._utterances.append(utterance)

    @property
    def is_full(self) -> bool:
        """True if it holds more text than it waits with."""
        return self._characters >= FULL

    @property
    def _characters(self) -> int:
        return sum(len(each.text) for each in self._utterances)

    def take_all(self) -> Sequence[Utterance]:
        """Empty the buffer, and return what was in it."""
        taken, self._utterances = self._utterances, []
        return taken

    def take_ready(self) -> Sequence[Utterance]:
        """Take what ends with a sentence, or at least with a word; the rest stays."""
        last = self._utterances[-1]
        if last.trailing_silence_s or self._characters >= _LONGEST:
            return self.take_all()
        ready = _SENTENCES.match(last.text) or _WORDS.match(last.text)
        if ready is None:
            return ()
        if ready.end() == len(last.text):
            return self.take_all()
        taken = [*self._utterances[:-1], replace(last, text=ready[0])]
        self._utterances = [replace(last, text=last.text[ready.end() :])]
        return taken


def _joins(last: Utterance, next: Utterance) -> bool:
    """True if two texts are said in one manner, without a silence between them."""
    same = replace(next, text=last.text, trailing_silence_s=0)
    return last == same
