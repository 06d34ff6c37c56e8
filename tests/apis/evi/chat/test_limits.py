"""What a small frame, script or config can't do: make something enormous, or take very long."""

import resource
import subprocess
import sys
from functools import partial
from typing import Any

import pytest

from emulator.apis.evi.chat.assistant import MOST_SENTENCES
from emulator.apis.evi.chat.config import MOST_NUDGE_S, EventMessage, ToolSpec, read_config
from emulator.apis.evi.chat.messages import (
    LONGEST_SESSION_ID,
    AssistantInput,
    Context,
    SessionSettings,
    ToolResponse,
    read_frame,
)
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.settings import MOST_MISSING
from emulator.errors import closest
from tests.apis.evi.chat.chats import PLAIN_CONTENT, Chat, config_with, of_type, said, started

PATIENCE_S = 60
MEMORY = 1_000_000_000  # bytes


def run(program: str) -> None:
    """Run a program in a process of its own, which has so much memory and so much time."""
    limit = partial(resource.setrlimit, resource.RLIMIT_AS, (MEMORY, MEMORY))
    subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=PATIENCE_S, preexec_fn=limit
    )


def errors(messages: Any) -> list[tuple[str, str]]:
    """Slug and message of each error frame."""
    return [(each.slug, each.message) for each in of_type(messages, "error")]


# memory


@pytest.mark.process
@pytest.mark.parametrize(
    "message",
    [
        "SessionSettings(system_prompt='{{a}}' * 20_000, variables={'a': 'b' * 110_000})",
        "UserInput(text='b' * 110_000)",
    ],
    ids=["variables", "user_text"],
)
def test_one_frame_does_not_end_the_process(message: str) -> None:
    """It would be 2.2 GB; the chat goes on after an error frame."""
    run(
        "from emulator.apis.evi.chat.messages import SessionSettings, UserInput\n"
        "from emulator.apis.evi.chat.script import Script\n"
        "from tests.apis.evi.chat.chats import of_type, started\n"
        "script = Script()\n"
        "script.on_anything().say('{user_text}' * 20_000)\n"
        "chat = started(script=script)\n"
        f"[error] = of_type(chat.send({message}), 'error')\n"
        "assert (error.code, error.slug) == ('EMU09', 'text_too_long'), error\n"
        "assert not chat.session.is_over\n"
    )


def test_a_prompt_too_long_is_not_recorded() -> None:
    """The client is told; the next one that fits is recorded again."""
    chat = started(most_added=1_000)
    long = chat.send(SessionSettings(system_prompt="{{a}}{{a}}", variables={"a": "b" * 600}))
    assert errors(long) == [
        (
            "text_too_long",
            "A text is too long: the system prompt: its placeholders would add more than 1000 "
            "characters.",
        )
    ]
    assert errors(chat.send(SessionSettings(system_prompt="{{a}}"))) == []
    assert chat.event_texts("SYSTEM_PROMPT") == ["Be kind.", "b" * 600]


def test_a_config_and_a_handshake_make_no_prompt_of_any_length() -> None:
    """The chat begins without one."""
    config = config_with(prompt="{{a}}" * 100)
    chat = Chat(config, most_added=1_000, settings=SessionSettings(variables={"a": "b" * 100}))
    assert [slug for slug, _ in errors(chat.start())] == ["text_too_long"]
    assert chat.event_texts("SYSTEM_PROMPT") == []


def test_an_answer_too_long_is_not_said() -> None:
    """The rest of the turn is."""
    script = Script()
    script.on_anything().say("{user_text}{user_text}").say("{{a}}{{a}}").say("That is all.")
    chat = started(script=script, most_added=1_000)
    chat.send(SessionSettings(variables={"a": "b" * 600}))
    messages = chat.type("b" * 600)
    assert [slug for slug, _ in errors(messages)] == ["text_too_long"] * 2
    assert said(messages) == ["That is all."]


def test_a_tool_call_too_long_has_no_arguments() -> None:
    """However short each of its texts is."""
    script = Script()
    script.on_anything().call_tool("t", {"a": ["{user_text}"] * 100})
    chat = started(script=script, most_added=1_000)
    messages = chat.type("b" * 100)
    assert [slug for slug, _ in errors(messages)] == ["text_too_long"]
    [call] = of_type(messages, "tool_call")
    assert call.parameters == "{}"


def test_a_search_result_too_long_is_none() -> None:
    """The tool has failed then."""
    script = Script()
    found = {"summary": "{user_text}" * 100}
    script.on_anything().use_builtin("web_search", {"query": "x"}, found).say("{tool_result}")
    chat = started(script=script, most_added=1_000)
    messages = chat.type("b" * 100)
    assert [slug for slug, _ in errors(messages)] == ["text_too_long"]
    assert said(messages) == ["The tool gave no answer."]


def test_the_arguments_of_any_tool_have_a_bound() -> None:
    """The default assistant says what the user said in each of them."""
    fields = ", ".join(f'"p{number}": {{"type": "string"}}' for number in range(100))
    tool = ToolSpec("any_tool", f'{{"type": "object", "properties": {{{fields}}}}}')
    chat = started(config_with(tools={"any_tool": tool}), most_added=1_000)
    messages = chat.type("any_tool " + "b" * 100)
    assert [slug for slug, _ in errors(messages)] == ["text_too_long"]


