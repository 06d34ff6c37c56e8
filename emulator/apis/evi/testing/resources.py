"""The configs, prompts and tools of a world, for tests."""

import sys
from functools import partial

from emulator.apis.evi.operations.versioned import VERSIONED, Kind
from emulator.apis.evi.state import EviState
from emulator.handles.bridge import Bridge
from emulator.handles.listing import Listing
from emulator.jsontext import JsonObject
from emulator.store.paging import Paging
from emulator.store.versioned import VersionedCollection
from emulator.world.world import World


def new_listing(plural: str, world: World, bridge: Bridge) -> Listing:
    """Return the list of one kind, such as 'configs': the latest version of each."""
    kind = VERSIONED[plural]
    return Listing(kind.name, partial(_latest_versions, kind, world), bridge)


def _latest_versions(kind: Kind, world: World) -> list[JsonObject]:
    state = world.state(EviState)
    collection: VersionedCollection = getattr(state, kind.plural)
    rows = collection.page(Paging(size=sys.maxsize), latest_only=True).items
    return [kind.render(state, *row, False) for row in rows]
