"""Simulated conversations."""

import itertools
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from emulator.apis.evi.chat.finding_scripts import bundled_scripts
from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.chat.messages import ToolResponse
from emulator.apis.evi.chat.script_file import load_script, read_script_file
from emulator.apis.evi.chat.session import Session
from emulator.apis.evi.chat.simulation import new_scenario, rehearse, simulate
from emulator.apis.evi.state import EviState
from emulator.errors import ApiError
from emulator.jsontext import parse, render
from emulator.server import new_app
from emulator.settings import Settings
from emulator.store.paging import Paging
from emulator.web.app import App
from emulator.world.snapshot import Seed
from emulator.world.world import World

pytestmark = pytest.mark.slow

Json = dict[str, Any]

NOBODY = "00000000-0000-4000-8000-000000000000"
MINUTE = 60_000
PLAIN_USER = ["Hello there.", "I like trains."]
TOOL_SETTINGS = {
    "tools": [
        {
            "type": "function",
            "name": "lookup",
            "parameters": '{"properties": {"q": {"type": "string"}}}',
            "fallback_content": "nothing",
        }
    ]
}
TOOL_RULES = [
    {"when": "look", "answer": [{"call_tool": "lookup"}, "Found {tool_result}."]},
    {"answer": "Fine."},
]


@pytest.fixture(autouse=True)
def the_clock_stands(world: World) -> None:
    """Time passes only where a test lets it."""
    world.freeze()


def run(world: World, content: Json) -> Session:
    """Simulate what a script file describes."""
    script, scene = load_script(content)
    return simulate(world, new_scenario(world, script, scene))


def refused(world: World, content: Json) -> ApiError:
    with pytest.raises(ApiError) as caught:
        run(world, content)
    return caught.value


def config(client: TestClient, **body: Any) -> str:
    """A new config's id."""
    answer = client.post("/v0/evi/configs", json={"evi_version": "3", "name": "Sim", **body})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def without_sender(world: World) -> World:
    """A world with the same data, which sends its webhooks nowhere."""
    copy = World(world.api_key, Seed(world.user_id, world.snapshot().states), world.settings)
    copy.freeze()
    return copy


def chat_of(world: World, session: Session) -> Json:
    chat = world.state(EviState).chats.find_chat(session.chat_id)
    assert chat is not None
    return chat


def events_of(world: World, session: Session, *types: str) -> list[Json]:
    events = world.state(EviState).chats.iter_events(session.chat_id)
    return [event for event in events if not types or event["type"] in types]


def texts_of(world: World, session: Session, type: str) -> list[str]:
    return [event["message_text"] for event in events_of(world, session, type)]


def advance(world: World, ms: int) -> None:
    for _ in world.advancing(ms):
        pass


def check_times(world: World, session: Session) -> None:
    """No time lies in the future, none goes back, all within the chat."""
    chat, events = chat_of(world, session), events_of(world, session)
    times = [chat["start_timestamp"], *(event["timestamp"] for event in events)]
    times.append(world.clock.now_ms() if session.status == "ACTIVE" else chat["end_timestamp"])
    assert times == sorted(times)
    assert times[-1] <= world.clock.now_ms()
    assert all(type(time) is int for time in times)


# at once


def test_a_chat_ends_now_and_began_earlier(world: World) -> None:
    """It lasted as long as it would have in life, and none of its times lies in the future."""
    now_ms = world.clock.now_ms()
    session = run(world, {"user": PLAIN_USER})
    chat = chat_of(world, session)

    assert (session.status, chat["end_timestamp"]) == ("USER_ENDED", now_ms)
    assert 8_000 < now_ms - chat["start_timestamp"] < 30_000
    assert texts_of(world, session, "USER_MESSAGE") == PLAIN_USER
    assert len(events_of(world, session, "AGENT_MESSAGE")) == 4
    check_times(world, session)
    assert world.state(EviState).live == {}
    assert world.timers.next_due_ms is None


