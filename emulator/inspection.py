"""An API's parts of the inspector: lists of resources, and pages of its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from emulator.jsontext import JsonObject


@dataclass(frozen=True, slots=True)
class FormField:
    """A main field of a resource, which the inspector's form has besides the whole body as JSON.

    `path` leads to it in the body, such as 'prompt.text'. A form for a new version leaves out
    fields that are `only_new`.
    """

    path: str
    label: str
    kind: Literal["line", "text", "number"] = "line"
    hint: str = ""
    only_new: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A list of resources, which the inspector's view *Resources* shows under its title.

    `path` answers the list page by page, in the field `items` of each page. A POST of `example`
    there makes one. A resource has an id and, mostly, a name; one with versions has them listed at
    its own path, below `path`, where a POST adds one, a PATCH renames it and a DELETE removes it.
    `query` has parameters that the list needs. `fields` are those of the form that makes one; a
    view without fields only shows. `removed_by_name` is true if a DELETE of `path` with `?name=`
    removes one.
    """

    name: str  # the plural, in the page's address and texts: 'configs'
    noun: str
    title: str
    path: str
    items: str
    example: JsonObject
    has_versions: bool = False
    api: str = ""  # whose document describes the bodies, at /openapi/<api>.json
    fields: tuple[FormField, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    removed_by_name: bool = False

    def to_json(self) -> JsonObject:
        """Return the fields, for the page."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Page:
    """A view of the inspector that is made of an API's own modules.

    The files of `folder` are served beside the inspector's, so they import those as `./dom.js`.
    The module `<name>.js` exports the view as `name`: {id, title, icon, show}.
    It may have `linkOf`, too, which returns where an entry of the journal leads to in the view,
    instead of to a chat: {text, parameters}, or null.
    """

    name: str  # an identifier
    folder: Path
