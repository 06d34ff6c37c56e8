"""Scripts as Python: rules, placeholders, mistakes, and what a strict one says."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from emulator.apis.evi.chat.messages import Context, SessionSettings, ToolResponse
from emulator.apis.evi.chat.script import (
    CallTool,
    Fail,
    Pause,
    Rule,
    Say,
    Script,
    ScriptRun,
    ToolAnswer,
    UseBuiltin,
    UserTurn,
)
from emulator.errors import ScriptError
from tests.apis.evi.chat.chats import of_type, said, started


def chosen(script: Script, *texts: str) -> list[str | None]:
    """The rule that answers each of the turns, as text."""
    run = ScriptRun(script)
    found = [run.choose(UserTurn(number, text)) for number, text in enumerate(texts, start=1)]
    return [None if each is None else str(each.rule) for each in found]


def refusal(act: Callable[[], Any]) -> str:
    """The one mistake that is refused, without its place."""
    with pytest.raises(ScriptError) as caught:
        act()
    [(_, message)] = caught.value.mistakes
    return message


# which turns a rule answers


@pytest.mark.parametrize(
    ("words", "said", "matches"),
    [
        ("weather", "What's the WEATHER like?", True),
        ("weather", "whether", False),
        ("weather", "weathercock", False),
        ("what is", "So, what... IS it?", True),
        ("what is", "is what", False),
        ("what's", "What’s up", True),
        ("straße", "STRASSE 5", True),
        ("東京", "東京", True),
        ("a+b?", "A (b)", True),
        ("42", "142", False),
        ("snake_case", "snake case", False),
    ],
)
def test_words_match_whole_in_any_case(words: str, said: str, matches: bool) -> None:
    """A rule's words stand in the turn next to each other, as words, whatever separates them."""
    assert (Rule(text=words).match(UserTurn(1, said)) is not None) is matches