@pytest.mark.parametrize("name", sorted(bundled_scripts()))
def test_bundled_scripts_run(world: World, name: str) -> None:
    """Each of them is over at once, and its user says all that there is to say."""
    world, content = without_sender(world), read_script_file(name)
    session = run(world, content)
    assert session.is_over
    check_times(world, session)
    spoken = [step for step in load_script(content)[0].user if hasattr(step, "text")]
    assert len(texts_of(world, session, "USER_MESSAGE")) == len(spoken)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("USER_ENDED", "USER_ENDED"),
        ("USER_TIMEOUT", "USER_TIMEOUT"),
        ("INACTIVITY_TIMEOUT", "INACTIVITY_TIMEOUT"),
        ("MAX_DURATION_TIMEOUT", "MAX_DURATION_TIMEOUT"),
        ("ERROR", "ERROR"),
        ("hang_up", "USER_ENDED"),
        ("ACTIVE", "ACTIVE"),
    ],
)
def test_end_reasons(world: World, reason: str, status: str) -> None:
    """A chat ends as it is asked to, and now; an active one goes on."""
    now_ms = world.clock.now_ms()
    session = run(world, {"user": PLAIN_USER, "end_reason": reason})
    assert session.status == chat_of(world, session)["status"] == status
    check_times(world, session)
    assert chat_of(world, session)["end_timestamp"] == (None if status == "ACTIVE" else now_ms)
    assert (session.chat_id in world.state(EviState).live) is (status == "ACTIVE")
    goodbyes = [text for text in texts_of(world, session, "AGENT_MESSAGE") if "Goodbye" in text]
    assert len(goodbyes) == (reason == "hang_up")


def test_timeouts_last_as_the_config_says(client: TestClient, world: World) -> None:
    """The last user message is followed by the whole inactivity, and the start by the maximum."""
    config_id = config(
        client,
        timeouts={
            "inactivity": {"enabled": True, "duration_secs": 40},
            "max_duration": {"enabled": True, "duration_secs": 300},
        },
        event_messages={"on_inactivity_timeout": {"enabled": True, "text": "Hello?"}},
    )
    content = {"config_id": config_id, "user": PLAIN_USER}
    session = run(world, {**content, "end_reason": "INACTIVITY_TIMEOUT"})
    [*_, last] = events_of(world, session, "USER_MESSAGE")
    assert chat_of(world, session)["end_timestamp"] - last["timestamp"] == 55_000
    assert texts_of(world, session, "AGENT_MESSAGE")[-1] == "Hello?"

    session = run(world, {**content, "end_reason": "MAX_DURATION_TIMEOUT"})
    chat = chat_of(world, session)
    assert chat["end_timestamp"] - chat["start_timestamp"] == 300_000
    assert "Hello?" not in texts_of(world, session, "AGENT_MESSAGE")


def test_a_long_wait_can_be_too_long(client: TestClient, world: World) -> None:
    """A user who is silent for longer than the config allows gets to say no more."""
    timeouts = {"inactivity": {"enabled": True, "duration_secs": 30}}
    content = {
        "config_id": config(client, timeouts=timeouts),
        "user": ["One.", {"wait": "31s"}, "Two."],
    }
    session = run(world, content)
    assert session.status == "INACTIVITY_TIMEOUT"
    assert texts_of(world, session, "USER_MESSAGE") == ["One."]


@pytest.mark.parametrize(
    ("inactivity", "message", "words"),
    [
        ({"enabled": False, "duration_secs": 600}, False, "no inactivity timeout"),
        ({"enabled": True, "duration_secs": 300}, False, "max duration"),
        pytest.param(
            {"enabled": True, "duration_secs": 290},
            True,
            "max duration",
        ),
    ],
)
def test_an_end_that_cannot_be_is_refused(
    client: TestClient, world: World, inactivity: Json, message: bool, words: str
) -> None:
    """Inactivity can't end a chat that has no such timeout, or is over before; 400 says why."""
    config_id = config(
        client,
        timeouts={
            "inactivity": inactivity,
            "max_duration": {"enabled": True, "duration_secs": 300},
        },
        event_messages={"on_inactivity_timeout": {"enabled": message, "text": "Hello?"}},
    )
    error = refused(world, {"config_id": config_id, "end_reason": "INACTIVITY_TIMEOUT"})
    assert error.status == 400
    assert words in str(error.body["message"])


