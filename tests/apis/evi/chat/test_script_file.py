"""Scripts as files: the same as in Python, and mistakes with their places."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.apis.evi.chat.finding_scripts import bundled_scripts, unknown_script
from emulator.apis.evi.chat.script import Script, SendMessage, Speak, ToolAnswer, Wait
from emulator.apis.evi.chat.script_file import (
    MOST_MISTAKES,
    load_script,
    read_script_file,
)
from emulator.durations import read_pace
from emulator.errors import Loc, ScriptError

Json = dict[str, Any]
SAY = {"say": "x"}


def mistakes(content: Any) -> list[tuple[Loc, str]]:
    """What is refused of a script."""
    with pytest.raises(ScriptError) as caught:
        load_script(content)
    return list(caught.value.mistakes)


def places(content: Any) -> list[Loc]:
    return [place for place, _ in mistakes(content)]


def with_step(step: Any) -> Json:
    return {"rules": [{"answer": [step]}]}


def test_files_and_python_say_the_same() -> None:
    """Every step and every condition has a spelling in both."""
    from_file, _ = load_script(
        {
            "strict": True,
            "mood": {"Calmness": 0.5},
            "rules": [
                {
                    "when": "order",
                    "times": 1,
                    "answer": [
                        {"say": "One moment.", "mood": "Joy", "quick": True},
                        {"pause": "500ms"},
                        {"call_tool": "get", "parameters": {"n": 1}},
                        "It is {tool_result.status}.",
                    ],
                },
                {
                    "when": {"regex": r"weather in (?P<city>\w+)", "turn": 2},
                    "answer": [
                        {"web_search": "{city}", "result": {"summary": "Snow"}},
                        {"web_search": "{city}", "error": "broken"},
                    ],
                },
                {"when": {"text": "break"}, "answer": {"error": "E0712", "message": "Slow."}},
                {"when": {"turn": 7}, "answer": [{"hang_up": True}]},
                {"answer": "You said: {user_text}"},
            ],
            "tools": {"a": "text", "b": {"content": [1]}, "c": {"error": "e", "content": "f"}},
        },
        "mine",
    )

    script = Script(strict=True, mood={"Calmness": 0.5}, name="mine")
    script.on_user("order", times=1).say("One moment.", "Joy", quick=True).pause(0.5).call_tool(
        "get", {"n": 1}
    ).say("It is {tool_result.status}.")
    script.on_user(re.compile(r"weather in (?P<city>\w+)", re.I), turn=2).use_builtin(
        "web_search", {"query": "{city}"}, {"summary": "Snow"}
    ).use_builtin("web_search", {"query": "{city}"}, error="broken")
    script.on_user("break").error("custom_language_model_timed_out", "Slow.")
    script.on_turn(7).hang_up()
    script.on_anything().say("You said: {user_text}")
    script.answer_tool("a", "text")
    script.answer_tool("b", [1])
    script.fail_tool("c", "e", "f")
    assert from_file == script


def test_what_the_user_does() -> None:
    """Each user step has one action; a text alone is spoken."""
    script, _ = load_script(
        {
            "user": [
                "Hello",
                {"say": "Hm", "mood": "Doubt"},
                {"type": "typed"},
                {"interrupt": "Stop", "mood": {"Anger": 0.7}},
                {"wait": "1.5s"},
                {"wait": 2},
                {"send": {"type": "pause_assistant_message"}},
            ]
        }
    )
    assert script.user == (
        Speak("Hello"),
        Speak("Hm", {"Doubt": 0.6}),
        Speak("typed", typed=True),
        Speak("Stop", {"Anger": 0.7}, interrupt=True),
        Wait(1_500),
        Wait(2_000),
        SendMessage({"type": "pause_assistant_message"}),
    )
    assert [step.text for step in script.spoken()] == ["Hello", "Hm", "Stop"]


def test_an_empty_script_is_a_script() -> None:
    """Every key may be left out."""
    script, scene = load_script({})
    assert script == Script()
    assert (scene.end_reason, scene.pace, scene.unanswered_tool_calls) == (
        "USER_ENDED",
        "instant",
        "fallback",
    )


@pytest.mark.parametrize("name", sorted(bundled_scripts()))
def test_bundled_scripts_are_right(name: str) -> None:
    """The scripts that come with the package can be read."""
    content = read_script_file(name)
    assert content["description"]


# mistakes


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ({"rulez": []}, ("rulez",), ["unknown key", "did you mean 'rules'?"]),
        (
            {"rules": [{"regex": "x", "answer": SAY}]},
            ("rules", 0, "regex"),
            ["'regex' belongs elsewhere"],
        ),
        ({"rules": [{}]}, ("rules", 0), ["'answer' is missing"]),
        (
            {"model": {"quirks": ["double_pots"]}},
            ("model", "quirks"),
            ["no quirk 'double_pots' (did you mean 'double_post'?)"],
        ),
        ({"model": {"timeout": 0}}, ("model", "timeout"), ["greater than or equal to 1"]),
        (with_step({"sey": "x"}), None, ["unknown key", "did you mean 'say'?"]),
        (
            with_step({"say": "x", "pause": "1s"}),
            ("rules", 0, "answer", 0),
            ["exactly one of", "got say and pause"],
        ),
        (with_step({}), ("rules", 0, "answer", 0), ["got none of them"]),
        (with_step({"mood": "Joy"}), ("rules", 0, "answer", 0), ["got none of them"]),
        (
            with_step({"say": "x", "mood": "Joi"}),
            ("rules", 0, "answer", 0, "mood"),
            ["no emotion 'Joi'", "did you mean 'Joy'?"],
        ),
        (
            with_step({"say": "x", "mood": {"Joy": 2}}),
            ("rules", 0, "answer", 0, "mood"),
            ["a score is from 0 to 1, got 2 for Joy"],
        ),
        (with_step({"say": 5}), ("rules", 0, "answer", 0, "say"), ["string", "got 5"]),
        (with_step({"pause": "soon"}), ("rules", 0, "answer", 0), ["got 'soon'"]),
        (with_step({"error": "uncought"}), ("rules", 0, "answer", 0), ["did you mean 'uncaught'?"]),
        (with_step("{user_txt}"), ("rules", 0, "answer", 0), ["did you mean 'user_text'?"]),
        (with_step("{tool_result}"), ("rules", 0, "answer", 0), ["comes before any tool call"]),
        (
            {"rules": [{"when": {"regex": "("}, "answer": SAY}]},
            ("rules", 0, "when", "regex"),
            ["unusable regular expression: missing )"],
        ),
        (
            {"rules": [{"when": {"regex": "(" * 5000 + ")" * 5000}, "answer": SAY}]},
            ("rules", 0, "when", "regex"),
            ["unusable regular expression: it has 10000 characters"],
        ),
        (
            {"rules": [{"when": {"regex": "a{99999999999999999999}"}, "answer": SAY}]},
            ("rules", 0, "when", "regex"),
            ["unusable regular expression: it repeats more than 1000 times"],
        ),
        (
            {"rules": [{"when": {"regex": "(?<=a)b"}, "answer": SAY}]},
            ("rules", 0, "when", "regex"),
            ["unusable regular expression", "lookaround"],
        ),
        ({"rules": [{"when": "...", "answer": SAY}]}, ("rules", 0), ["'...' has no words"]),
        ({"rules": [{"when": {"turn": 0}, "answer": SAY}]}, None, ["greater than or equal to 1"]),
        ({"rules": [{"times": 0, "answer": SAY}]}, ("rules", 0, "times"), ["got 0"]),
        (
            {"rules": [{"answer": SAY}, {"answer": SAY}]},
            ("rules", 1),
            ["can never match", "rule 0"],
        ),
        ({"user": [{"say": "a", "wait": 1}]}, ("user", 0), ["got say and wait"]),
        ({"user": [{"wait": "long"}]}, ("user", 0), ["got 'long'"]),
        ({"user": [{"send": {"type": "user_input"}}]}, ("user", 0, "send"), ["no client message"]),
        ({"user": [{"send": {"type": "hello"}}]}, ("user", 0, "send"), ["no client message"]),
        ({"tools": {"t": {}}}, ("tools", "t"), ["has 'content', or 'error', or both"]),
        ({"tools": {"t": {"contents": 1}}}, None, ["unknown key", "did you mean 'content'?"]),
        (
            {"end_reason": "USER_END"},
            ("end_reason",),
            ["got 'USER_END'", "did you mean 'USER_ENDED'?"],
        ),
        ({"pace": "instand"}, ("pace",), ["did you mean 'instant'?"]),
        ({"pace": 0}, ("pace",), ["got 0"]),
        ({"caller_number": "555-0100"}, ("caller_number",), ["got '555-0100'"]),
        ({"config_version": -1}, ("config_version",), ["got -1"]),
        ({"session_settings": {"tools": 5}}, ("session_settings", "tools"), ["list", "got 5"]),
        ({"unanswered_tool_calls": "wate"}, None, ["did you mean 'wait'?"]),
        ({"strict": "maybe"}, ("strict",), ["got 'maybe'"]),
    ],
    ids=str,
)
def test_mistakes_are_refused(content: Json, place: Loc | None, words: list[str]) -> None:
    """Each mistake has its place, what was found there, and the word that was meant."""
    [(found, message)] = mistakes(content)
    assert place in (None, found)
    for word in words:
        assert word in message


def test_all_mistakes_are_told_at_once() -> None:
    """Mistakes in different places are all in one refusal, each under its own place."""
    content = {
        "user": [{"wait": "long"}, "fine", {"wait": "longer"}],
        "rules": [{"when": "a", "answer": ["{one}", "{two}"]}, {"answer": [{"pause": "soon"}]}],
    }
    assert places(content) == [
        ("rules", 0, "answer", 0),
        ("rules", 0, "answer", 1),
        ("rules", 1, "answer", 0),
        ("user", 0),
        ("user", 2),
    ]


def test_a_wrong_rule_does_not_shift_the_next_ones() -> None:
    """A rule that is refused keeps its number, and so do those after it."""
    content = {
        "rules": [
            {"when": "?!", "answer": SAY},
            {"when": "...", "answer": SAY},
            {"answer": SAY},
            {"when": "late", "answer": SAY},
        ]
    }
    found = mistakes(content)
    assert [place for place, _ in found] == [("rules", 0), ("rules", 1), ("rules", 3)]
    assert "rule 2 before it" in found[2][1]


@pytest.mark.parametrize(
    "step",
    [
        {"say": None},
        {"call_tool": None},
        {"web_search": None},
        {"hang_up": None},
        {"pause": None},
        {"error": None},
    ],
    ids=str,
)
def test_an_action_without_a_value_is_refused(step: Json) -> None:
    """A key that somebody left empty is a mistake, and ends no chat."""
    assert places(with_step(step))


@pytest.mark.parametrize(
    "step",
    [{"say": None}, {"type": None}, {"interrupt": None}, {"wait": None}, {"send": None}],
    ids=str,
)
def test_a_user_step_without_a_value_is_refused(step: Json) -> None:
    """The same holds for what the user does."""
    assert places({"user": [step]})


@pytest.mark.parametrize("mood", [5, [1], {"Joy": "high"}, {"Joy": None}, True], ids=str)
def test_what_is_no_mood_is_refused(mood: Any) -> None:
    """A mood of the wrong type is a mistake with a place, wherever it stands."""
    assert places({"mood": mood})
    assert places(with_step({"say": "x", "mood": mood}))
    assert places({"user": [{"say": "x", "mood": mood}]})


@pytest.mark.parametrize(
    "step",
    [
        {"say": "x", "parameters": {}},
        {"say": "x", "result": 1},
        {"say": "x", "message": "y"},
        {"pause": "1s", "mood": "Joy"},
        {"call_tool": "t", "quick": True},
        {"hang_up": True, "message": "y"},
    ],
    ids=str,
)
def test_keys_that_belong_to_another_action_are_refused(step: Json) -> None:
    """What an action does not know would be ignored in silence, so it is a mistake."""
    assert places(with_step(step))


def test_placeholders_of_a_web_search_are_checked() -> None:
    """A mistyped placeholder in what is searched for is refused."""
    assert places({"rules": [{"when": "a", "answer": [{"web_search": "in {citty}"}]}]})


@pytest.mark.parametrize("content", [[], "text", {"user": [5]}, {"tools": {"t": 5}}], ids=str)
def test_no_mistake_is_told_in_the_words_of_the_code(content: Any) -> None:
    """Names that only the code knows are not shown."""
    [(_, message)] = mistakes(content)
    assert not re.search(r"\b_[A-Z]", message)


# files


def test_a_mistake_in_a_file_has_its_line(tmp_path: Path) -> None:
    """A refusal is one line for each mistake: file, line, place, message."""
    path = tmp_path / "mine.yaml"
    path.write_text("user:\n  - Hello\nrules:\n  - when: tea\n    anser: Tea.\n")
    with pytest.raises(ScriptError) as caught:
        read_script_file(str(path))

    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert any(line.startswith("mine.yaml:4: /rules/0: ") for line in lines)
    assert any(
        line.startswith("mine.yaml:5: /rules/0") and "did you mean 'answer'?" in line
        for line in lines
    )


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """YAML would drop the first of two equal keys in silence."""
    path = tmp_path / "mine.yaml"
    path.write_text("strict: true\nuser: [Hello]\nstrict: false\n")
    with pytest.raises(ScriptError, match="twice"):
        read_script_file(str(path))


@pytest.mark.parametrize("text", ["user: [", "- a", "\0", "user: {a: &x [*x]}"])
def test_what_is_no_script_file(tmp_path: Path, text: str) -> None:
    """A file that can't be read at all is refused with its name."""
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ScriptError, match=r"mine\.yaml"):
        read_script_file(str(path))


