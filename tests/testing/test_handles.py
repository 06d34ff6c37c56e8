"""Handles that APIs bring are parts of the world's."""

from dataclasses import replace

import pytest

from emulator import Emulator
from emulator.api import Handlers, new_handles, serve
from emulator.apis.voices.api import VOICES
from emulator.handles.bridge import Bridge
from emulator.testing.world import Evi
from emulator.world.world import World


def test_an_api_brings_its_handle(evi: Evi) -> None:
    """It is made from the world and the way to it, and has the API's name."""
    made = []

    def new_handle(world: World, bridge: Bridge) -> str:
        made.append((world, bridge))
        return "a handle"

    toy = replace(VOICES, name="toy", handle=new_handle)
    without = replace(VOICES, handle=None, handlers=Handlers())  # the toy answers all that it shows
    served = serve([toy, without])
    bridge = evi._bridge
    assert new_handles(served, evi.world, bridge) == {"toy": "a handle"}
    assert made == [(evi.world, bridge)]


def test_a_handle_is_an_attribute(evi_server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is offered under the API's name, unless a world's handle has something else there."""
    handles: dict[str, object] = {"toy": "a handle"}
    monkeypatch.setattr("emulator.testing.world.new_handles", lambda *_: handles)
    world = evi_server.world()
    assert vars(world)["toy"] == "a handle"
    world.close()
    handles["clock"] = "another"
    with pytest.raises(AssertionError, match="an API can't be called 'clock': Evi has a clock"):
        evi_server.world()