@pytest.mark.parametrize(
    "content",
    [
        {"config_id": NOBODY},
        {"resumed_chat_group_id": NOBODY},
        {"config_id": "1b60e1a0-cc59-424a-8d2c-189d354db3f3", "config_version": 99},
    ],
    ids=str,
)
def test_what_is_not_there_is_refused(world: World, content: Json) -> None:
    """An unknown config, version or group is a 404, and no chat begins."""
    before = world.state(EviState).chats.page_of_chats(Paging()).total
    assert refused(world, content).status == 404
    assert world.state(EviState).chats.page_of_chats(Paging()).total == before


def test_whole_numbers_may_be_written_with_a_point(client: TestClient, world: World) -> None:
    """A config's 30.0 seconds are 30 seconds, and times stay whole numbers."""
    config_id = config(
        client,
        timeouts={"inactivity": {"enabled": True, "duration_secs": 30.0}},
        nudges={"enabled": True, "interval_secs": 7.0},
    )
    session = run(world, {"config_id": config_id, "end_reason": "INACTIVITY_TIMEOUT"})
    check_times(world, session)
    assert session.status == "INACTIVITY_TIMEOUT"


def test_a_resumed_group(world: World) -> None:
    """A chat that resumes a group joins it, with the config of its newest chat."""
    first = run(world, {"user": ["I like trains."]})
    second = run(world, {"resumed_chat_group_id": first.chat_group_id.upper(), "user": ["Hi"]})
    group = world.state(EviState).chats.find_group(first.chat_group_id)
    assert group is not None
    assert (group["num_chats"], group["most_recent_chat_id"]) == (2, second.chat_id)


# what the user does


def test_spoken_and_typed_turns(world: World) -> None:
    """What is spoken has prosody in the mood given, and takes time; what is typed has none."""
    session = run(
        world, {"user": [{"say": "It is sad.", "mood": "Sadness"}, {"type": "I am typing."}]}
    )
    spoken, typed = events_of(world, session, "USER_MESSAGE")
    scores = json.loads(spoken["emotion_features"])
    assert max(scores, key=scores.get) == "Sadness"
    [segment] = json.loads(spoken["metadata"])["segments"]
    time = segment["time"]
    assert time["end_ms"] == spoken["timestamp"] - session.start_ms
    assert time["end_ms"] - time["begin_ms"] == 720
    assert (typed["emotion_features"], typed["metadata"]) == ("", "")


def test_the_user_waits_until_the_assistant_is_quiet(world: World) -> None:
    """A turn begins after the last answer has been heard."""
    rules = [{"answer": "This is a sentence of some length, to be heard."}]
    session = run(world, {"user": ["One.", "Two."], "rules": rules})
    [said, *_] = events_of(world, session, "AGENT_MESSAGE")
    second = events_of(world, session, "USER_MESSAGE")[1]
    [segment] = json.loads(second["metadata"])["segments"]
    begins_ms = session.start_ms + segment["time"]["begin_ms"]
    assert begins_ms > said["timestamp"] + 47 * 60


def test_waiting(world: World) -> None:
    """Silence lasts from the end of the answer for as long as the script says."""
    short = run(world, {"user": ["One.", "Two."]})
    long = run(world, {"user": ["One.", {"wait": "90s"}, "Two."]})
    gaps = []
    for session in (short, long):
        [*_, answer] = events_of(world, session, "ASSISTANT_PROSODY")[:2]
        second = events_of(world, session, "USER_MESSAGE")[1]
        gaps.append(second["timestamp"] - answer["timestamp"])
    assert gaps[0] < 10_000
    assert 90_000 < gaps[1] < 100_000


