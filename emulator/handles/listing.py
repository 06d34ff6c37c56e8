"""Lists of resources to look into, by id or by name."""

from collections.abc import Callable, Iterator, Sequence

from emulator.handles.bridge import Bridge
from emulator.handles.tracebacks import is_on_purpose
from emulator.jsontext import JsonObject

__tracebackhide__ = is_on_purpose


class Listing:
    """The resources of one kind in a world, such as its configs.

    `read` returns them all as REST shows them; it runs in the server's loop.
    """

    def __init__(self, noun: str, read: Callable[[], Sequence[JsonObject]], bridge: Bridge) -> None:
        self._noun = noun  # 'config'
        self._read = read
        self._bridge = bridge

    def __repr__(self) -> str:
        return self._bridge.glance(
            lambda: f"<{self._noun}s: {', '.join(repr(each['name']) for each in self._read())}>"
        )

    def __getitem__(self, id_or_name: str) -> JsonObject:
        """Return one as REST shows it. Raises KeyError, with the names that there are."""
        resources = self._bridge.call(self._read)
        for resource in resources:
            if id_or_name.lower() == resource["id"] or id_or_name == resource["name"]:
                return resource
        names = ", ".join(repr(each["name"]) for each in resources) or "nothing"
        raise KeyError(f"no {self._noun} {id_or_name!r}; there is {names}")

    def __iter__(self) -> Iterator[JsonObject]:
        """Iterate over all, the oldest first."""
        return iter(self._bridge.call(self._read))

    def __len__(self) -> int:
        return len(self._bridge.call(self._read))

    def __contains__(self, id_or_name: object) -> bool:
        try:
            self[str(id_or_name)]
        except KeyError:
            return False
        return True
