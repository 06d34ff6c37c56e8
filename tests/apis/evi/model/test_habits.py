"""Requests that come twice, or again; options of worlds and scripts; faults; cassettes."""

from pathlib import Path
from typing import Any

import pytest

from emulator.testing.world import Evi
from tests.apis.evi.model.server import DONE, Answer, ModelServer, chunk, words
from tests.apis.evi.model.talks import (
    answers,
    chatting,
    error_of,
    exchange,
    new_config,
    new_tool,
    said,
)
from tests.testing.talking import http, talking

SILENCE = Answer((DONE,))


@pytest.mark.evi(model_quirks=("double_post",))
def test_a_request_may_come_twice(evi: Evi, model: ModelServer) -> None:
    """Only one answer is heard."""
    with chatting(evi, model.url) as talk:
        assert exchange(talk, "Hi") == ["Yes."]
        one, other = model.wait_for_asked(2)
        assert one.body == other.body
        evi.journal.wait_for("model", ended="ignored")
        assert exchange(talk, "Hi") == ["Yes."]
        model.wait_for_asked(4)
    assert len(model.asked) == 4


@pytest.mark.evi(model_quirks=("double_post",))
def test_both_requests_are_cancelled(evi: Evi, model: ModelServer) -> None:
    """At the end of the chat."""
    model.answer(*[Answer((chunk("Hello. "),), holds=True)] * 2)
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        answers(talk, "assistant_message")
        model.wait_for_asked(2)
    model.wait(lambda: model.left == 2)


@pytest.mark.evi(model_quirks=("retry_after_silence",), clock="manual")
def test_silence_is_asked_about_again(evi: Evi, model: ModelServer) -> None:
    """Once, 57 s later on the world's clock, in the same words."""
    model.answer(SILENCE, SILENCE)
    with chatting(evi, model.url) as talk:
        assert exchange(talk, "Hi") == []
        evi.clock.advance(56.999)
        assert len(model.asked) == 1
        evi.clock.advance(0.001)
        assert said(answers(talk)) == []
        evi.clock.advance(120)
    one, other = model.asked
    assert one.body == other.body


@pytest.mark.evi(model_quirks=("retry_after_silence",), clock="manual")
def test_who_speaks_is_answered_instead(evi: Evi, model: ModelServer) -> None:
    """Then nothing is asked again."""
    model.answer(SILENCE)
    with chatting(evi, model.url) as talk:
        exchange(talk, "Hi")
        evi.clock.advance(30)
        talk.say("Hello?")
        messages = answers(talk)
        evi.clock.advance(120)
    assert said(messages) == ["Yes."]
    assert "user_interruption" not in [each["type"] for each in messages]
    assert len(model.asked) == 2


# time


@pytest.mark.evi(clock="manual", model_quirks=("retry_after_silence",))
def test_an_advance_waits_within_itself(evi: Evi, model: ModelServer) -> None:
    """A question that is asked on the way is answered before the clock moves on."""
    model.answer(SILENCE, words("Are you there?"))
    with chatting(evi, model.url) as talk:
        exchange(talk, "Hi")
        evi.clock.advance(600)
        assert said(answers(talk)) == ["Are you there?"]
    [_, again] = evi.journal.entries("model")
    begin = evi.journal.entries("frame", direction="in")[0]["at_ms"]
    assert again["at_ms"] == begin + 57_000


@pytest.mark.evi(clock="manual", pace="realtime")
def test_an_advance_waits_for_the_answer(evi: Evi, model: ModelServer) -> None:
    """What the model says lies within the time that passes."""
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        answers(talk, "user_message")
        evi.clock.advance(10)
        assert said(answers(talk)) == ["Yes."]


def test_a_simulation_waits_for_answers(evi: Evi, model: ModelServer) -> None:
    """It is over when it returns; the route answers then, too."""
    config = new_config(evi, model.url)
    chat = evi.simulate(user=["Hi", "And?"], config_id=config)
    assert chat.status == "USER_ENDED"
    with http(evi) as client:
        answer = client.post("/_emulator/simulate", json={"user": ["Hi"], "config_id": config})
    assert answer.json()["status"] == "USER_ENDED"
    assert [each["turn"] for each in evi.journal.entries("model")] == [1, 2, 1]