def test_an_interruption(world: World) -> None:
    """The user speaks 50 ms into the answer, which is not finished."""
    session = run(
        world,
        {
            "user": ["Count.", {"interrupt": "Stop!"}],
            "rules": [
                {"when": "count", "answer": "One. Two. Three."},
                {"when": "stop", "answer": "Sorry."},
            ],
        },
    )
    assert texts_of(world, session, "AGENT_MESSAGE") == ["One.", "Sorry."]
    [interruption] = events_of(world, session, "USER_INTERRUPTION")
    said = events_of(world, session, "AGENT_MESSAGE")[0]
    assert interruption["timestamp"] == said["timestamp"] + 50
    check_times(world, session)


def test_an_interruption_of_silence_is_a_turn(world: World) -> None:
    """Where there is nothing to interrupt, the user just speaks."""
    session = run(world, {"user": [{"interrupt": "Hello?"}]})
    assert texts_of(world, session, "USER_MESSAGE") == ["Hello?"]
    assert events_of(world, session, "USER_INTERRUPTION") == []


def test_the_user_says_one_thing_at_a_time(world: World) -> None:
    """What was said last is over before the user begins to say something else."""
    session = run(
        world,
        {
            "user": ["Count, please, as far as you can.", {"interrupt": "Stop, stop, stop it!"}],
            "rules": [{"answer": "One. Two. Three."}],
        },
    )
    ends_ms = 0
    for event in events_of(world, session, "USER_MESSAGE"):
        [segment] = json.loads(event["metadata"])["segments"]
        assert segment["time"]["begin_ms"] >= ends_ms
        ends_ms = segment["time"]["end_ms"]


def test_messages_are_sent_without_waiting(world: World) -> None:
    """A pause goes out before the answer; what was asked meanwhile is answered once."""
    session = run(
        world,
        {
            "user": [
                "One.",
                {"send": {"type": "pause_assistant_message"}},
                "Two.",
                "Three.",
                {"send": {"type": "resume_assistant_message"}},
            ],
            "rules": [{"answer": "You said {user_text}"}],
        },
    )
    assert texts_of(world, session, "AGENT_MESSAGE") == ["You said Three."]
    assert session.status == "USER_ENDED"
    check_times(world, session)


def test_a_paused_chat_can_be_hung_up(world: World) -> None:
    """The assistant ends the chat though it was paused in the middle of an answer."""
    session = run(
        world,
        {
            "user": ["One.", {"send": {"type": "pause_assistant_message"}}],
            "end_reason": "hang_up",
        },
    )
    assert session.status == "USER_ENDED"


# tools


def test_a_tool_that_the_script_answers(world: World) -> None:
    """The simulated client answers with the script's content."""
    session = run(
        world,
        {
            "session_settings": TOOL_SETTINGS,
            "user": ["Look!"],
            "rules": TOOL_RULES,
            "tools": {"lookup": {"content": "gold"}},
        },
    )
    assert texts_of(world, session, "FUNCTION_CALL_RESPONSE") == ["gold"]
    assert texts_of(world, session, "AGENT_MESSAGE") == ["Found gold."]


def test_a_tool_that_fails_in_the_script(world: World) -> None:
    """An error's content goes before the tool's own fallback."""
    content = {"session_settings": TOOL_SETTINGS, "user": ["Look!"], "rules": TOOL_RULES}
    for error, expected in (
        ({"error": "broken", "content": "silver"}, "Found silver."),
        ({"error": "broken"}, "Found nothing."),
    ):
        session = run(world, {**content, "tools": {"lookup": error}})
        assert texts_of(world, session, "AGENT_MESSAGE") == [expected]


def test_a_tool_that_nobody_answers_falls_back(world: World) -> None:
    """A call that the script does not know gets the tool's fallback."""
    session = run(
        world, {"session_settings": TOOL_SETTINGS, "user": ["Look!"], "rules": TOOL_RULES}
    )
    assert texts_of(world, session, "AGENT_MESSAGE") == ["Found nothing."]
    assert session.status == "USER_ENDED"