@pytest.mark.process
def test_many_words_are_found_in_little_time() -> None:
    """However often the first of them stand in what was said; in a process of its own."""
    program = (
        "from emulator.apis.evi.chat.script import Rule, UserTurn\n"
        "rule, said = Rule(text='a ' * 50_000 + 'b'), UserTurn(1, 'a ' * 500_000)\n"
        "assert rule.match(said) is None"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_a_pattern_gives_its_groups() -> None:
    """A pattern is searched for; its named groups are values, empty where they don't match."""
    rule = Rule(pattern=re.compile(r"in (?P<city>\w+)(?: on (?P<day>\w+))?"))
    assert rule.match(UserTurn(1, "weather in Oslo")) == {"city": "Oslo", "day": ""}
    assert rule.match(UserTurn(1, "weather in Oslo on Monday")) == {"city": "Oslo", "day": "Monday"}
    assert rule.match(UserTurn(1, "weather IN Oslo")) is None


def test_the_first_rule_that_matches_answers() -> None:
    """Rules are tried in their order; what none of them matches has no answer."""
    script = Script()
    script.on_user("tea", times=1)
    script.on_user(re.compile("tea|milk"))
    script.on_turn(4)
    assert chosen(script, "tea", "tea", "milk", "juice", "juice") == [
        "'tea'",
        "/tea|milk/",
        "/tea|milk/",
        "turn 4",
        None,
    ]


def test_all_conditions_must_hold() -> None:
    """A rule with words and a turn answers only that turn, if it has the words."""
    script = Script()
    script.on_user("tea", turn=2)
    assert chosen(script, "tea", "tea", "tea") == [None, "turn 2 and 'tea'", None]


def test_anything_can_be_used_up() -> None:
    """A rule for anything with `times` lets the next one take over."""
    script = Script()
    script.on_anything(times=2)
    script.on_user("tea")
    assert chosen(script, "a", "b", "tea", "c") == ["anything", "anything", "'tea'", None]


def test_a_script_is_not_used_up_by_another_chat() -> None:
    """Each chat counts for itself."""
    script = Script(strict=True)
    script.on_anything(times=1).say("Yes.")
    for _ in range(2):
        assert said(started(script=script).type("Go")) == ["Yes."]


# steps


def test_steps_in_the_order_they_are_written() -> None:
    """Each method adds one step."""
    rule = Rule()
    rule.say("One", "Joy", quick=True).call_tool("t", {"a": 1}).pause("1.5s").error("E0712", "No.")
    rule.use_builtin("web_search", {"query": "q"}, {"summary": ""}).hang_up().pause(2)
    assert rule.steps == [
        Say("One", {"Joy": 0.6}, True),
        CallTool("t", {"a": 1}),
        Pause(1_500),
        Fail("custom_language_model_timed_out", "No."),
        UseBuiltin("web_search", {"query": "q"}, {"summary": ""}),
        UseBuiltin("hang_up", {}),
        Pause(2_000),
    ]


def test_tool_answers() -> None:
    """A value becomes JSON text; an error may bring a text to use instead."""
    script = Script()
    script.answer_tool("a", "plain")
    script.answer_tool("b", {"x": ["ü"]})
    script.fail_tool("c", "timeout")
    script.fail_tool("d", "timeout", "unknown")
    assert script.tools == {
        "a": ToolAnswer("plain"),
        "b": ToolAnswer('{"x": ["ü"]}'),
        "c": ToolAnswer(None, "timeout"),
        "d": ToolAnswer("unknown", "timeout"),
    }


# placeholders

RESULT = json.dumps({"sky": "grey", "days": [{"max": 4.5}, None, True], "a b": 1})


def test_groups_reach_texts_and_tools() -> None:
    """A named group of the pattern is filled in speech and in a tool's arguments."""
    script = Script()
    script.on_user(re.compile(r"in (?P<city>\w+)")).say("Looking at {city}.").call_tool(
        "get", {"where": ["{city}"]}
    )
    messages = started(script=script).type("weather in Oslo")
    assert said(messages) == ["Looking at Oslo."]
    [call] = of_type(messages, "tool_call")
    assert call.parameters == '{"where": ["Oslo"]}'


def test_a_script_can_speak_of_the_context() -> None:
    """The injected context is {context} to a script, as docs/fidelity.md says."""
    script = Script()
    script.on_anything().say("I know: {context}.")
    chat = started(script=script)
    chat.send(SessionSettings(context=Context(text="cats")))
    assert said(chat.type("Go")) == ["I know: cats."]


# moods


def test_moods() -> None:
    """A step's mood goes before the script's; the emotion named is the strongest."""
    script = Script(mood={"Calmness": 0.9})
    script.on_anything().say("One.", {"Joy": 0.8, "Pride": 0.5}).say("Two.")
    first, second = of_type(started(script=script).type("Go"), "assistant_prosody")

    scores = first.models.prosody.scores
    assert sorted(scores, key=scores.get)[-2:] == ["Pride", "Joy"]
    assert 0.7 < scores["Joy"] < 0.9
    scores = second.models.prosody.scores
    assert max(scores, key=scores.get) == "Calmness"


# mistakes


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (
            lambda: Rule().say("Hm", "Joi"),
            "no emotion 'Joi' (did you mean 'Joy'?)",
        ),
        (
            lambda: Rule().say("Hm", {"Joy": 1.5}),
            "a score is from 0 to 1, got 1.5 for Joy",
        ),
        (
            lambda: Rule().say("{user_txt}"),
            "nothing is called {user_txt} (did you mean 'user_text'?); "
            "known: tool_result, user_text, context",
        ),
        (
            lambda: Rule(pattern=re.compile("(?P<city>.)")).call_tool("t", {"a": ["{citty}"]}),
            "nothing is called {citty} (did you mean 'city'?); "
            "known: tool_result, user_text, context, city",
        ),
        (
            lambda: Rule().say("{tool_result}").call_tool("t"),
            "{tool_result} comes before any tool call of this rule",
        ),
        (
            lambda: Rule().use_builtin("websearch"),
            "no built-in tool 'websearch' (did you mean 'web_search'?); "
            "there are web_search, hang_up",
        ),
        (
            lambda: Rule().pause("soon"),
            "a duration must look like 10s, 500ms or 2m, got 'soon'",
        ),
        (
            lambda: Rule().pause(-1),
            "a duration must look like 10s, 500ms or 2m, got '-1'",
        ),
        (
            lambda: Script().on_user("?!"),
            "the text '?!' has no words",
        ),
    ],
)
def test_mistakes_are_refused(act: Callable[[], Any], expected: str) -> None:
    """A mistake is refused where it is made, with the word that was probably meant."""
    assert refusal(act) == expected


def test_unknown_errors_are_refused() -> None:
    """An error has a slug or a code that the service knows; the closest is named."""
    message = refusal(lambda: Rule().error("uncought"))
    assert message.startswith("no error 'uncought' (did you mean 'uncaught'?); known: uncaught, ")


@pytest.mark.parametrize("slug", ["tool_call_unknown", "script_unmatched", "EMU01"])
def test_the_emulators_own_errors_are_not_scripted(slug: str) -> None:
    """What only an emulator has to say is no error of the service."""
    with pytest.raises(ScriptError):
        Rule().error(slug)


