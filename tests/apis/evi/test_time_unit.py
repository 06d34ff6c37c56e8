"""`--timestamps seconds`: which times change their unit, and whose."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.api import Call
from emulator.apis.evi.time_unit import with_time_unit
from emulator.jsontext import Fragment, Json, render
from emulator.reply import Reply
from emulator.server import new_app
from emulator.settings import Settings
from emulator.world.world import World
from tests.served import SEEDS
from tests.web.toy_api import add_toy_api

MS, S = 1_716_244_940_762, 1_716_244_940


def answer(said: Json | Reply, unit: str) -> Json | Reply:
    """Return what a client gets in that unit of a handler that answers `said`."""
    settings = Settings(timestamps=unit)
    world = World("k", SEEDS.load("empty", settings), settings)
    return with_time_unit(lambda call: said)(Call(world, settings, {}, {}, ""))


@pytest.mark.parametrize(
    ("said", "in_seconds"),
    [
        ({"created_on": MS}, {"created_on": S}),
        ({"end_timestamp": None}, {"end_timestamp": None}),
        ({"page": [{"prompt": {"modified_on": MS}}]}, {"page": [{"prompt": {"modified_on": S}}]}),
        ({"timestamp": MS}, {"timestamp": MS}),  # of an event
    ],
)
def test_times_of_resources(said: Any, in_seconds: Any) -> None:
    """Times of resources are in seconds at any depth, those of events in milliseconds."""
    assert answer(said, "milliseconds") is said
    assert answer(said, "seconds") == in_seconds


def test_what_is_rendered_already() -> None:
    """A part of an answer may be JSON text."""
    rendered = Fragment(render({"created_on": MS}))
    assert answer([rendered], "seconds") == [{"created_on": S}]


def test_a_reply() -> None:
    """Bytes are sent as they are."""
    reply = Reply(b'{"created_on": 1716244940762}')
    assert answer(reply, "seconds") is reply


def test_another_api_has_its_own_times() -> None:
    """The setting is EVI's: the machinery changes no answer by the names of its fields."""
    app = new_app(Settings(seed="empty", timestamps="seconds"))
    add_toy_api(app, {"toy-search": lambda call: {"created_on": MS}})
    client = TestClient(app, headers={"X-Hume-Api-Key": "k", "X-Trace": "abc"})
    assert client.get("/v0/toy/search").json() == {"created_on": MS}
