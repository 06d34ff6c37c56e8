"""The voice library and the account's custom voices, as the text-to-speech API lists them."""

from collections.abc import Iterable, Sequence

from emulator.jsontext import JsonObject
from emulator.store.overlay import Index, Overlay
from emulator.store.paging import Page, Paging, page_of

HUME_AI, CUSTOM_VOICE = "HUME_AI", "CUSTOM_VOICE"
DEFAULT_VOICE = "Ava Song"  # the voice of a config or a chat that names none
_NAMED = 200  # names in a hint's search: enough for the library, and more would take too long


class VoiceStore:
    """All voices of a world, as the documents that REST answers, in the order of the list.

    Names are looked up in any case, so two names of one provider differ in more than capitals.
    """

    def __init__(self) -> None:
        self._voices: Overlay[str, JsonObject] = Overlay()
        self._names: Overlay[tuple[str, str], str] = Overlay()  # folded names -> id
        self._order: Index[str] = Index()  # provider -> (position, id)
        self._positions: Overlay[str, int] = Overlay()
        self._position = 0

    def fork(self) -> "VoiceStore":
        """Return an equal store at no cost; changes on either side stay there."""
        copy = VoiceStore()
        for name, value in vars(self).items():
            setattr(copy, name, value if isinstance(value, int) else value.fork())
        return copy

    def same_as(self, fork: "VoiceStore") -> bool:
        """True if neither has changed since one was forked from the other."""
        return self._voices.same_as(fork._voices)

    def all(self) -> list[JsonObject]:
        """Return every voice, in the order in which they were added."""
        voices, positions = self._voices.flat(), self._positions.flat()
        return [voices[id] for id in sorted(voices, key=positions.__getitem__)]

    def add(self, voice: JsonObject) -> None:
        """Add a voice whose id and name are free, at the end of its provider's list."""
        self._position += 1
        self._voices[voice["id"]] = voice
        self._names[_key(voice["provider"], voice["name"])] = voice["id"]
        self._positions[voice["id"]] = self._position
        self._order.add(voice["provider"], (self._position, voice["id"]))

    def remove(self, voice: JsonObject) -> None:
        del self._voices[voice["id"]]
        key = _key(voice["provider"], voice["name"])
        # Older snapshots have names that differ in capitals alone: another voice may have the key.
        if self._names.get(key) == voice["id"]:
            del self._names[key]
        self._order.remove(voice["provider"], (self._positions.pop(voice["id"]), voice["id"]))

    def find(self, id: str) -> JsonObject | None:
        """Return the voice with this id, of either provider."""
        return self._voices.get(id.lower())

    def find_name(self, provider: str, name: str) -> JsonObject | None:
        """Return the provider's voice of this name, whatever its capitals."""
        id = self._names.get(_key(provider, name))
        return None if id is None else self._voices[id]

    def names(self, provider: str) -> Sequence[str]:
        """Return the names of the provider's first voices, for a hint."""
        return [self._voices[id]["name"] for _, id in self._order.get(provider)[:_NAMED]]

    @property
    def default(self) -> JsonObject:
        """Return the voice of a config that names none."""
        named = self.find_name(HUME_AI, DEFAULT_VOICE)
        if named is not None:
            return named
        _, id = self._order.get(HUME_AI)[0]  # a seed or a snapshot can take the name away
        return self._voices[id]

    def page(
        self, provider: str, paging: Paging, tags: Iterable[tuple[str, str]] = ()
    ) -> Page[JsonObject]:
        """Return a page of the provider's voices that have every one of these tags."""
        entries = self._order.get(provider)
        for tag, value in tags:
            entries = [each for each in entries if _has_tag(self._voices[each[1]], tag, value)]
        found = page_of(entries, paging)
        return Page([self._voices[id] for _, id in found.items], paging, found.total)


def _key(provider: str, name: str) -> tuple[str, str]:
    return provider, name.casefold()


def _has_tag(voice: JsonObject, tag: str, value: str) -> bool:
    """True if the voice has the tag, in any case, with exactly this value."""
    return value in voice.get("tags", {}).get(tag.upper(), ())