def test_placeholders_of_a_web_search_are_checked() -> None:
    """A mistyped placeholder is refused in the parameters of a built-in tool too."""
    with pytest.raises(ScriptError):
        Rule().use_builtin("web_search", {"query": "weather in {citty}"})


@pytest.mark.parametrize(
    "mood",
    [
        ["Joy"],
        5,
        {"Joy": "high"},
        {"Joy": None},
    ],
)
def test_what_is_no_mood_is_refused(mood: Any) -> None:
    """A mood of the wrong type is a mistake like any other."""
    with pytest.raises(ScriptError):
        Rule().say("Hm", mood)


def test_a_shadowed_rule_is_refused() -> None:
    """Nothing can follow a rule that always matches anything."""
    script = Script(name="mine")
    script.on_user("tea")
    script.on_anything()
    with pytest.raises(ScriptError) as caught:
        script.on_user("milk")

    [(place, message)] = caught.value.mistakes
    assert place == ("rules", 2)
    assert message.startswith("can never match: rule 1 before it matches anything")
    assert str(caught.value).startswith("mine: /rules/2: ")


# strict scripts


def test_a_strict_script_names_its_rules() -> None:
    """A turn that no rule matches gives an error frame and a journal entry, and no answer."""
    script = Script(strict=True)
    script.on_user("tea").say("Tea.")
    script.on_turn(9).say("Nine.")
    chat = started(script=script)
    messages = chat.type("juice")

    assert [message.type for message in messages] == ["user_message", "error"]
    [error] = of_type(messages, "error")
    assert (error.code, error.slug) == ("EMU03", "script_unmatched")
    assert error.message == (
        "No rule of the strict script matches turn 1, 'juice'; its rules: 'tea'; turn 9."
    )
    [entry] = chat.journal.entries(kind="script")
    assert (entry["finding"], entry["message"]) == ("script_unmatched", error.message)
    assert said(chat.type("tea")) == ["Tea."]


def test_a_strict_script_that_is_used_up_says_so() -> None:
    """Once every rule is used up the error is another one."""
    script = Script(strict=True)
    script.on_anything(times=1).say("Tea.")
    chat = started(script=script)
    chat.type("one")
    [error] = of_type(chat.type("two"), "error")

    assert (error.code, error.slug) == ("EMU04", "script_exhausted")
    assert "turn 2, 'two'" in error.message
    assert [entry["finding"] for entry in chat.journal.entries()] == ["script_exhausted"]


def test_a_strict_script_without_rules_is_not_used_up() -> None:
    """Where there is no rule, none was used."""
    [error] = of_type(started(script=Script(strict=True)).type("one"), "error")
    assert error.slug == "script_unmatched"


def test_a_lenient_script_leaves_the_rest_to_the_default_assistant() -> None:
    """The assistant echoes a turn that no rule matches, and notes it: a rule may be misspelt."""
    script = Script()
    script.on_user("tea").say("Tea.")
    chat = started(script=script)
    assert said(chat.type("Juice!")) == ['You said: "Juice!"', "What happened then?"]
    [noted] = chat.journal.entries()
    assert (noted["kind"], noted["finding"]) == ("script", "turn_unmatched")
    assert "matches turn 1: 'Juice!'" in noted["message"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello!", "Hello! What would you like to talk about?"),
        ("good morning", "Hello! What would you like to talk about?"),
        ("Hello, is it me?", 'You asked: "Hello, is it me?" I can only repeat what I hear.'),
        ("I like tea", 'You said: "I like tea". What happened then?'),
    ],
)
def test_the_default_assistant(text: str, expected: str) -> None:
    """It greets, and repeats what it hears."""
    assert " ".join(said(started().type(text))) == expected


def test_a_path_that_leads_nowhere_is_noted() -> None:
    """A mistyped path of a result speaks the whole result, and the journal says so."""
    script = Script()
    script.on_anything().call_tool("get_weather").say("{tool_result.celcius}")
    chat = started(script=script)
    [call] = of_type(chat.type("Weather?"), "tool_call")
    answer = ToolResponse(tool_call_id=call.tool_call_id, content='{"celsius": 3}')
    assert said(chat.send(answer)) == ['{"celsius": 3}']

    findings = {each["finding"]: each["message"] for each in chat.journal.entries(kind="script")}
    assert "{tool_result.celcius}" in findings["placeholder_dead_end"]
