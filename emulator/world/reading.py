"""Reading a document that holds a world: its content, and the mistakes found so far."""

from emulator.errors import Loc
from emulator.jsontext import JsonObject


class SnapshotReading:
    """The content of a world's document, whose form was checked, and the mistakes in it."""

    def __init__(self, content: JsonObject) -> None:
        self.content = content
        self.mistakes: list[tuple[Loc, str]] = []
        self._ids: set[str] = set()

    def mistake(self, loc: Loc, message: str) -> None:
        """Note a mistake at a place in the world."""
        self.mistakes.append((loc, message))

    def check_new(self, id: str, loc: Loc) -> bool:
        """True if the id has not come before; notes the mistake otherwise."""
        if id in self._ids:
            self.mistake(loc, f"expected an id of its own, got {id}, which is here twice")
            return False
        self._ids.add(id)
        return True
