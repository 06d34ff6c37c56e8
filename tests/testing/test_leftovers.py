"""What a test sets up for nothing: told in the timeline, and a failure where that is asked for."""

import gc
from pathlib import Path

import pytest

from emulator import Emulator, Evi
from emulator.chat.script import Script
from emulator.handles.diagnosis import MOST_LEFT
from tests.testing.talking import http

TWO_RULES = {"rules": [{"when": "hello", "answer": "Hi"}, {"when": "x", "answer": "X"}]}
RULE = "the script's rule for 'weather' never answered"


def unused(evi: Evi) -> list[tuple[str, str]]:
    """Return kind and message of all that is left over, as other languages get it."""
    with http(evi) as client:
        found = client.get("/_emulator/unused").json()["unused"]
    return [(each["kind"], each["message"]) for each in found]


def test_a_rule_that_never_answers(evi: Evi) -> None:
    """It is told until it answers; a simulation's own rules count, too."""
    evi.script.on_user("weather").say("Snow.")
    assert unused(evi) == [("rule", RULE)]
    assert evi.timeline().splitlines()[-1] == f"  unused   {RULE}"
    with pytest.raises(AssertionError, match="the script's rule for 'weather' never answered"):
        evi.check_unused()
    evi.simulate(user=["The weather?"])
    evi.check_unused()
    evi.simulate(user=["Hello"], script=TWO_RULES)
    assert [message for _, message in unused(evi)] == ["the script's rule for 'x' never answered"]


def test_a_rule_in_the_place_of_one_that_answered(evi: Evi) -> None:
    """What a rule did that is gone is not counted for another, which may have its address."""
    for _ in range(3):
        evi.script.rules.clear()
        evi.script.on_user("weather").say("Snow.")
        assert unused(evi) == [("rule", RULE)]
        with http(evi) as client:
            assert client.get("/_emulator/script").json()["uses"] == [0]
        evi.simulate(user=["The weather?"])
        gc.collect()


def test_a_rule_that_answered_long_ago(evi: Evi) -> None:
    """It has answered, however many scripts were followed since."""
    evi.script.on_user("weather").say("Snow.")
    evi.simulate(user=["The weather?"])
    for _ in range(60):
        evi.simulate(user=["Hello"], script={"rules": [{"when": "hello", "answer": "Hi"}]})
    assert unused(evi) == []
    with http(evi) as client:
        assert client.get("/_emulator/script").json()["uses"] == [1]


def test_a_turn_that_no_rule_matches(evi: Evi) -> None:
    """It is in the journal where it happens, and in the list; the default assistant answers it."""
    evi.script.on_user("weather").say("Snow.")
    chat = evi.simulate(user=["The weather?", "Wether?"])
    [entry] = evi.journal.entries("script")
    told = "no rule of the script matches turn 2: 'Wether?'"
    assert (entry["finding"], entry["chat_id"]) == ("turn_unmatched", chat.id)
    assert entry["message"] == f"{told}; the default assistant answers"
    assert unused(evi) == [("turn", f"{told} (chat {chat.id})")]
    assert f"script   turn_unmatched: {told}" in evi.timeline()
    assert "unused" not in evi.timeline()
    with pytest.raises(AssertionError, match="matches turn 2"):
        evi.check_unused()


def test_turns_without_a_script(evi: Evi) -> None:
    """The default assistant's own turns are no mistake, and a strict script's are."""
    evi.simulate(user=["Hello"])
    assert unused(evi) == []
    evi.script = Script(strict=True)
    evi.simulate(user=["Hello"])
    assert [kind for kind, _ in unused(evi)] == ["turn"]


def test_a_fault_that_never_strikes(evi: Evi) -> None:
    """It is told with what it waits for; chance is no mistake."""
    evi.faults.add("http", "status", status=503, operation="list-configs", times=1)
    evi.faults.add("http", "status", status=503, path="/nowhere", probability=0.5)
    assert unused(evi) == [
        ("fault", "the http fault 'status' (operation='list-configs', status=503) never struck")
    ]
    with http(evi) as client:
        client.get("/v0/evi/configs")
    assert unused(evi) == []


def test_stubs_are_in_the_list(evi: Evi) -> None:
    """They fail a test by themselves, so check_unused leaves them out."""
    evi.stub("list-configs", status=503)
    assert unused(evi) == [("stub", "list-configs -> 503: used 0 of 1 times")]
    evi.check_unused()
    evi.reset()


@pytest.mark.evi(script="weather")
def test_rules_that_the_world_began_with(evi: Evi, tmp_path: Path) -> None:
    """Many tests may share them; added ones count, also after a snapshot is restored."""
    assert unused(evi) == []
    evi.script = Script([*evi.script.rules[:1]])
    evi.script.on_anything().say("What?")
    snapshot = evi.snapshot()
    assert [kind for kind, _ in unused(evi)] == ["rule"]
    evi.simulate(user=["x"])
    assert unused(evi) == []
    evi.restore(snapshot)
    assert [kind for kind, _ in unused(evi)] == ["rule"]
    evi.save(tmp_path / "world.json")
    evi.load(tmp_path / "world.json")
    assert unused(evi) == []


def test_failed_expectations_tell(evi: Evi) -> None:
    """The timeline in their message ends with what is left over, of many a few."""
    for number in range(MOST_LEFT + 2):
        evi.script.on_user(f"number {number}").say("Yes")
    with pytest.raises(AssertionError) as failed:
        evi.next_chat(timeout=0)
    lines = str(failed.value).splitlines()
    assert lines[-2].endswith(f"rule for 'number {MOST_LEFT - 1}' never answered")
    assert lines[-1].strip() == "... 2 more"


def test_worlds_have_their_own(evi: Evi, evi_server: Emulator) -> None:
    """Worlds share the objects of a seed's rules, and not how they were used."""
    script = Script()
    script.on_user("weather").say("Snow.")
    other = evi_server.world()
    evi.script, other.script = script, script
    evi.simulate(user=["The weather?"])
    assert (unused(evi), [kind for kind, _ in unused(other)]) == ([], ["rule"])
    other.close()


@pytest.mark.slow
def test_where_it_fails_the_test(pytester: pytest.Pytester) -> None:
    """With the setting, for one test or for all; a failed test's report tells in any case."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.evi(fail_unused=True)
        def test_fails(evi):
            evi.script.on_user("weather").say("Snow.")

        def test_passes(evi):
            evi.script.on_user("weather").say("Snow.")

        def test_tells(evi):
            evi.faults.add("http", "reset")
            assert False

        def test_callable(evi):
            def broken(request):
                raise KeyError("mine")

            evi.stub("list-configs", answer=broken)
            list(evi.client().empathic_voice.configs.list_configs())
            assert False
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:schemathesis")
    result.assert_outcomes(passed=2, failed=2, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "E * AssertionError: set up for nothing, or missed: the script's rule for 'weather' *",
            "  unused   the http fault 'reset' never struck",
            "*what the callable of a stub raised*",
            '    raise KeyError("mine")',
        ]
    )
