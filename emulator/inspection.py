"""What an API brings to the inspector: lists of resources, and pages of its own."""

from dataclasses import asdict, dataclass
from pathlib import Path

from emulator.jsontext import JsonObject


@dataclass(frozen=True, slots=True)
class View:
    """A list of resources, which the inspector's view *Resources* shows under its title.

    `path` answers the list page by page, in the field `items` of each page. A POST of `example`
    there makes one. A resource has an id and, mostly, a name; one with versions has them listed at
    its own path, below `path`.
    """

    name: str  # the plural, in the page's address and texts: 'configs'
    noun: str
    title: str
    path: str
    items: str
    example: JsonObject
    has_versions: bool = False

    def to_json(self) -> JsonObject:
        """Return the fields, for the page."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Page:
    """A view of the inspector that is made of an API's own modules.

    The files of `folder` are served beside the inspector's, so they import those as `./dom.js`.
    The module `<name>.js` exports the view as `name`: {id, title, icon, show}.
    """

    name: str  # an identifier
    folder: Path
