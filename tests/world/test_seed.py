"""Seeds: what the bundled ones hold, and how a mistake is reported."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from emulator.apis.evi.chat_store import CHAT_STATUSES, EVENT_ROLES
from emulator.apis.evi.state import EviState
from emulator.apis.voices.state import VoicesState
from emulator.errors import SeedError
from emulator.resources import bundled, read_data
from emulator.settings import Settings
from emulator.store.paging import Paging
from emulator.testing.emulator import Emulator
from emulator.world.seed_file import BUNDLED_SEEDS
from emulator.world.snapshot import Seed
from tests.served import SEEDS
from tests.testing.talking import http, talking

CONFIG = "11111111-1111-4111-8111-111111111111"
CHAT = "22222222-2222-4222-8222-222222222222"
GROUP = "33333333-3333-4333-8333-333333333333"


def load(name: str | Path) -> Seed:
    return SEEDS.load(str(name), Settings())


def events(seed: Seed) -> list[dict[str, Any]]:
    chats = seed.state(EviState).chats.page_of_chats(Paging(size=100)).items
    return [event for chat in chats for event in seed.state(EviState).chats.iter_events(chat["id"])]


@pytest.mark.parametrize("name", BUNDLED_SEEDS)
def test_bundled_seeds_load(name: str) -> None:
    """Every bundled seed is without mistakes, and has the whole voice library."""
    library = read_data(bundled("fixtures/voices.yaml"))
    assert load(name).state(VoicesState).voices.page("HUME_AI", Paging(size=100)).total == len(
        library
    )


@pytest.mark.parametrize("name", BUNDLED_SEEDS)
def test_bundled_seeds_pass_as_files(name: str, tmp_path: Path) -> None:
    """The start trusts them: it checks no schema of theirs, and leaves their chats for later."""
    path = Path(shutil.copy(bundled(f"fixtures/{name}.yaml"), tmp_path))
    assert SEEDS.summary(load(path)) == SEEDS.summary(load(name))
    assert events(load(path)) == events(load(name))


def test_events_are_read_when_somebody_looks() -> None:
    """Until then, forks are as what they come from; what one of them adds stays there."""
    first = load("demo").state(EviState).chats
    fork, other = first.fork(), first.fork()
    assert first.same_as(fork)
    [chat, *_] = fork.page_of_chats(Paging(size=1)).items
    read = list(fork.iter_events(chat["id"]))
    assert len(read) == chat["event_count"]
    assert first.same_as(fork)
    fork.add_event({**read[0], "id": "another"})
    assert not first.same_as(fork)
    assert other.same_as(first)
    assert list(other.iter_events(chat["id"])) == read
    assert fork.find_chat(chat["id"]) == {**chat, "event_count": len(read) + 1}


def test_bundled_seeds_name_listed_voices() -> None:
    """No config of theirs has a voice that lists of voices lack."""
    for name in BUNDLED_SEEDS:
        seed = load(name)
        for _, version in (
            seed.state(EviState).configs.page(Paging(size=100), latest_only=False).items
        ):
            assert seed.state(VoicesState).voices.find(version.content["voice"]["id"]) is not None


VOICE, OTHER = "44444444-4444-4444-8444-444444444444", "55555555-5555-4555-8555-555555555555"
AVA = "5bb7de05-c8fe-426a-8fcc-ba4fc4ce9f9c"


def seed_of_voices(folder: Path, *voices: dict[str, Any], **more: Any) -> Seed:
    path = folder / "voices.json"
    path.write_text(json.dumps({"voices": voices, **more}))
    return load(path)


def library(seed: Seed) -> list[str]:
    pages = [
        seed.state(VoicesState).voices.page("HUME_AI", Paging(number, 100)) for number in (0, 1)
    ]
    return [voice["name"] for page in pages for voice in page.items]


def test_a_seed_adds_voices_to_the_library(tmp_path: Path) -> None:
    """They come after the others, with their tags; a voice without provider is a custom one."""
    added = {"id": VOICE, "name": "Nova", "provider": "HUME_AI", "tags": {"mood": ["Calm"]}}
    seed = seed_of_voices(tmp_path, added, {"id": OTHER, "name": "Nova"})
    assert library(seed) == [*library(load("empty")), "Nova"]
    assert seed.state(VoicesState).voices.find_name("HUME_AI", "nova") == {
        **added,
        "tags": {"MOOD": ["Calm"]},
    }
    [found] = seed.state(VoicesState).voices.page("HUME_AI", Paging(), [("Mood", "Calm")]).items
    assert found["id"] == VOICE
    assert seed.state(VoicesState).voices.find(OTHER) == {
        "id": OTHER,
        "name": "Nova",
        "provider": "CUSTOM_VOICE",
    }


def test_a_seeds_library_voice_takes_the_place_of_its_name(tmp_path: Path) -> None:
    """A seed can give a voice its real id; the order of the list stays."""
    seed = seed_of_voices(tmp_path, {"id": VOICE, "name": "Ava Song", "provider": "HUME_AI"})
    assert library(seed) == library(load("empty"))
    assert seed.state(VoicesState).voices.default["id"] == VOICE
    assert seed.state(VoicesState).voices.find(AVA) is None


def test_a_seeds_voice_takes_an_id_from_the_library(tmp_path: Path) -> None:
    """Older seeds have library voices as custom ones: an id is that of one voice."""
    seed = seed_of_voices(tmp_path, {"id": AVA, "name": "Ava Song"})
    assert library(seed) == [name for name in library(load("empty")) if name != "Ava Song"]
    assert seed.state(VoicesState).voices.find(AVA) == {
        "id": AVA,
        "name": "Ava Song",
        "provider": "CUSTOM_VOICE",
    }
    assert seed.state(VoicesState).voices.default["name"] == "Colton Rivers"


def test_a_voice_may_not_stand_twice(tmp_path: Path) -> None:
    """Two voices of one provider need two ids, and names that differ in more than capitals."""
    for second in ({"id": VOICE, "name": "Other"}, {"id": OTHER, "name": "NOVA"}):
        with pytest.raises(SeedError, match="is here twice"):
            seed_of_voices(tmp_path, {"id": VOICE, "name": "Nova"}, second)


def test_a_seed_may_name_voices_that_the_list_lacks(tmp_path: Path) -> None:
    """Accounts have configs with voices that nobody has listed, whatever requests may do."""
    voice = {"name": "Nobody Knows Me", "provider": "HUME_AI"}
    config = {
        "id": CONFIG,
        "name": "one",
        "created_on": 1,
        "versions": [{"evi_version": "3", "voice": voice}],
    }
    seed_of_voices(tmp_path, configs=[config])
    for settings in (Settings(), Settings(strict=True), Settings(unknown_voices="refuse")):
        seed = SEEDS.load(str(tmp_path / "voices.json"), settings)
        resource = seed.state(EviState).configs.find(CONFIG)
        assert resource is not None
        assert voice.items() <= resource.latest.content["voice"].items()


def test_demo_holds_something_of_everything() -> None:
    """The demo seed has what a developer wants to try, in the promised amounts."""
    seed = load("demo")
    every = Paging(size=100)
    configs = seed.state(EviState).configs.page(every, latest_only=False).items
    chats = seed.state(EviState).chats.page_of_chats(every).items

    assert seed.state(EviState).configs.page(every, latest_only=True).total >= 3
    assert seed.state(EviState).prompts.page(every, latest_only=True).total >= 4
    assert seed.state(EviState).tools.page(every, latest_only=True).total >= 3
    assert (len(chats), seed.state(EviState).chats.page_of_groups(every).total) == (12, 6)
    assert {chat["status"] for chat in chats} == set(CHAT_STATUSES)
    assert [chat["event_count"] for chat in chats].count(250) == 1
    for key in ("prompt", "tools", "builtin_tools"):
        assert any(version.content.get(key) for _, version in configs), key
    assert {event["type"] for event in events(seed)} == set(EVENT_ROLES)
    assert SEEDS.summary(seed).startswith("4 configs, 4 prompts, 4 tools, 12 chats")


@pytest.mark.parametrize("name", BUNDLED_SEEDS)
def test_bundled_seeds_send_nothing(name: str) -> None:
    """No version of a config has webhooks: nobody listens where they would go."""
    configs = load(name).state(EviState).configs.page(Paging(size=100), latest_only=False).items
    assert not any(version.content.get("webhooks") for _, version in configs)


def test_demo_scores_have_all_emotions() -> None:
    """Whatever has scores has all 48 of them."""
    with_scores = [event for event in events(load("demo")) if event["emotion_features"]]
    assert len(with_scores) > 100
    assert {len(json.loads(event["emotion_features"])) for event in with_scores} == {48}


def test_demo_has_the_recorded_events() -> None:
    """The events of the recorded example keep their ids and scores."""
    seed = load("demo")
    recorded = list(seed.state(EviState).chats.iter_events("470a49f6-1dec-4afe-8b61-035d3b2d63b0"))

    assert [event["id"] for event in recorded] == [
        "5d44bdbb-49a3-40fb-871d-32bf7e76efe7",
        "5976ddf6-d093-4bb9-ba60-8f6c25832dde",
        "7645a0d1-2e64-410d-83a8-b96040432e9a",
    ]
    assert json.loads(recorded[1]["emotion_features"])["Admiration"] == 0.09906005859375
    assert seed.user_id == "e6235940-cfda-3988-9147-ff531627cf42"


def test_a_seed_loads_the_same_every_time() -> None:
    """Ids and scores that a seed leaves out are the same in every run."""
    assert events(load("demo")) == events(load("demo"))


def test_assistant_prosody_belongs_to_the_message_before_it() -> None:
    """An ASSISTANT_PROSODY event names the AGENT_MESSAGE that it scores."""
    by_id = {event["id"]: event for event in events(load("demo"))}
    prosody = [event for event in by_id.values() if event["type"] == "ASSISTANT_PROSODY"]

    assert prosody
    assert {by_id[event["related_event_id"]]["type"] for event in prosody} == {"AGENT_MESSAGE"}


MINIMAL = '{evi_version: "3"}'


def seed_file(
    folder: Path, chat: str = "status: ACTIVE", config: str = MINIMAL, more: str = ""
) -> Path:
    """A small seed with parts of it replaced, on known lines."""
    path = folder / "mine.yaml"
    path.write_text(
        "configs:\n"
        f"  - id: {CONFIG}\n"
        "    name: one\n"
        "    created_on: 1000\n"
        "    versions:\n"
        f"      - {config}\n"
        "chat_groups:\n"
        f"  - id: {GROUP}\n"
        "    chats:\n"
        f"      - id: {CHAT}\n"
        f"        {chat}\n"
        "        start_timestamp: 2000\n"
        "        events:\n"
        "          - {type: CHAT_START_MESSAGE, after_ms: 0}\n"
        f"{more}"
    )
    return path


def test_a_seed_of_ones_own(tmp_path: Path) -> None:
    """A file's path is a seed too, in YAML or JSON."""
    path = seed_file(tmp_path, more="          - {type: USER_MESSAGE, after_ms: 5}\n")
    as_json = tmp_path / "mine.json"
    as_json.write_text(json.dumps(read_data(path)))

    for each in (path, as_json):
        seed = load(each)
        assert SEEDS.summary(seed).startswith(
            "1 configs, 0 prompts, 0 tools, 1 chats, 1 chat groups"
        )
        assert [event["timestamp"] for event in events(seed)] == [2000, 2005]


