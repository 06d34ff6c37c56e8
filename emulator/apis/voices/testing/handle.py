"""`evi.voices`: the custom voices of a world, for tests."""

import sys
from copy import deepcopy

from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.voice_store import CUSTOM_VOICE
from emulator.handles.bridge import Bridge
from emulator.handles.listing import Listing
from emulator.jsontext import JsonObject
from emulator.store.paging import Paging
from emulator.world.world import World


def new_voices_handle(world: World, bridge: Bridge) -> Listing:
    """Return the list of the account's custom voices."""

    def read() -> list[JsonObject]:
        voices = world.state(VoicesState).voices
        return deepcopy(list(voices.page(CUSTOM_VOICE, Paging(size=sys.maxsize)).items))

    return Listing("custom voice", read, bridge)
