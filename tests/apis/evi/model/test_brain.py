"""A brain: an OpenAI-compatible server answers chats whose config names no model of its own."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.apis.evi.model.brain import as_servers_want, failure
from emulator.apis.evi.model.conversation import Said
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.evi.open_ai import PATIENCE_S, Asked, OpenAi, called, chunk, said
from tests.testing.talking import Talk, http, talking

Json = dict[str, Any]
_OFF = {"enabled": False}


def config(evi: Evi, **more: Any) -> str:
    """The id of a new config without event messages."""
    body = {
        "evi_version": "3",
        "name": "Plugged",
        "event_messages": {
            "on_new_chat": _OFF,
            "on_inactivity_timeout": _OFF,
            "on_max_duration_timeout": _OFF,
        },
        **more,
    }
    with http(evi) as client:
        answer = client.post("/v0/evi/configs", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def tool(evi: Evi) -> str:
    """The id of a new tool."""
    schema = '{"type": "object", "properties": {"city": {"type": "string"}}}'
    body = {"name": "get_weather", "parameters": schema, "description": "Says the weather."}
    with http(evi) as client:
        return str(client.post("/v0/evi/tools", json=body).json()["id"])


def spoken(talk: Talk) -> str:
    """What the assistant says up to its next end."""
    return " ".join(words(talk))


def words(talk: Talk) -> Iterator[str]:
    for message in talk.turn():
        if message["type"] == "assistant_message":
            yield message["message"]["content"]


def contents(asked: Asked) -> list[tuple[str, str | None]]:
    """The roles and texts of a question's messages, without the system's."""
    messages = asked.content["messages"]
    return [(each["role"], each["content"]) for each in messages if each["role"] != "system"]


@pytest.fixture
def brainy(evi_server: Emulator, openai_server: OpenAi) -> Evi:
    """A world with a brain."""
    return evi_server.world(brain=openai_server.url, brain_model="tiny", brain_key="sk-brain")


def test_a_chat_of_two_turns(brainy: Evi, openai_server: OpenAi) -> None:
    """All words come from the brain, which is told of all that was said."""
    prompt = {"text": "You serve {{name}}."}
    id = config(brainy, prompt=prompt, language_model={
        "model_provider": "ANTHROPIC", "model_resource": "claude-3-7-sonnet-latest",
        "temperature": 0.3,
    })  # fmt: skip
    with talking(brainy, config_id=id) as talk:
        talk.send(type="session_settings", variables={"name": "Ada"}, custom_session_id="mine")
        talk.say("Hi.")
        assert spoken(talk) == "You said: Hi. Is that right?"
        openai_server.says("Good", "bye now. ", "Until ", "then")
        talk.say("Bye.")
        assert spoken(talk) == "Goodbye now. Until then"
        assert talk.last["custom_session_id"] == "mine"  # no fingerprint becomes one
    first, second = openai_server.questions
    assert first.content == {
        "messages": [
            {"role": "system", "content": "You serve Ada."},
            {"role": "user", "content": "Hi."},
        ],
        "model": "tiny",
        "stream": True,
        "temperature": 0.3,
    }
    assert first.headers["Authorization"] == "Bearer sk-brain"
    assert "X-Hume-Api-Key" not in first.headers
    assert contents(second)[1:] == [
        ("assistant", "You said: Hi. Is that right?"),
        ("user", "Bye."),
    ]
    entry = brainy.journal.wait_for(kind="model", turn=2)
    assert (entry["text"], entry["ended"], entry["status"]) == (
        "Goodbye now. Until then", "complete", 200,
    )  # fmt: skip
    assert "sk-brain" not in str(entry)


@pytest.mark.process  # it asks uname what it runs on
def test_the_client_of_openai_understands_what_the_emulator_does(
    brainy: Evi, openai_server: OpenAi
) -> None:
    """The emulator's own question, asked by it, gets the words that the assistant spoke."""
    with talking(brainy, config_id=config(brainy)) as talk:
        talk.say("Hi.")
        heard = spoken(talk)
    import openai  # which takes long

    client = openai.OpenAI(base_url=f"{openai_server.url}/v1", api_key="sk-brain")
    stream: Any = client.chat.completions.create(**openai_server.questions[0].content)
    assert "".join(each.choices[0].delta.content or "" for each in stream) == heard
    assert openai_server.questions[1].content == openai_server.questions[0].content


