"""Worlds."""

from collections.abc import Callable
from typing import Any

import pytest

from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.chat.opening import find_config, open_chat
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.model.options import ModelOptions
from emulator.apis.evi.state import EviState
from emulator.apis.expression.script import read_script
from emulator.apis.expression.state import ExpressionState, begin_run
from emulator.apis.phone.call import IncomingCall
from emulator.apis.phone.state import PhoneState
from emulator.apis.tts.generation import new_generations
from emulator.apis.tts.request import SpeechRequest, Utterance
from emulator.apis.voices.state import VoicesState
from emulator.audio.own_sound import OwnSound
from emulator.settings import Settings
from emulator.store.stubs import Stub
from emulator.world.snapshot import Seed
from emulator.world.world import World
from emulator.world.worlds import Worlds
from tests.served import SEEDS


def seed() -> Seed:
    evi = EviState()
    evi.prompts.create("p", "greeting", {"text": "hi"}, 1)
    return Seed("user", {"evi": evi, "voices": VoicesState()})


def test_each_key_has_its_own_world() -> None:
    """Two keys start from the same seed and never see each other's data."""
    worlds = Worlds(seed())
    first, second = worlds.get("a"), worlds.get("b")

    prompt = first.state(EviState).prompts.find("p")
    assert prompt is not None
    first.state(EviState).prompts.delete(prompt)
    second.state(EviState).prompts.create("q", "other", {"text": ""}, 2)

    assert worlds.get("a").state(EviState).prompts.find("p") is None
    assert worlds.get("a").state(EviState).prompts.find("q") is None
    assert worlds.get("b").state(EviState).prompts.find("p") is not None


def test_reset_goes_back_to_the_seed() -> None:
    """A reset undoes every change, and the ids repeat when a random seed is given."""
    world = Worlds(seed(), Settings(random_seed=3)).get("a")
    ids = [world.ids.uuid() for _ in range(3)]
    world.state(EviState).prompts.create("q", "other", {"text": ""}, 2)

    world.reset()

    assert world.state(EviState).prompts.find("q") is None
    assert world.state(EviState).prompts.find("p") is not None
    assert [world.ids.uuid() for _ in range(3)] == ids


def test_a_world_in_the_place_of_another_ends_it() -> None:
    """What was on its way in the world before is sent no more."""
    cancelled: list[str] = []
    worlds = Worlds(seed(), send=lambda request, done: lambda: cancelled.append(request.url))
    before = worlds.get("a")
    before.outbox.post({"event_name": "chat_ended", "chat_id": "c"}, "http://localhost:1")

    assert worlds.create("a") is worlds.get("a") is not before
    assert cancelled == ["http://localhost:1"]


def test_a_reference_leads_to_its_world_without_the_key() -> None:
    """A world's public reference finds it, and doesn't contain its key."""
    worlds = Worlds(seed())
    world = worlds.get("secret-key")

    assert worlds.find_reference(world.reference) is world
    assert "secret-key" not in world.reference
    assert worlds.find_reference("0" * 16) is None


def test_rules_are_part_of_a_snapshot() -> None:
    """A reset forgets what was to break, but for the chaos of the settings; a restore knows it."""
    world = Worlds(seed(), Settings(chaos="ws_drop=.5")).get("a")
    rule = world.faults.add("http", "status", times=3)
    world.faults.take("http", ("status",), {})
    snapshot = world.snapshot()

    world.reset()
    assert [each.fault for each in world.faults] == ["vanish"]
    world.restore(snapshot)
    assert [each.to_json() for each in world.faults][1] == rule.to_json()
    assert rule.used == 1
    world.faults.take("http", ("status",), {})
    world.restore(snapshot)
    assert [each.used for each in world.faults] == [0, 1]


def test_a_rule_that_follows_a_restore_has_an_id_of_its_own() -> None:
    """With a random seed, too, so that one can be taken back without the other."""
    world = Worlds(seed(), Settings(random_seed=3)).get("a")
    kept = world.faults.add("http", "status")
    world.restore(world.snapshot())
    assert world.faults.add("http", "reset").id != kept.id


# snapshots, field by field

# What changes each field of a world that a snapshot keeps.
CHANGES: dict[str, Callable[[World], Any]] = {
    "user_id": lambda world: setattr(world, "user_id", "another"),
    "states": lambda world: world.state(EviState).prompts.create("q", "other", {"text": ""}, 2),
    "ids": lambda world: world.ids.uuid(),
    "outbox": lambda world: world.outbox.ids.uuid(),
    "clock": lambda world: world.freeze(),
    "faults": lambda world: world.faults.add("http", "status"),
    "stubs": lambda world: world.stubs.append(Stub("1", "list-configs", 503, None)),
}
# What a world is made with, and what tells of the past or is under way.
NOT_KEPT = {
    "api_key", "reference", "settings", "seed", "_frozen_at_ms", "_send", "_moving", "timers",
    "ledger", "journal", "rate_limit", "work", "http", "speech", "name",
    "is_owned", "clients", "looks",
}  # fmt: skip

