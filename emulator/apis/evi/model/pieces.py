"""Puts the tokens of a language model together, since a chat can only speak whole sentences."""

from emulator.apis.evi.model.replies import Hear, Reply, Words
from emulator.audio.sentences import end_of_sentences


class SentenceBySentence:
    """Passes replies on: words once they are whole sentences, or before another kind of reply."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._held = ""  # in which no sentence ends

    def __call__(self, reply: Reply) -> None:
        """Take a reply."""
        if isinstance(reply, Words):
            held = self._held + reply.text
            end = end_of_sentences(held, len(self._held))
            self._held = held[end:]
            if end:
                self._hear(Words(held[:end]))
            return
        if self._held:
            held, self._held = self._held, ""
            self._hear(Words(held))
        self._hear(reply)