def test_a_simulation_does_not_wait_for_ever(
    evi: Evi, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on by itself then."""
    monkeypatch.setattr("emulator.apis.evi.chat.simulation.LONGEST_WAIT_S", 0.1)
    model.answer(Answer((chunk("Hello. "),), holds=True))
    chat = evi.simulate(user=["Hi"], config_id=new_config(evi, model.url))
    assert chat.status == "ACTIVE"
    evi.reset()
    model.wait(lambda: model.left == 1)


@pytest.mark.evi(clock="manual")
def test_a_simulation_on_a_frozen_clock(evi: Evi, model: ModelServer) -> None:
    """All of it lies before now."""
    chat = evi.simulate(user=["Hi"], config_id=new_config(evi, model.url))
    assert chat.status == "USER_ENDED"
    assert len(model.asked) == 1


def test_a_simulation_answers_the_models_tools(evi: Evi, model: ModelServer) -> None:
    """As its script says."""
    from tests.apis.evi.model.server import tool

    model.answer(tool("get_weather", "{}"), words("Cold."))
    chat = evi.simulate(
        user=["The weather?"],
        config_id=new_config(evi, model.url, tools=[{"id": new_tool(evi)}]),
        script={"tools": {"get_weather": "-5"}},
    )
    assert chat.status == "USER_ENDED"
    assert model.asked[1].texts[-1] == ("tool", "-5")


# options


def test_options_of_a_world(evi: Evi, model: ModelServer) -> None:
    """They replace each other; without any, the settings count. Snapshots keep them."""
    with http(evi) as client:
        shown = client.get("/_emulator/model").json()
        assert shown == {
            "quirks": ["greeting_as_user_text"],
            "failure": "continue",
            "system": "session",
            "timeout": 10,
        }
        body = {"quirks": ["duplicate_last_message"], "timeout": 3}
        changed = client.put("/_emulator/model", json=body).json()
        assert changed == {**shown, **body}
        snapshot = evi.snapshot()
        assert client.put("/_emulator/model", json={}).json() == shown
        evi.restore(snapshot)
        assert client.get("/_emulator/model").json() == changed
        for wrong in ({"quirks": ["x"]}, {"timeout": 0}, {"failure": "x"}, {"other": 1}):
            assert client.put("/_emulator/model", json=wrong).status_code == 422
    with chatting(evi, model.url) as talk:
        exchange(talk, "Hi")
    assert [text for _, text in model.asked[0].texts] == ["Hi", "Hi"]


def test_options_of_a_script(evi: Evi, model: ModelServer) -> None:
    """They go before the world's."""
    evi.use_script({"model": {"quirks": ["superset_finals"], "failure": "end"}})
    with chatting(evi, model.url) as talk:
        exchange(talk, "a b c")
    assert [text for _, text in model.asked[0].texts] == ["a", "a b", "a b c"]
    chat = evi.simulate(
        user=["Hi"],
        config_id=new_config(evi, model.url),
        script={"model": {"quirks": ["duplicate_last_message"]}},
    )
    assert chat.status == "USER_ENDED"
    assert [text for _, text in model.asked[1].texts] == ["Hi", "Hi"]


# faults


def test_a_cut_answer(evi: Evi, model: ModelServer) -> None:
    """After some chunks."""
    model.answer(words("One. ", "Two. ", "Three."))
    evi.faults.add("model", "cut", after=2, turn=1)
    with chatting(evi, model.url) as talk:
        talk.say("Count")
        messages = answers(talk, "error")
        assert said(messages) == ["One.", "Two."]
        assert messages[-1]["code"] == "E0705"
        answers(talk)
        assert exchange(talk, "Hi") == ["Yes."]
    entry = evi.journal.entries("model")[0]
    assert (entry["ended"], entry["faults"]) == ("cut", ["cut"])
    assert evi.journal.entries("fault")[0]["turn"] == 1


def test_a_cut_before_the_first_chunk(evi: Evi, model: ModelServer) -> None:
    """Nothing of the answer came."""
    model.answer(words("One. ", "Two.", system_fingerprint="s-1"))
    evi.faults.add("model", "cut", after=0)
    with chatting(evi, model.url) as talk:
        assert error_of(talk, "Count")["code"] == "E0705"
    entry = evi.journal.wait_for("model", turn=1)
    assert (entry["ended"], entry["chunks"], entry["text"]) == ("cut", 0, "")


def test_a_status_without_the_model(evi: Evi, model: ModelServer) -> None:
    """It is not asked."""
    evi.faults.add("model", "status", status=503, times=1)
    with chatting(evi, model.url) as talk:
        assert "answered with status 503." in error_of(talk, "Hi")["message"]
        assert exchange(talk, "Hi") == ["Yes."]
    assert len(model.asked) == 1
    assert evi.journal.entries("model")[0]["status"] == 503


def test_a_garbage_line(evi: Evi, model: ModelServer) -> None:
    """It is skipped, and no finding about the model."""
    evi.faults.add("model", "garbage")
    with chatting(evi, model.url) as talk:
        assert exchange(talk, "Hi") == ["Yes."]
    [entry] = evi.journal.entries("model")
    assert [each["code"] for each in entry["findings"]] == ["model_line_broken"]
    assert "model_line_broken" not in {each["code"] for each in evi.contract.findings}


def test_a_delay(evi: Evi, model: ModelServer) -> None:
    """In real time, before the first word."""
    evi.faults.add("model", "delay", delay_ms=50)
    with chatting(evi, model.url) as talk:
        assert exchange(talk, "Hi") == ["Yes."]
    [entry] = evi.journal.entries("model")
    assert entry["first_token_ms"] >= 50


@pytest.mark.slow
@pytest.mark.evi(model_timeout=1)
@pytest.mark.parametrize("fault", [{"fault": "hang"}, {"fault": "delay", "delay_ms": 5_000}])
def test_a_model_that_hangs(evi: Evi, model: ModelServer, fault: dict[str, Any]) -> None:
    """Until the chat gives up."""
    evi.faults.add("model", **fault)
    with chatting(evi, model.url) as talk:
        assert error_of(talk, "Hi")["code"] == "E0712"
    assert model.asked == []


def test_faults_over_http(evi: Evi) -> None:
    """As the others; turn and chat match, no frame does."""
    with http(evi) as client:
        rule = {"kind": "model", "fault": "status", "status": 500, "turn": 2}
        assert client.post("/_emulator/faults", json=rule).status_code == 201
        assert client.post("/_emulator/faults", json={**rule, "frame": 1}).status_code == 422


# cassettes


def test_a_cassette_replays(evi: Evi, model: ModelServer, tmp_path: Path) -> None:
    """What was recorded once, needs no model."""
    path = tmp_path / "c.jsonl"
    evi.world.settings = settings_with(evi, model_cassette=str(path))
    model.answer(words("One. ", "Two.", system_fingerprint="s-1"))
    config, last = new_config(evi, model.url), 0
    for _ in range(2):
        with talking(evi, config_id=config) as talk:
            assert exchange(talk, "Count") == ["One.", "Two."]
            last = evi.journal.wait_for(kind="model", after=last)["seq"]  # once it is recorded
            talk.say("And?")
            assert answers(talk)[-1]["custom_session_id"] == "s-1"
            last = evi.journal.wait_for(kind="model", after=last)["seq"]
    assert len(model.asked) == 2
    assert len(path.read_text().splitlines()) == 2
    entries = evi.journal.entries("model")
    assert [each.get("replayed", False) for each in entries] == [False, False, True, True]
    assert [each["status"] for each in entries] == [200] * 4
    assert [each["finish"] for each in entries[2:]] == [each["finish"] for each in entries[:2]]


def test_a_missing_answer_fails(evi: Evi, model: ModelServer, tmp_path: Path) -> None:
    """The frame and the entry say what differs."""
    path = tmp_path / "c.jsonl"
    evi.world.settings = settings_with(evi, model_cassette=str(path))
    config = new_config(evi, model.url)
    with talking(evi, config_id=config) as talk:
        exchange(talk, "Hi")
        recorded = evi.journal.wait_for(kind="model")
    evi.world.settings = settings_with(evi, model_cassette=str(path), model_cassette_mode="replay")
    with talking(evi, config_id=config) as talk:
        error = error_of(talk, "Ho")
        failed = evi.journal.wait_for(kind="model", after=recorded["seq"])
        assert error["slug"] == "custom_language_model_error"
        assert "messages[0].content: asked 'Ho', the cassette has 'Hi'" in error["message"]
    assert len(model.asked) == 1
    assert "the cassette has 'Hi'" in failed["error"]


def test_failures_are_not_recorded(evi: Evi, model: ModelServer, tmp_path: Path) -> None:
    """A second run asks again."""
    path = tmp_path / "c.jsonl"
    evi.world.settings = settings_with(evi, model_cassette=str(path))
    model.answer(Answer(status=500))
    with chatting(evi, model.url) as talk:
        error_of(talk, "Hi")
    assert not path.exists()


def settings_with(evi: Evi, **changes: Any) -> Any:
    """Return the world's settings with changes."""
    from dataclasses import replace

    return replace(evi.world.settings, **changes)


def test_a_cassette_whose_folder_is_missing(evi: Evi, model: ModelServer, tmp_path: Path) -> None:
    """The journal says so; the answer is said all the same."""
    settings = settings_with(evi, model_cassette=str(tmp_path / "none" / "c.jsonl"))
    evi.world.settings = settings
    with chatting(evi, model.url) as talk:
        assert exchange(talk, "Hi") == ["Yes."]
        assert exchange(talk, "Hi") == ["Yes."]
    first = evi.journal.wait_for(kind="model")
    assert first["ended"] == "complete"
    assert "c.jsonl can't be written: FileNotFoundError" in first["error"]