def waiting_for_a_tool(world: World) -> LiveChat:
    session = run(
        world,
        {
            "session_settings": TOOL_SETTINGS,
            "user": ["Look!", "Thanks."],
            "rules": TOOL_RULES,
            "unanswered_tool_calls": "wait",
        },
    )
    assert session.status == "ACTIVE"
    assert session.waits_for is not None
    return world.state(EviState).live[session.chat_id]


def test_a_tool_that_somebody_else_answers(world: World) -> None:
    """The chat waits for the control plane, then goes on to its end as time passes."""
    live = waiting_for_a_tool(world)
    session = live.session
    check_times(world, session)
    advance(world, 90_000)
    call = session.waits_for
    assert call is not None
    live.receive(ToolResponse(tool_call_id=call.tool_call_id, content="gold"))
    advance(world, MINUTE)

    assert texts_of(world, session, "AGENT_MESSAGE") == ["Found gold.", "Fine."]
    assert session.status == "USER_ENDED"
    check_times(world, session)
    assert world.state(EviState).live == {}


def test_a_tool_that_nobody_ever_answers(world: World) -> None:
    """The chat that waits ends with the inactivity timeout."""
    live = waiting_for_a_tool(world)
    advance(world, 11 * MINUTE)
    assert live.session.status == "INACTIVITY_TIMEOUT"
    assert world.state(EviState).live == {}
    check_times(world, live.session)


# as time passes


def test_an_active_chat_ends_when_nobody_speaks(world: World) -> None:
    """A chat that was left open runs into the inactivity timeout of its config."""
    session = run(world, {"user": PLAIN_USER, "end_reason": "ACTIVE"})
    last = events_of(world, session, "USER_MESSAGE")[-1]
    advance(world, 9 * MINUTE)
    assert session.status == "ACTIVE"
    advance(world, 11 * MINUTE)
    assert session.status == chat_of(world, session)["status"] == "INACTIVITY_TIMEOUT"
    assert chat_of(world, session)["end_timestamp"] == last["timestamp"] + 10 * MINUTE
    assert world.state(EviState).live == {}


def test_the_pace_of_life(world: World) -> None:
    """In real time a chat begins now and goes on as the world's time passes."""
    began_ms = world.clock.now_ms()
    session = run(world, {"user": PLAIN_USER, "pace": "realtime"})
    assert (session.status, session.start_ms) == ("ACTIVE", began_ms)
    assert texts_of(world, session, "USER_MESSAGE") == []

    advance(world, 3_000)
    assert texts_of(world, session, "USER_MESSAGE") == PLAIN_USER[:1]
    advance(world, MINUTE)
    assert session.status == "USER_ENDED"
    check_times(world, session)
    assert 8_000 < chat_of(world, session)["end_timestamp"] - began_ms < 30_000


def lasted_ms(world: World, session: Session) -> int:
    chat = chat_of(world, session)
    return int(chat["end_timestamp"] - chat["start_timestamp"])


def test_at_once_is_as_long_as_in_life() -> None:
    """With the same ids a chat has the same events at the same distances, at once or not."""
    shown = []
    for pace in ("instant", "realtime"):
        world = seeded_world(7)
        session = run(world, {**SCENE, "pace": pace})
        advance(world, 5 * MINUTE)
        start_ms = session.start_ms
        events = events_of(world, session)
        shown.append([(event["timestamp"] - start_ms, event["id"]) for event in events])
    assert shown[0] == shown[1]


@pytest.mark.parametrize("factor", [10, 0.5])
def test_a_chat_that_is_faster_or_slower_than_life(factor: float) -> None:
    """Everything that takes time takes a part of it, the assistant's speech too."""
    world, fast = seeded_world(7), seeded_world(7)
    slow_session = run(world, SCENE)
    fast_session = run(fast, {**SCENE, "pace": factor})
    advance(fast, 10 * MINUTE)
    expected = lasted_ms(world, slow_session) / factor
    assert lasted_ms(fast, fast_session) == pytest.approx(expected, rel=0.05)


# determinism

