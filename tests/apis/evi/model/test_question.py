"""The request for one turn: its keys, its messages, and the service's habits."""

from dataclasses import replace
from typing import Any

import pytest

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.model.conversation import Said
from emulator.apis.evi.model.options import ModelOptions
from emulator.apis.evi.model.question import Question, Situation, expressions, new_question
from emulator.apis.evi.model.source import QUIRKS, ModelSource, brain_source, custom_source
from emulator.settings import SETTINGS, Settings

SOURCE = ModelSource("https://llm.example.com/chat/completions")
BRAIN = replace(SOURCE, is_custom=False, system="always", key="sk")
SAID = (
    Said("assistant", "Hello."),
    Said("user", "How are you?", 10, 20, {"Calmness": 0.8, "Joy": 0.1, "Anger": 0.2}),
)
SITUATION = Situation("Be kind.", False, {})
TOOL = ToolSpec("add", '{"type": "object"}', None, "Adds.")


def ask(source: ModelSource = SOURCE, said: Any = SAID, **situation: Any) -> Question:
    return new_question("q", 1, source, said, replace(SITUATION, **situation))


def texts(question: Question) -> list[str]:
    return [each["content"] for each in question.body["messages"]]


def test_a_custom_model_is_asked_with_few_keys() -> None:
    """As captures of the service show: no temperature, no tools without any."""
    source = replace(SOURCE, temperature=0.5)
    assert list(ask(source).body) == ["messages", "model", "stream"]
    assert ask(source).body["stream"] is True
    assert list(ask(source).body["messages"][0]) == ["role", "content", "models", "time"]


def test_tools_are_offered() -> None:
    """In the words of the chat completions API; parameters that are no JSON are none."""
    broken = ToolSpec("b", "not json")
    body = ask(tools={"add": TOOL, "b": broken}).body
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "add",
                "parameters": {"type": "object"},
                "description": "Adds.",
            },
        },
        {
            "type": "function",
            "function": {"name": "b", "parameters": {"type": "object", "properties": {}}},
        },
    ]


def test_a_brain_is_asked_as_servers_want_it() -> None:
    """Without the service's own fields, with a prompt, a context and a temperature."""
    source = replace(BRAIN, temperature=0.5, name="llama")
    said = (*SAID, Said("assistant", "Fine."), Said("assistant", "And you?"), Said("user", "Ok"))
    question = ask(source, said, context="It rains.")
    assert question.body == {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Speak your greeting to the user."},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "How are you?"},
            {"role": "assistant", "content": "Fine. And you?"},
            {"role": "user", "content": "Ok {Context: It rains.}"},
        ],
        "model": "llama",
        "stream": True,
        "temperature": 0.5,
    }
    assert question.key == "sk"


def test_context_is_not_for_custom_models() -> None:
    """No capture has it."""
    assert texts(ask(context="It rains.")) == ["Hello.", "How are you?"]


@pytest.mark.parametrize(
    ("system", "is_own", "sent"),
    [
        ("session", False, False),
        ("session", True, True),
        ("always", False, True),
        ("never", True, False),
    ],
)
def test_when_a_system_message_is_sent(system: str, is_own: bool, sent: bool) -> None:
    """By default if session settings gave a prompt."""
    question = ask(replace(SOURCE, system=system), prompt_is_own=is_own)
    assert (texts(question)[0] == "Be kind.") is sent


@pytest.mark.parametrize(
    ("quirk", "expected"),
    [
        ("none", ["Hello.", "How are you?"]),
        ("duplicate_last_message", ["Hello.", "How are you?", "How are you?"]),
        ("superset_finals", ["Hello.", "How", "How are", "How are you?"]),
        (
            "expression_suffix",
            [
                "Hello.",
                "How are you? {extremely calmness, slightly anger, very slightly joy}",
            ],
        ),
    ],
)
def test_quirks_of_messages(quirk: str, expected: list[str]) -> None:
    """Each changes the last message of the user, as somebody has seen."""
    assert texts(ask(replace(SOURCE, quirks=(quirk,)))) == expected


def test_a_duplicate_is_equal() -> None:
    """Time and scores, too."""
    *_, one, other = ask(replace(SOURCE, quirks=("duplicate_last_message",))).body["messages"]
    assert one == other


def test_instruction_and_prefix() -> None:
    """The request for a greeting is a user's message; the next one may begin with it."""
    greeting = ask(said=(), instruction="Greet.").body["messages"]
    assert [(each["role"], each["content"]) for each in greeting] == [("user", "Greet.")]
    assert greeting[0]["models"] == {"prosody": None}
    assert texts(ask(prefix="Greet."))[-1] == "Greet. How are you?"


def test_a_question_without_words() -> None:
    """Servers see calls without a user's message."""
    assert ask(said=()).body["messages"] == []


def test_expressions_in_words() -> None:
    """The strongest three."""
    scores = {"Joy": 0.05, "Fear": 0.6, "Anger": 0.35, "Awe": 0.01}
    assert expressions(scores) == "{very fear, quite anger, very slightly joy}"


def test_the_setting_knows_every_quirk() -> None:
    """No more, no less."""
    [setting] = [each for each in SETTINGS if each.name == "model_quirks"]
    assert setting.choices == tuple(QUIRKS)


def test_options_go_before_settings() -> None:
    """Those of a script before those of a world; what both leave out is the settings'."""
    settings = Settings(model_timeout=7, model_failure="end", model_system="never")
    script, world = ModelOptions(quirks=(), failure="continue"), ModelOptions(timeout=3)
    source = custom_source(settings, script.over(world), "https://h/chat/completions", None)
    assert (source.quirks, source.ends_chat) == (frozenset(), False)
    assert (source.timeout_s, source.system) == (3, "never")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1/chat/completions"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/chat/completions"),
        ("http://h/api/chat/completions", "http://h/api/chat/completions"),
    ],
)
def test_a_brains_url(base: str, url: str) -> None:
    """Any of the usual bases will do."""
    source = brain_source(Settings(brain=base), 0.5)
    assert source is not None
    assert (source.url, source.temperature) == (url, 0.5)
    assert brain_source(Settings()) is None
