"""Generations: what text-to-speech has said, as far as voices and later generations need it.

A generation is remembered as JSON text, without its audio, which can be made again from it.
"""

from collections.abc import Callable, Iterator, Sequence

from emulator.audio.languages import language_of
from emulator.ids import derived_bytes
from emulator.jsontext import JsonObject, kept, read, render
from emulator.store.overlay import Overlay

UNGENDERED = ""
MOST_SOUND_BYTES = 4_194_304  # of conversions: an hour takes a quarter of a megabyte
_TIMBRE_BYTES = 8


class GenerationStore:
    """All generations of a world, in the order in which they were made."""

    def __init__(self) -> None:
        self._written: Overlay[str, bytes] = Overlay()
        self._begun: dict[str, Callable[[], JsonObject]] = {}  # not written yet
        self._conversions: tuple[str, ...] = ()  # ids of those whose sound is kept
        self.count = 0

    @property
    def _texts(self) -> Overlay[str, bytes]:
        """Return the text of every generation, by its id."""
        self._write_begun()
        return self._written

    def fork(self) -> "GenerationStore":
        """Return an equal store at no cost; changes on either side stay there."""
        copy = GenerationStore()
        copy._written = self._texts.fork()
        copy._conversions = self._conversions
        copy.count = self.count
        return copy

    def same_as(self, fork: "GenerationStore") -> bool:
        """True if neither has changed since one was forked from the other."""
        return self._texts.same_as(fork._texts)

    def begin(self, id: str, made: Callable[[], JsonObject]) -> None:
        """Remember a generation that is being sent: `made` returns it, once it is asked for.

        Its first chunk is sent sooner so, and it is written only once, when `note_end` is called.
        """
        self._begun[id.lower()] = made
        self.count += 1

    def add(self, generation: JsonObject) -> None:
        """Remember a generation, by its `id`; of conversions, the newest keep their sound."""
        self._write_begun()
        self._write(generation)
        self.count += 1

    def _write_begun(self) -> None:
        begun, self._begun = self._begun, {}
        for made in begun.values():
            self._write(made())

    def _write(self, generation: JsonObject) -> None:
        id = generation["id"].lower()
        self._written[id] = kept(render(generation))
        if "loudness" in generation and id not in self._conversions:
            self._conversions += (id,)
            self._forget_sounds()

    def _forget_sounds(self) -> None:
        """Forget the sound of the oldest conversions: nothing else can make it again."""
        texts = self._written
        while sum(len(texts[id]) for id in self._conversions) > MOST_SOUND_BYTES:
            oldest, *others = self._conversions
            self._conversions = tuple(others)
            generation = read(texts[oldest])
            del generation["loudness"]
            texts[oldest] = kept(render(generation))

    def note_end(self, id: str, samples: int, is_cut: bool) -> None:
        """Note how long a generation is, and whether its client did not get all of it.

        A generation that does not exist any more stays forgotten.
        """
        generation = self._taken(id) or self.find(id)
        if generation is not None and (is_cut or "samples" not in generation):
            marks = {"samples": samples, **({"cut": True} if is_cut else {})}
            self._write({**generation, **marks})

    def _taken(self, id: str) -> JsonObject | None:
        """Take out the generation that began first, if that is the one with this id."""
        id = id.lower()
        return self._begun.pop(id)() if id == next(iter(self._begun), None) else None

    def find(self, id: str) -> JsonObject | None:
        """Return a generation, or None."""
        text = self._texts.get(id.lower())
        found: JsonObject | None = None if text is None else read(text)
        return found

    def oldest(self) -> JsonObject | None:
        """Return the generation that was made first, or None if there is none."""
        id = next(iter(self._texts), None)
        return None if id is None else self.find(id)

    def ids(self) -> Sequence[str]:
        """Return the ids, in order."""
        return list(self._texts)

    def texts(self) -> Iterator[bytes]:
        """Yield each generation's JSON text, in order."""
        for id in list(self._texts):
            yield self._texts[id]

    def all(self) -> list[JsonObject]:
        """Return every generation, in order."""
        return [read(text) for text in self.texts()]


# How a voice sounds is a text: the gender it is heard as, the language that it speaks (if that is
# not American English), a slash, and what makes it different from others.


def library_timbre(voice: JsonObject) -> str:
    """Return how a voice sounds that was not made of a generation."""
    tags = voice.get("tags", {})
    gender = next(iter(tags.get("GENDER", ())), UNGENDERED)
    words = " ".join((*tags.get("LANGUAGE", ()), *tags.get("ACCENT", ()))).split()
    return f"{_heard(gender, words)}/{voice['id']}"


def designed_timbre(description: str, text: str, variant: int) -> str:
    """Return how a voice sounds that a description, or a text alone, asks for."""
    mark = derived_bytes(_TIMBRE_BYTES, "designed", description, text, variant).hex()
    return f"{_heard(_gender_in(description), description.split())}/{mark}"


def _heard(gender: str, words: Sequence[str]) -> str:
    """Return what is heard of a voice: its gender, and the language that words name."""
    language = language_of(words)
    return f"{gender} {language}" if language else gender


_WOMEN = frozenset(("woman", "female", "girl", "lady", "mother", "grandmother", "queen", "she"))
_MEN = frozenset(("man", "male", "boy", "gentleman", "father", "grandfather", "king", "he"))


def _gender_in(description: str) -> str:
    """Return the gender that the first telling word of a description means, if any."""
    for word in description.lower().split():
        bare = word.strip(".,;:!?'\"()").removesuffix("'s")
        if bare in _WOMEN:
            return "Female"
        if bare in _MEN:
            return "Male"
    return UNGENDERED