VOICE = {"id": "v", "provider": "CUSTOM_VOICE", "name": "x"}
# The same of what each API remembers, by the name of the API.
CALL = IncomingCall({"CallSid": "CA1", "From": "+1", "To": "+2", "AccountSid": "AC1"}, None, 1)
STATE_CHANGES: dict[str, dict[str, Callable[[World], Any]]] = {
    "evi": {
        "configs": lambda world: world.state(EviState).configs.create("q", "x", {}, 2),
        "prompts": lambda world: world.state(EviState).prompts.create("q", "x", {}, 2),
        "tools": lambda world: world.state(EviState).tools.create("q", "x", {}, 2),
        "chats": lambda world: begin_chat(world).let_go(),
        "own_script": lambda world: world.state(EviState).script.on_anything().say("Hi"),
        "heard": lambda world: world.state(EviState).heard.append("Hello"),
        "model": lambda world: setattr(world.state(EviState), "model", ModelOptions(timeout=3)),
        "live": lambda world: begin_chat(world),
    },
    "voices": {
        "voices": lambda world: world.state(VoicesState).voices.add(VOICE),
        "generations": lambda world: speak(world),
        "timbres": lambda world: world.state(VoicesState).timbres.update({"v": "/x"}),
        "sounds": lambda world: world.state(VoicesState).add_sounds([OwnSound("a", bytes(2))]),
    },
    "tts": {},
    "phone": {"calls": lambda world: world.state(PhoneState).add(CALL)},
    "expression": {
        "runs": lambda world: begin_run(world, "audio", "realtime", {}),
        "script": lambda world: setattr(
            world.state(ExpressionState), "script", read_script("no speech")
        ),
    },
}
STATE_NOT_KEPT = {
    "evi": {
        "cut_off",
        "watchers",
        "script_use",
        "first_script",
        "file_revision",
        "file_revision_at_start",
    },
    "voices": set[str](),
    "tts": set[str](),
    "phone": set[str](),
    "expression": set[str](),
}
ALL_CHANGES = {
    **CHANGES,
    **{f"{api}.{name}": change for api, of in STATE_CHANGES.items() for name, change in of.items()},
}


def speak(world: World) -> None:
    request = SpeechRequest((Utterance("Hi", timbre="/x"),), "1")
    new_generations(world, request, "r", "synthesize-json")


def begin_chat(world: World) -> LiveChat:
    script = world.state(EviState).script
    request = ChatRequest(config=find_config(world, None), script=script, most_added=1_000)
    live = open_chat(world, request)
    live.start()
    return live


@pytest.fixture
def own() -> World:
    """A world in which a chat can begin: the library has voices."""
    return Worlds(SEEDS.load("empty", Settings()), Settings(random_seed=1)).get("a")


def test_every_field_is_kept_or_known_not_to_be(own: World) -> None:
    """A field that is added to worlds belongs into snapshots, and above, or is none of theirs."""
    assert vars(own).keys() == CHANGES.keys() | NOT_KEPT
    assert own.states.keys() == STATE_CHANGES.keys()
    for api, state in own.states.items():
        assert vars(state).keys() == STATE_CHANGES[api].keys() | STATE_NOT_KEPT[api]


@pytest.mark.parametrize("field", ALL_CHANGES)
def test_a_change_after_a_snapshot_is_noticed_and_undone(own: World, field: str) -> None:
    """A world that was changed is not as it was, and is again once the snapshot is restored."""
    snapshot = own.snapshot()
    assert own.is_as_in(snapshot)
    ALL_CHANGES[field](own)
    assert not own.is_as_in(snapshot)
    own.restore(snapshot)
    assert own.is_as_in(snapshot)


@pytest.mark.parametrize("field", sorted(ALL_CHANGES.keys() - {"evi.live", "evi.chats"}))
def test_a_change_before_a_snapshot_comes_back(own: World, field: str) -> None:
    """What was changed is in the snapshot, survives a reset there, and is restored."""
    ALL_CHANGES[field](own)
    snapshot = own.snapshot()
    own.reset()
    assert not own.is_as_in(snapshot)
    own.restore(snapshot)
    assert own.is_as_in(snapshot)