@pytest.mark.parametrize("evi_version", ["1", "2"])
def test_a_seed_may_hold_what_was_posted_long_ago(tmp_path: Path, evi_version: str) -> None:
    """A config of a version that has ended is read and talked with, but posted no more."""
    voice = "voice: {type: Evi2, provider: HUME_AI, name: Ito}"
    path = seed_file(tmp_path, config=f'{{evi_version: "{evi_version}", {voice}}}')
    address = f"/v0/evi/configs/{CONFIG}"

    with Emulator(seed=str(path)) as emulator:
        evi = emulator.world()
        with http(evi) as client:
            assert client.get(f"{address}/version/0").json()["evi_version"] == evi_version
            [listed] = client.get("/v0/evi/configs").json()["configs_page"]
            assert listed["voice"]["name"] == "Ito"
            assert client.post(address, json={"evi_version": evi_version}).status_code == 400
            assert client.post(address, json={"evi_version": "3"}).json()["version"] == 1
        with talking(evi, config_id=CONFIG, config_version="0") as talk:
            talk.say("Hello")
            assert talk.read_until("assistant_message")


def test_a_seed_may_hold_webhooks_that_are_forbidden(tmp_path: Path) -> None:
    """Whether a webhook may be called is asked when it is sent; its URL must be one."""
    webhook = '{url: "https://example.com/hook", events: [chat_ended]}'
    voice = "voice: {provider: HUME_AI, name: Ito}"
    path = seed_file(tmp_path, config=f'{{evi_version: "3", {voice}, webhooks: [{webhook}]}}')
    seed = SEEDS.load(str(path), Settings(call_hosts_only=True))
    [(_, version)] = seed.state(EviState).configs.page(Paging(size=100), latest_only=True).items
    assert [each["url"] for each in version.content["webhooks"]] == ["https://example.com/hook"]