def test_an_answer_has_so_many_sentences() -> None:
    """Each is several frames and events; the client is told that the rest is missing."""
    chat = started(voiced=False)
    messages = chat.send(AssistantInput(text="A. " * (MOST_SENTENCES + 1)))
    assert len(said(messages)) == MOST_SENTENCES
    assert errors(messages) == [
        (
            "text_too_long",
            "A text is too long: an answer has at most 2500 sentences, got 2501.",
        )
    ]


def test_every_frame_has_the_session_id_so_it_is_short() -> None:
    """A longer one is no message."""
    assert not isinstance(read_frame(settings_with("i" * LONGEST_SESSION_ID)), str)
    refused = read_frame(settings_with("i" * (LONGEST_SESSION_ID + 1)))
    assert isinstance(refused, str)
    assert refused.startswith("custom_session_id: ")


def settings_with(session_id: str) -> dict[str, str]:
    return {"type": "session_settings", "custom_session_id": session_id}


def test_what_is_said_again_is_short() -> None:
    """A long context is not repeated in each turn, nor what was said last in each new chat."""
    chat = started()
    chat.send(SessionSettings(context=Context(text="c" * 5_000, type="persistent")))
    assert len("".join(said(chat.type("b" * 5_000)))) < 5_200
    config = config_with(on_new_chat=EventMessage(enabled=True))
    resumed = Chat(config, store=chat.store, resumed_group_id=chat.session.chat_group_id)
    assert len("".join(said(resumed.start()))) < 1_200


def test_missing_variables_are_told_up_to_a_number() -> None:
    """A prompt may name thousands."""
    prompt = "".join(f"{{{{v{number}}}}}" for number in range(MOST_MISSING + 50))
    chat = started(config_with(prompt=prompt))
    assert len(errors(chat.type("Hello"))) == MOST_MISSING


def test_an_unmatched_turn_names_its_rules_in_short() -> None:
    """One frame of a few bytes has an answer of a few hundred."""
    script = Script(strict=True)
    for number in range(1_000):
        script.on_user(f"word{number}").say("Yes.")
    [(slug, message)] = errors(started(script=script).type("b" * 5_000))
    assert slug == "script_unmatched"
    assert len(message) < 2_500


def test_a_dead_end_in_what_the_user_said() -> None:
    """No tool has answered anything, and the chat goes on."""
    script = Script()
    script.on_anything().say("{user_text.a}")
    assert said(started(script=script).type("Hello")) == ["Hello"]


def test_a_resumed_chat_looks_back_as_far_as_anybody_can_count() -> None:
    """Its event limit has no bound in the handshake."""
    first = started()
    first.type("Remember me.")
    config = config_with(on_new_chat=EventMessage(enabled=True))
    group = first.session.chat_group_id
    resumed = Chat(config, store=first.store, resumed_group_id=group, event_limit=10**30)
    assert said(resumed.start())[1] == 'Last time you said: "Remember me."'


def test_a_nudge_that_is_never_due() -> None:
    """A number so large that no clock can wait for it."""
    given = {"enabled": True, "interval_secs": 1e308}
    assert read_config({**PLAIN_CONTENT, "nudges": given}).nudge_ms == MOST_NUDGE_S * 1000


# time


@pytest.mark.process
def test_no_greeting_takes_long() -> None:
    """Whatever follows it."""
    run(
        "from tests.apis.evi.chat.chats import started\n"
        "started(voiced=False).type('hi' + '!' * 1_000_000 + 'x')\n"
    )


@pytest.mark.process
def test_no_name_of_a_tool_takes_long() -> None:
    """Though its first words are all that is said."""
    run(
        "from emulator.apis.evi.chat.config import ToolSpec\n"
        "from tests.apis.evi.chat.chats import config_with, started\n"
        "name = 'a_' * 20_000 + 'b'\n"
        "config = config_with(tools={name: ToolSpec(name, '{}')})\n"
        "started(config, voiced=False).type('a ' * 200_000 + 'b')\n"
    )


def test_what_is_left_of_a_text_without_the_tools_name() -> None:
    """In whatever case and with whatever between its words."""
    tool = ToolSpec(
        "get_weather", '{"type": "object", "properties": {"place": {"type": "string"}}}'
    )
    chat = started(config_with(tools={"get_weather": tool}))
    for text in ("Get_Weather: Oslo!", "get weather, Oslo", "get_weather Oslo"):
        [call] = of_type(chat.type(text), "tool_call")
        assert call.parameters == '{"place": "Oslo"}'
        chat.send(ToolResponse(tool_call_id=call.tool_call_id, content="ok"))


@pytest.mark.process
def test_no_hint_takes_long() -> None:
    """Words of any length would be compared letter by letter."""
    assert closest("weathr", ["weather"]) == " (did you mean 'weather'?)"
    run("from emulator.errors import closest\nassert closest('ab' * 99_999, ['ba' * 99_999]) == ''")
    assert closest("b", ["a" * 999_999, "bb"]) == " (did you mean 'bb'?)"
