"""Puts the tokens of a language model together, since a chat can only speak whole sentences."""

from collections.abc import AsyncIterator

from emulator.apis.evi.model.replies import Reply, Words
from emulator.audio.sentences import complete_sentences


async def sentence_by_sentence(replies: AsyncIterator[Reply]) -> AsyncIterator[Reply]:
    """Yield words once they complete a sentence, or are the last before another kind of reply."""
    held = ""
    async for reply in replies:
        if isinstance(reply, Words):
            held += reply.text
            if not complete_sentences(held)[0]:
                continue
            reply, held = Words(held), ""
        elif held:
            yield Words(held)
            held = ""
        yield reply