MISTAKES: list[Any] = [
    pytest.param(
        {"config": '{evi_version: "5"}'},
        "mine.yaml:6: /configs/0/versions/0: evi_version '5' is not offered; use one of '1', '2', "
        "'3', '4-mini'.",
        id="unknown version of EVI",
    ),
    pytest.param(
        {"config": '{evi_version: "3", promt: {text: hi}}'},
        "mine.yaml:6: /configs/0/versions/0: unknown key 'promt' (did you mean 'prompt'?)",
        id="unknown key",
    ),
    pytest.param(
        {"config": "{version_description: x}"},
        "mine.yaml:6: /configs/0/versions/0: the key 'evi_version' is missing",
        id="missing key",
    ),
    pytest.param(
        {"config": '{evi_version: "3", tools: [{id: x}]}'},
        "mine.yaml:6: /configs/0/versions/0: The config names tool 'x', which does not exist.",
        id="unknown tool",
    ),
    pytest.param(
        {"config": '{evi_version: "3", modified_on: 1}'},
        "mine.yaml:6: /configs/0/versions/0/modified_on: is before created_on",
        id="older than its config",
    ),
    pytest.param(
        {"chat": "status: ENDED"},
        "mine.yaml:11: /chat_groups/0/chats/0/status: Input should be 'ACTIVE', 'USER_ENDED', "
        "'USER_TIMEOUT', 'MAX_DURATION_TIMEOUT', 'INACTIVITY_TIMEOUT' or 'ERROR', got 'ENDED' "
        "(did you mean 'USER_ENDED'?)",
        id="unknown status",
    ),
    pytest.param(
        {"chat": "status: USER_ENDED"},
        "mine.yaml:10: /chat_groups/0/chats/0: end_timestamp is missing; the chat is USER_ENDED",
        id="no end",
    ),
    pytest.param(
        {"chat": "{status: ERROR, end_timestamp: 1}".strip("{}").replace(", ", "\n        ")},
        "mine.yaml:12: /chat_groups/0/chats/0/end_timestamp: is before start_timestamp",
        id="ends before it starts",
    ),
    pytest.param(
        {"chat": f"status: ACTIVE\n        config: {{id: {CONFIG}, version: 4}}"},
        "mine.yaml:12: /chat_groups/0/chats/0/config/version: 'one' has no such version; it has 0",
        id="unknown version",
    ),
    pytest.param(
        {"chat": f"status: ACTIVE\n        config: {{id: {CHAT}, version: 0}}"},
        "mine.yaml:12: /chat_groups/0/chats/0/config/id: no config of this seed has this id",
        id="unknown config",
    ),
    pytest.param(
        {
            "more": "          - {type: USER_MESSAGE, after_ms: 9, scores: {joy: 0.5}}\n"
            "          - {type: USER_MESSAGE, after_ms: 3}\n"
        },
        "mine.yaml:15: /chat_groups/0/chats/0/events/1/scores/joy: no emotion 'joy' "
        "(did you mean 'Joy'?)\n"
        "mine.yaml:16: /chat_groups/0/chats/0/events/2/after_ms: 3 is before the event above it "
        "(9)",
        id="two mistakes",
    ),
    pytest.param(
        {"more": "          - {type: USER_MESAGE, after_ms: -1}\n"},
        "mine.yaml:15: /chat_groups/0/chats/0/events/1/type: Input should be 'AGENT_MESSAGE', "
        "'ASSISTANT_PROSODY', 'CHAT_START_MESSAGE', 'CHAT_END_MESSAGE', 'FUNCTION_CALL', "
        "'FUNCTION_CALL_RESPONSE', 'PAUSE_ONSET', 'RESUME_ONSET', 'SESSION_SETTINGS', "
        "'SYSTEM_PROMPT', 'USER_INTERRUPTION', 'USER_MESSAGE' or "
        "'USER_RECORDING_START_MESSAGE', "
        "got 'USER_MESAGE' (did you mean 'USER_MESSAGE'?)\n"
        "mine.yaml:15: /chat_groups/0/chats/0/events/1/after_ms: Input should be greater than or "
        "equal to 0, got -1",
        id="wrong event",
    ),
    pytest.param(
        {
            "more": f"  - id: {GROUP}\n    chats: [{{id: {CHAT}, status: ACTIVE, "
            "start_timestamp: 1, events: []}]\n"
        },
        f"mine.yaml:15: /chat_groups/1/id: {GROUP} is here twice",
        id="an id twice",
    ),
    pytest.param(
        {"more": "chats: []\n"}, "mine.yaml:1: /: unknown key 'chats'", id="unknown section"
    ),
    pytest.param(
        {"chat": "status: ACTIVE\n        status: ERROR"},
        "mine.yaml:12: /chat_groups/0/chats/0/status: this key appears twice in one object",
        id="a key twice",
    ),
    pytest.param({"more": "- no\n"}, "mine.yaml:15: ", id="no YAML"),
]


