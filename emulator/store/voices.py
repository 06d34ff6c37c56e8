"""The voice library and the account's custom voices (PROTOCOL 14)."""

from emulator.jsontext import JsonObject
from emulator.store.overlay import Index, Overlay
from emulator.store.paging import Page, Paging, page_of

HUME_AI, CUSTOM_VOICE = "HUME_AI", "CUSTOM_VOICE"
_NAMED = 20


class VoiceStore:
    """All voices of a world, as the documents that REST answers, in order of creation."""

    def __init__(self) -> None:
        self._voices: Overlay[str, JsonObject] = Overlay()
        self._names: Overlay[tuple[str, str], str] = Overlay()
        self._order: Index[str] = Index()  # provider -> (position, id)
        self._positions: Overlay[str, int] = Overlay()
        self._position = 0

    def fork(self) -> "VoiceStore":
        """An equal store, at no cost; changes on either side stay there."""
        copy = VoiceStore()
        for name, value in vars(self).items():
            setattr(copy, name, value if isinstance(value, int) else value.fork())
        return copy

    def same_as(self, fork: "VoiceStore") -> bool:
        """Whether neither has changed since one was forked from the other."""
        return self._voices.same_as(fork._voices)

    def all(self) -> list[JsonObject]:
        """Every voice, in the order of creation."""
        voices, positions = self._voices.flat(), self._positions.flat()
        return [voices[id] for id in sorted(voices, key=positions.__getitem__)]

    def add(self, voice: JsonObject) -> None:
        self._position += 1
        self._voices[voice["id"]] = voice
        self._names[voice["provider"], voice["name"]] = voice["id"]
        self._positions[voice["id"]] = self._position
        self._order.add(voice["provider"], (self._position, voice["id"]))

    def remove(self, voice: JsonObject) -> None:
        del self._voices[voice["id"]]
        del self._names[voice["provider"], voice["name"]]
        self._order.remove(voice["provider"], (self._positions.pop(voice["id"]), voice["id"]))

    def find(self, id: str) -> JsonObject | None:
        return self._voices.get(id.lower())

    def find_name(self, provider: str, name: str) -> JsonObject | None:
        id = self._names.get((provider, name))
        return None if id is None else self._voices[id]

    def names(self, provider: str) -> list[str]:
        """The names of the first voices, for a hint."""
        return [self._voices[id]["name"] for _, id in self._order.get(provider)[:_NAMED]]

    @property
    def default(self) -> JsonObject:
        """The voice of a config that names none: the first of the library."""
        _, id = self._order.get(HUME_AI)[0]
        return self._voices[id]

    def page(self, provider: str, paging: Paging) -> Page[JsonObject]:
        found = page_of(self._order.get(provider), paging)
        return Page([self._voices[id] for _, id in found.items], paging, found.total)