def test_the_order_of_answers(evi_server: Emulator, openai_server: OpenAi) -> None:
    """A rule of the script comes before the brain."""
    evi = evi_server.world(brain=f"{openai_server.url}/v1/")
    evi.script.on_user("weather").say("It snows.")
    with talking(evi, config_id=config(evi)) as talk:
        talk.say("The weather?")
        assert spoken(talk) == "It snows."
        talk.say("Why?")
        spoken(talk)
    assert contents(openai_server.questions[0]) == [
        ("user", "The weather?"),
        ("assistant", "It snows."),
        ("user", "Why?"),
    ]
    assert openai_server.questions[0].content["model"] == "default"


def test_greetings(brainy: Evi, openai_server: OpenAi) -> None:
    """A greeting without a text is asked for; one with a text is the beginning of what was said."""
    greets = {"on_inactivity_timeout": _OFF, "on_max_duration_timeout": _OFF}
    asks = config(brainy, event_messages={"on_new_chat": {"enabled": True}, **greets})
    openai_server.says("Welcome!")
    with talking(brainy, config_id=asks) as talk:
        assert spoken(talk) == "Welcome!"
    assert contents(openai_server.questions[0]) == [("user", "Speak your greeting to the user.")]
    new_chat = {"enabled": True, "text": "Good day."}
    tells = config(brainy, name="Tells", event_messages={"on_new_chat": new_chat, **greets})
    with talking(brainy, config_id=tells) as talk:
        assert spoken(talk) == "Good day."
        talk.say("Hi.")
        spoken(talk)
    assert contents(openai_server.questions[1]) == [
        ("user", "Speak your greeting to the user."),
        ("assistant", "Good day."),
        ("user", "Hi."),
    ]


def test_thoughts_are_not_spoken(brainy: Evi, openai_server: OpenAi) -> None:
    """Neither those of a field of their own, nor those between tags, wherever chunks are cut."""
    pieces = ["<th", "ink>Hm. ", "Let me", " see.</thi", "nk>\n\nIt is", " <3 ", "noon."]

    def answer(asked: Asked) -> Iterator[str]:
        yield chunk({"role": "assistant", "content": None, "reasoning_content": "Secret."})
        yield from said(*pieces)

    openai_server.answers.append(answer)
    with talking(brainy, config_id=config(brainy)) as talk:
        talk.say("What time is it?")
        assert spoken(talk) == "It is <3 noon."