@pytest.mark.parametrize(("parts", "message"), MISTAKES)
def test_a_mistake_is_reported_with_its_place(
    tmp_path: Path, parts: dict[str, str], message: str
) -> None:
    """A seed with mistakes is refused: a line for each, with file, line, pointer and words."""
    with pytest.raises(SeedError) as caught:
        load(seed_file(tmp_path, **parts))

    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) == len(message.splitlines())


def test_an_end_of_events_before_the_end_of_the_chat(tmp_path: Path) -> None:
    """An event after the chat's end is a mistake."""
    path = seed_file(tmp_path, more="          - {type: USER_MESSAGE, after_ms: 900}\n")
    path.write_text(
        path.read_text().replace("status: ACTIVE", "status: ERROR\n        end_timestamp: 2100")
    )
    with pytest.raises(SeedError, match=re.escape("900 is after the chat's end (100)")):
        load(path)


@pytest.mark.parametrize("name", ["demos", "missing.yaml"])
def test_a_seed_that_is_not_there(name: str) -> None:
    """An unknown name is refused with what a seed can be."""
    with pytest.raises(SeedError, match="expected one of demo, empty, or the path of a YAML"):
        load(name)


@pytest.mark.parametrize("text", ["[]", "3", "just words"])
def test_a_seed_that_is_no_object(tmp_path: Path, text: str) -> None:
    """A seed is an object; anything else is refused at its first line."""
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(SeedError, match=r"mine\.yaml:1: /: Input should be a valid dictionary"):
        load(path)