SCENE: Json = {
    "session_settings": TOOL_SETTINGS,
    "user": [
        "Hello!",
        {"say": "Look, please.", "mood": "Joy"},
        {"interrupt": "Wait!"},
        {"type": "I typed this."},
        {"wait": "2s"},
        "That was all.",
    ],
    "rules": [*TOOL_RULES[:1], {"when": "typed", "answer": "One. Two."}],
    "tools": {"lookup": "gold"},
}


def seeded_world(random_seed: int) -> World:
    """A world that makes the same ids every time, and stands at the same time."""
    world = new_app(Settings(seed="demo", random_seed=random_seed)).worlds.get("key")
    world.freeze()
    world.clock.move_to(4_000_000_000_000)
    return world


def test_the_same_seed_gives_the_same_chat() -> None:
    """Ids, times and scores repeat with the random seed, and differ with another."""
    shown = []
    for random_seed in (3, 3, 4):
        world = seeded_world(random_seed)
        session = run(world, SCENE)
        shown.append((chat_of(world, session), events_of(world, session)))
    assert shown[0] == shown[1]
    assert shown[0] != shown[2]


def everything(world: World) -> bytes:
    """All that a simulation could change, but for the live chats."""
    chats = world.state(EviState).chats
    return render(
        [
            [
                parse(render(list(chats.page_of_chats(Paging(size=100)).items))),
                parse(render(list(chats.page_of_groups(Paging(size=100)).items))),
            ],
            world.ids.fork().uuid(),
            world.clock.now_ms(),
            world.timers.next_due_ms,
            world.journal.seq,
            [delivery.to_json() for delivery in world.outbox.deliveries.values()],
            sorted(world.state(EviState).live),
        ]
    )


@pytest.mark.parametrize("reason", ["USER_ENDED", "ACTIVE", "MAX_DURATION_TIMEOUT"])
def test_a_rehearsal_leaves_no_trace(world: World, reason: str) -> None:
    """It tells how long a chat lasts, and the world stays as it was."""
    script, scene = load_script({**SCENE, "end_reason": reason, "pace": "realtime"})
    scenario = new_scenario(world, script, scene)
    before = everything(world)
    rehearsed_ms = rehearse(world, scenario)
    assert everything(world) == before
    assert rehearsed_ms == rehearse(world, scenario) > 10_000


# webhooks


def test_webhooks_have_the_times_of_the_chat(client: TestClient, world: World) -> None:
    """Start, tool call and end are posted in order, with the chat's own times."""
    config_id = config(
        client,
        webhooks=[
            {
                "url": "http://localhost:9/hook",
                "events": ["chat_started", "chat_ended", "tool_call"],
            }
        ],
    )
    world = without_sender(world)
    session = run(world, {**SCENE, "config_id": config_id})
    payloads = [json.loads(delivery.body) for delivery in world.outbox.deliveries.values()]
    assert [payload["event_name"] for payload in payloads] == [
        "chat_started",
        "tool_call",
        "chat_ended",
    ]
    chat = chat_of(world, session)
    assert payloads[0]["start_time"] == chat["start_timestamp"]
    assert payloads[2]["end_time"] == chat["end_timestamp"]
    assert {payload["chat_id"] for payload in payloads} == {session.chat_id}


# any scene

settings.register_profile(
    "scenes",
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "scenes-ci", settings.get_profile("scenes"), derandomize=True, database=None
)
PROFILE = settings.get_profile("scenes-ci" if os.environ.get("CI") else "scenes")