def test_tools(brainy: Evi, openai_server: OpenAi) -> None:
    """They are offered with their descriptions; the client answers, and the brain goes on."""
    id = config(brainy, tools=[{"id": tool(brainy)}], builtin_tools=[{"name": "hang_up"}])
    openai_server.answers.append(lambda asked: called("get_weather", '{"ci', 'ty": "Oslo"}'))
    openai_server.says("It snows in Oslo.")
    openai_server.answers.append(lambda asked: called("hang_up", "{}"))
    with talking(brainy, config_id=id) as talk:
        talk.say("The weather?")
        call = talk.read_until("tool_call")
        assert (call["name"], call["parameters"]) == ("get_weather", '{"city": "Oslo"}')
        talk.send(type="tool_response", tool_call_id=call["tool_call_id"], content="Snow, -3")
        assert spoken(talk) == "It snows in Oslo."
        talk.say("Bye.")
        talk.until_closed()
    first, second, _ = openai_server.questions
    functions = {each["function"]["name"]: each["function"] for each in first.content["tools"]}
    assert functions["get_weather"] == {
        "name": "get_weather",
        "description": "Says the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    assert "hang_up" in functions
    calling, answer = second.content["messages"][-2:]
    assert calling["tool_calls"][0]["id"] == answer["tool_call_id"] != call["tool_call_id"]
    assert answer["content"] == "Snow, -3"
    assert brainy.chats[-1].status == "USER_ENDED"


def test_tools_of_the_session_have_descriptions(brainy: Evi, openai_server: OpenAi) -> None:
    """Those that session settings bring are offered like the config's."""
    late = {"type": "function", "name": "roll", "parameters": "{}", "description": "Rolls a die."}
    with talking(brainy, config_id=config(brainy)) as talk:
        talk.send(type="session_settings", tools=[late])
        talk.say("Roll.")
        spoken(talk)
    offered = openai_server.questions[0].content["tools"]
    assert [each["function"].get("description") for each in offered] == ["Rolls a die."]


def test_a_context_comes_with_what_the_user_says(brainy: Evi, openai_server: OpenAi) -> None:
    """The brain is told of it, the history is not."""
    with talking(brainy, config_id=config(brainy)) as talk:
        talk.send(type="session_settings", context={"text": "It is late.", "type": "temporary"})
        talk.say("Hi.")
        spoken(talk)
        talk.say("Hello?")
        spoken(talk)
    first, second = openai_server.questions
    assert contents(first) == [("user", "Hi. {Context: It is late.}")]
    assert contents(second)[-1] == ("user", "Hello?")


def test_an_interruption_ends_the_call(brainy: Evi, openai_server: OpenAi) -> None:
    """The connection is closed, and what was not spoken is not told either."""
    goes_on = threading.Event()

    def answer(asked: Asked) -> Iterator[str]:
        yield from list(said("One. ", "Two. "))[:-1]
        goes_on.wait(PATIENCE_S)
        while not openai_server.hung_up.is_set():  # until the socket notices
            yield chunk({"content": "Three. "})

    openai_server.answers.append(answer)
    with talking(brainy, config_id=config(brainy)) as talk:
        talk.say("Count.")
        talk.read_until("assistant_message")
        talk.read_until("assistant_message")
        talk.say("Stop.")
        talk.read_until("user_interruption")
        goes_on.set()
        assert spoken(talk) == "You said: Stop. Is that right?"
    assert openai_server.hung_up.wait(PATIENCE_S)
    assert contents(openai_server.questions[1]) == [
        ("user", "Count."),
        ("assistant", "One. Two."),
        ("user", "Stop."),
    ]
    assert brainy.journal.wait_for(kind="model", turn=1)["ended"] == "dropped"


def test_a_tool_call_that_nobody_answers(brainy: Evi, openai_server: OpenAi) -> None:
    """After an interruption the brain is not told of it, since servers refuse half a call."""
    openai_server.answers.append(lambda asked: called("get_weather", "{}"))
    with talking(brainy, config_id=config(brainy, tools=[{"id": tool(brainy)}])) as talk:
        talk.say("The weather?")
        talk.read_until("tool_call")
        talk.say("Never mind.")
        spoken(talk)
    assert contents(openai_server.questions[1]) == [("user", "The weather? Never mind.")]


def test_a_quick_response(brainy: Evi, openai_server: OpenAi) -> None:
    """It is spoken while the brain thinks, which has not said it."""
    short = {"allow_short_responses": True}
    with talking(brainy, config_id=config(brainy, ellm_model=short)) as talk:
        talk.say("Hi.")
        first = talk.read_until("assistant_message")
        assert first["is_quick_response"]
        assert spoken(talk) == "You said: Hi. Is that right?"
    assert contents(openai_server.questions[0]) == [("user", "Hi.")]


def test_words_end_in_history_and_webhooks(brainy: Evi, openai_server: OpenAi) -> None:
    """Like any others; each sentence has sound and scores."""
    with talking(brainy, config_id=config(brainy)) as talk:
        talk.say("Hi.")
        kinds = [each["type"] for each in talk.turn()]
    sentence = ["assistant_message", "audio_output", "assistant_prosody"]
    assert [kind for kind in dict.fromkeys(kinds) if kind in sentence] == sentence
    chat = brainy.chats[-1]
    assert chat.messages == [
        ("user", "Hi."),
        ("assistant", "You said: Hi."),
        ("assistant", "Is that right?"),
    ]


def test_a_simulated_chat(brainy: Evi, openai_server: OpenAi) -> None:
    """Its assistant has the brain's words, too."""
    openai_server.says("Good day.")
    chat = brainy.simulate(user=["Hi.", "And now?"])
    assert chat.messages == [
        ("user", "Hi."),
        ("assistant", "Good day."),
        ("user", "And now?"),
        ("assistant", "You said: And now?"),
        ("assistant", "Is that right?"),
    ]


@pytest.mark.parametrize(
    ("status", "says", "hint"),
    [
        (400, "model is required", "Name a model that it has with --brain-model"),
        (404, 'model "default" not found', "Name a model that it has with --brain-model"),
        (401, "no key", "Give its key with --brain-key"),
        (500, "oops", "status 500: oops."),
        (307, "elsewhere", "status 307"),
    ],
)
def test_what_a_brain_refuses(
    evi_server: Emulator, openai_server: OpenAi, status: int, says: str, hint: str
) -> None:
    """The client gets an error frame that says what to do, and the chat goes on."""
    evi = evi_server.world(brain=openai_server.url)
    openai_server.refusals.append((status, says))
    with talking(evi, config_id=config(evi)) as talk:
        talk.say("Hi.")
        error = talk.read_until("error")
        assert (error["code"], error["slug"]) == ("EMU11", "brain_failed")
        assert error["message"].startswith(f"The brain {openai_server.url}/v1/chat/completions")
        assert hint in error["message"]
        assert "ustom" not in error["message"]
        talk.say("Again.")
        assert spoken(talk).endswith("Is that right?")
    entry = evi.journal.wait_for(kind="model", status=status)
    codes = [each["code"] for each in entry.get("findings", ())]
    assert codes == (["brain_model_unknown"] if "--brain-model" in hint else [])


def test_nobody_is_there(evi_server: Emulator) -> None:
    """A brain that does not run is not waited for."""
    evi = evi_server.world(brain="http://127.0.0.1:9/v1/chat/completions")
    with talking(evi, config_id=config(evi)) as talk:
        talk.say("Hi.")
        assert talk.read_until("error")["message"].endswith("Is the server running?")


def test_plain_http_stays_on_this_machine(evi_server: Emulator) -> None:
    """Elsewhere https is wanted, unless the host is named."""
    evi = evi_server.world(brain="http://brain.example.com")
    with talking(evi, config_id=config(evi)) as talk:
        talk.say("Hi.")
        assert "its URL must begin with https://" in talk.read_until("error")["message"]


@pytest.mark.parametrize("url", ["localhost:11434", "ws://127.0.0.1:1", "http://"])
def test_a_brain_is_a_url(evi_server: Emulator, url: str) -> None:
    """Anything else is refused at once."""
    with pytest.raises(Exception, match=r"brain must begin with https:// or http://"):
        evi_server.world(brain=url)


def test_messages_as_servers_want_them() -> None:
    """One role after the other, a call together with the words before it."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    told = [
        Said("assistant", "Hello."),
        Said("user", "One."),
        Said("user", "Two."),
        Said("assistant", "Well."),
        Said("assistant", "", tool_calls=(call,)),
        Said("tool", "3", tool_call_id="c"),
        Said("assistant", "Three."),
        Said("assistant", "Four."),
    ]
    shown = [each.to_message(with_extras=False) for each in as_servers_want(told, "Begin.")]
    assert shown == [
        {"role": "user", "content": "Begin."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "One. Two."},
        {"role": "assistant", "content": "Well.", "tool_calls": [call]},
        {"role": "tool", "content": "3", "tool_call_id": "c"},
        {"role": "assistant", "content": "Three. Four."},
    ]


def test_a_failure_shows_no_keys_and_little_text() -> None:
    """The URL's credentials are left out, a long answer is cut."""
    told = failure("http://u:p@127.0.0.1/v1/chat/completions?key=1", 500, "x" * 9_999, True)
    assert len(told.message) < 500
    assert "u:p" not in told.message
    assert "key=" not in told.message