def test_prompts_given_as_text_are_different_prompts(tmp_path: Path) -> None:
    """Two versions of a config with a prompt text each have a prompt of their own."""
    versions = MINIMAL.replace("}", ", prompt: {text: one}}")
    path = seed_file(tmp_path, config=versions + "\n      - " + versions.replace("one}", "two}"))
    seed = load(path)

    page = seed.state(EviState).prompts.page(Paging(), latest_only=True)
    assert [version.content["text"] for _, version in page.items] == ["one", "two"]
    assert len({resource.id for resource, _ in page.items}) == 2


def test_ids_may_be_in_upper_case(tmp_path: Path) -> None:
    """A seed's ids are found however they are spelt."""
    path = tmp_path / "mine.yaml"
    id = "aaaaaaaa-1111-4111-8111-111111111111"
    path.write_text(
        f"prompts: [{{id: {id.upper()}, name: p, created_on: 1, versions: [{{text: t}}]}}]"
    )
    assert load(path).state(EviState).prompts.find(id) is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1: 2", "can't be JSON"),
        ("prompts: &a [*a]", "can't be JSON"),
        (
            "prompts: [{id: x, name: n, created_on: 2024-05-20, versions: [{text: t}]}]",
            "2024-05-20",
        ),
        ("user_id: 9999999999999999999999999", "can't be JSON"),
    ],
)
def test_what_json_does_not_have_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Dates, circles and keys that YAML allows are mistakes, not tracebacks."""
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(SeedError, match=message):
        load(path)