words = st.sampled_from(("Hello!", "Look at this.", "Stop, stop!", "Bye.", "Well. Well.", ""))
user_steps = st.one_of(
    words,
    st.builds(lambda text: {"say": text, "mood": "Joy"}, words),
    st.builds(lambda text: {"type": text}, words),
    st.builds(lambda text: {"interrupt": text}, words),
    st.builds(lambda text: {"wait": text}, st.sampled_from(("0s", "100ms", "12s", "700s"))),
    st.sampled_from(
        (
            {"send": {"type": "pause_assistant_message"}},
            {"send": {"type": "resume_assistant_message"}},
            {"send": {"type": "assistant_input", "text": "By the way. Listen."}},
            {"send": {"type": "audio_input", "data": ""}},
            {"send": {"type": "tool_response", "tool_call_id": "call_0", "content": "x"}},
            {"send": {"type": "session_settings", "context": {"text": "cats"}}},
        )
    ),
)
rules = st.lists(
    st.sampled_from(
        (
            {"when": "look", "answer": [{"call_tool": "lookup"}, "Found {tool_result}."]},
            {"when": "stop", "answer": ["I stop.", {"pause": "3s"}, "I go on. And on."]},
            {"when": "bye", "answer": [{"hang_up": True}]},
            {"when": {"turn": 2}, "answer": [{"error": "E0712"}, "Back."]},
            {"when": {"turn": 3}, "answer": [{"error": "uncaught"}]},
            {"times": 1, "answer": "Once. And only once."},
        )
    ),
    max_size=4,
)
scenes = st.fixed_dictionaries(
    {
        "session_settings": st.just(TOOL_SETTINGS),
        "strict": st.booleans(),
        "user": st.lists(user_steps, max_size=6),
        "rules": rules,
        "tools": st.sampled_from(({}, {"lookup": "gold"}, {"lookup": {"error": "broken"}})),
        "unanswered_tool_calls": st.sampled_from(("fallback", "wait")),
        "end_reason": st.sampled_from(
            (
                "USER_ENDED",
                "USER_TIMEOUT",
                "INACTIVITY_TIMEOUT",
                "MAX_DURATION_TIMEOUT",
                "ERROR",
                "hang_up",
                "ACTIVE",
            )
        ),
        "pace": st.sampled_from(("instant", "instant", "realtime", 10)),
    }
)
_numbers = itertools.count()


@PROFILE
@given(scene=scenes)
def test_no_scene_reaches_into_the_future(app: App, scene: Json) -> None:
    """Whatever is played, times are in order and past, and in the end every chat is over."""
    world = app.worlds.get(f"scene-{next(_numbers)}")
    world.freeze()
    session = run(world, scene)
    check_times(world, session)
    advance(world, 5_000)
    check_times(world, session)
    advance(world, 35 * MINUTE)

    check_times(world, session)
    assert session.is_over
    assert world.state(EviState).live == {}
    assert world.timers.next_due_ms is None
    assert events_of(world, session)[-1]["type"] == "CHAT_END_MESSAGE"


@PROFILE
@given(scene=scenes)
def test_any_scene_ends_as_it_is_asked_to(app: App, scene: Json) -> None:
    """Unless a rule ends the chat, or silence does, its end is the one that was asked for."""
    world = app.worlds.get(f"scene-{next(_numbers)}")
    world.freeze()
    calm = {
        "pace": "instant",
        "unanswered_tool_calls": "fallback",
        "user": [step for step in scene["user"] if step != {"wait": "700s"}],
        "rules": [
            rule
            for rule in scene["rules"]
            if "hang_up" not in str(rule) and "uncaught" not in str(rule)
        ],
    }
    session = run(world, {**scene, **calm})
    asked = scene["end_reason"]
    assert session.status == {"hang_up": "USER_ENDED"}.get(asked, asked)
    said = len(texts_of(world, session, "USER_MESSAGE"))
    assert said == sum(
        isinstance(step, str) or "send" not in step and "wait" not in step for step in calm["user"]
    )
    if asked != "ACTIVE":
        assert chat_of(world, session)["end_timestamp"] == world.clock.now_ms()


def test_an_answer_under_another_name_is_noted(world: World) -> None:
    """A script that answers tools, but not the one that is called, may have mistyped it."""
    scene = {
        "user": ["Book it"],
        "rules": [{"answer": [{"call_tool": "book_repair"}, "Done."]}],
        "tools": {"book_repiar": "booked"},
    }
    run(world, scene)
    findings = {each["finding"]: each["message"] for each in world.journal.entries(kind="script")}
    assert "did you mean 'book_repiar'" in findings["tool_answer_missing"]