def test_an_unknown_script_is_named() -> None:
    """A name that is no bundled script and no file is refused with the closest one."""
    assert unknown_script("wether").startswith("no script 'wether' (did you mean 'weather'?)")
    with pytest.raises(ScriptError, match=r"did you mean 'weather'\?"):
        read_script_file("wether")


def test_json_is_a_script_too(tmp_path: Path) -> None:
    """A script may be written as JSON."""
    path = tmp_path / "mine.json"
    path.write_text('{"tools": {"t": {"content": {"a": 1}}}}')
    script, _ = load_script(read_script_file(str(path)))
    assert script.tools == {"t": ToolAnswer('{"a": 1}')}


@pytest.mark.parametrize(
    ("given", "expected"),
    [("instant", 0), ("realtime", 1), (10, 0.1), ("2", 0.5), (0.5, 2)],
)
def test_paces(given: str | float, expected: float) -> None:
    """A number says how many times as fast as life the chat goes."""
    assert read_pace(given) == expected


@pytest.mark.parametrize("given", ["fast", 0, -1, "nan", "inf", 1e-320, ""])
def test_what_is_no_pace(given: str | float) -> None:
    """Anything else is refused, with what was given."""
    with pytest.raises(ValueError, match="got "):
        read_pace(given)


@pytest.mark.process
def test_a_script_of_many_rules_is_read_in_little_time() -> None:
    """In a process of its own; a rule is not compared with each before it."""
    program = (
        "from emulator.apis.evi.chat.script_file import load_script\n"
        "rule = {'when': 'a', 'answer': 'b'}\n"
        "assert len(load_script({'rules': [rule] * 20_000})[0].rules) == 20_000"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    "content",
    [{f"key{n}": 1 for n in range(1_000)}, {"rules": [{"answer": SAY}] * 1_000}],
    ids=["keys", "rules"],
)
def test_of_many_mistakes_the_first_are_told(content: dict[str, Any]) -> None:
    """Each is compared with what there is."""
    with pytest.raises(ScriptError) as caught:
        load_script(content)
    assert len(caught.value.mistakes) == MOST_MISTAKES
