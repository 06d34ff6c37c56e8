"""Chats whose config names a model that answers with an event stream, against a real server."""

import json

import pytest

from emulator.testing.world import Evi
from tests.apis.evi.model.server import DONE, Answer, ModelServer, chunk, tool, words
from tests.apis.evi.model.talks import (
    GREETS,
    answers,
    chatting,
    error_of,
    exchange,
    new_config,
    new_tool,
    said,
)
from tests.testing.talking import http, talking

# the request


def test_what_is_asked(evi: Evi, model: ModelServer) -> None:
    """The keys of the captures, and all that was said so far."""
    with chatting(evi, model.url, model_name="my-model") as talk:
        exchange(talk, "Hi")
        exchange(talk, "And?")
    first, second = model.wait_for_asked(2)
    assert first.path == "/v1/chat/completions"
    assert first.query == {}
    assert list(first.body) == ["messages", "model", "stream"]
    assert (first.body["model"], first.body["stream"]) == ("my-model", True)
    assert first.headers["Content-Type"] == "application/json"
    assert "Authorization" not in first.headers
    assert first.texts == [("user", "Hi")]
    assert "temperature" not in first.body
    assert second.texts == [("user", "Hi"), ("assistant", "Yes."), ("user", "And?")]
    assert all(each["models"] == {"prosody": None} for each in second.messages)


def test_a_model_without_a_name(evi: Evi, model: ModelServer) -> None:
    """A gateway that needs a name refuses this one, as it would the service's."""
    with chatting(evi, model.url) as talk:
        exchange(talk, "Hi")
    assert model.asked[0].body["model"] == "hume"


def test_spoken_words_have_their_scores(evi: Evi, model: ModelServer) -> None:
    """Those of the frame that the client got."""
    evi.simulate(user=["Hi"], config_id=new_config(evi, model.url))
    [asked] = model.wait_for_asked(1)
    frame = evi.journal.wait_for("frame", direction="out", chat_id=evi.chats[-1].id)
    frames = evi.journal.entries("frame", chat_id=frame["chat_id"])
    [spoken] = [each["content"] for each in frames if each["content"]["type"] == "user_message"]
    assert asked.messages[0]["models"]["prosody"]["scores"] == spoken["models"]["prosody"]["scores"]
    assert asked.messages[0]["time"] == spoken["time"]


def test_the_key_of_session_settings_is_sent(evi: Evi, model: ModelServer) -> None:
    """And nothing of the caller's own."""
    with chatting(evi, model.url) as talk:
        exchange(talk, "Hi")
        talk.send(type="session_settings", language_model_api_key="sk-1")
        exchange(talk, "Hi")
    before, after = model.wait_for_asked(2)
    assert "Authorization" not in before.headers
    assert after.headers["Authorization"] == "Bearer sk-1"
    assert evi.api_key not in str(model.asked)
    assert "sk-1" not in str(evi.journal.entries("model")) + evi.timeline()
    [*_, entry] = evi.journal.entries("model")
    assert entry["headers"] == ["Content-Type", "Authorization"]


def test_the_query_of_the_url_is_kept(evi: Evi, model: ModelServer) -> None:
    """The session id comes after it."""
    with chatting(evi, f"{model.url}?role=a%20b") as talk:
        talk.send(type="session_settings", custom_session_id="s 1")
        exchange(talk, "Hi")
    [asked] = model.wait_for_asked(1)
    assert asked.query == {"role": "a b", "custom_session_id": "s 1"}
    [entry] = evi.journal.entries("model")
    assert entry["url"] == model.url


def test_session_settings_prompt_is_a_system_message(evi: Evi, model: ModelServer) -> None:
    """A config's prompt is none of a custom model's business."""
    with chatting(evi, model.url) as talk:
        exchange(talk, "Hi")
        talk.send(type="session_settings", system_prompt="Say {{x}}.", variables={"x": "yes"})
        exchange(talk, "Hi")
    before, after = model.wait_for_asked(2)
    assert before.texts[0] == ("user", "Hi")
    assert after.texts[0] == ("system", "Say yes.")
    assert list(after.messages[0]) == ["role", "content"]


# keys, hosts, tool calls


def test_a_key_that_is_missing_or_wrong(evi: Evi, model: ModelServer) -> None:
    """The frame and the entry say where it belongs."""
    model.answer(Answer(status=401), Answer(status=401))
    with chatting(evi, model.url) as talk:
        error = error_of(talk, "Hi")
        assert "in session settings, as language_model_api_key" in error["message"]
        talk.send(type="session_settings", language_model_api_key="not-the-key")
        error = error_of(talk, "Hi")
        assert "It refuses the language_model_api_key" in error["message"]
    for entry in evi.journal.entries("model"):
        assert "language_model_api_key" in entry["error"]


def test_a_host_that_is_unknown(evi: Evi) -> None:
    """The entry says how to lead its URL elsewhere."""
    with chatting(evi, "https://llm.invalid/chat/completions") as talk:
        talk.say("Hi")
        answers(talk, "error")
    entry = evi.journal.wait_for("model", turn=1)
    assert "; --map-url FROM=TO leads its URL elsewhere" in entry["error"]


def test_a_model_sees_its_own_id_again(evi: Evi, model: ModelServer) -> None:
    """The chat's is another; the entry has the call."""
    called = tool("get_weather", '{"location": "Oslo"}')
    model.answer(called, words("Cold.", system_fingerprint="s"))
    with chatting(evi, model.url, tools=[{"id": new_tool(evi)}]) as talk:
        talk.say("The weather?")
        call = answers(talk, "tool_call")[-1]
        assert call["tool_call_id"] != "c1"
        talk.send(type="tool_response", tool_call_id=call["tool_call_id"], content="-4")
        answers(talk)
        exchange(talk, "Thanks")
    _, second, third = model.wait_for_asked(3)
    for asked in (second, third):
        _, call, result = asked.messages[:3]
        assert [each["id"] for each in call["tool_calls"]] == ["c1"]
        assert result["tool_call_id"] == "c1"
    entries = evi.journal.entries("model")
    assert entries[0]["tool_call"] == {"name": "get_weather", "arguments": {"location": "Oslo"}}
    assert entries[0]["first_token_ms"] is not None
    assert [each.get("sent_session_id") for each in entries] == [None, None, "s"]


# greetings


def test_a_greeting_is_asked_for(evi: Evi, model: ModelServer) -> None:
    """By what looks like the user's words, as captured."""
    model.answer(words("Welcome!"))
    with chatting(evi, model.url, event_messages=GREETS) as talk:
        assert said(answers(talk)) == ["Welcome!"]
        exchange(talk, "Hi")
    greeting, turn = model.wait_for_asked(2)
    assert greeting.texts == [("user", "Speak your greeting to the user.")]
    assert turn.texts == [("assistant", "Welcome!"), ("user", "Hi")]
    assert [each["turn"] for each in evi.journal.entries("model")] == [0, 1]


def test_a_configured_greeting_needs_no_call(evi: Evi, model: ModelServer) -> None:
    """The next history then begins with the assistant."""
    text = {**GREETS, "on_new_chat": {"enabled": True, "text": "Good day."}}
    with chatting(evi, model.url, event_messages=text) as talk:
        assert said(answers(talk)) == ["Good day."]
        exchange(talk, "Hi")
    [asked] = model.wait_for_asked(1)
    assert asked.texts == [("assistant", "Good day."), ("user", "Hi")]


@pytest.mark.evi(model_quirks=("greeting_as_user_text", "greeting_prefix_once"))
def test_the_next_turn_may_repeat_the_request(evi: Evi, model: ModelServer) -> None:
    """In front of the user's words, once."""
    with chatting(evi, model.url, event_messages=GREETS) as talk:
        answers(talk)
        exchange(talk, "Hi")
        exchange(talk, "Again")
    _, second, third = model.wait_for_asked(3)
    assert second.texts[-1] == ("user", "Speak your greeting to the user. Hi")
    assert [text for _, text in third.texts] == ["Yes.", "Hi", "Yes.", "Again"]


@pytest.mark.evi(model_quirks=("none",))
def test_a_system_message_asks_for_a_greeting(evi: Evi, model: ModelServer) -> None:
    """Without the quirk; it is in no later question."""
    with chatting(evi, model.url, event_messages=GREETS) as talk:
        answers(talk)
        exchange(talk, "Hi")
    greeting, turn = model.wait_for_asked(2)
    assert greeting.texts == [("system", "Speak your greeting to the user.")]
    assert turn.texts == [("assistant", "Yes."), ("user", "Hi")]


@pytest.mark.evi(model_quirks="greeting_prefix_once")
def test_the_prefix_needs_no_other_quirk(evi: Evi, model: ModelServer) -> None:
    """The next user message begins with what asked for the greeting."""
    with chatting(evi, model.url, event_messages=GREETS) as talk:
        answers(talk)
        exchange(talk, "Hi")
    greeting, turn = model.wait_for_asked(2)
    assert greeting.texts == [("system", "Speak your greeting to the user.")]
    assert turn.texts[-1] == ("user", "Speak your greeting to the user. Hi")


# the answer


def test_sentences_are_spoken_as_they_come(evi: Evi, model: ModelServer) -> None:
    """Each is a message of its own, though the answer is not over."""
    model.answer(Answer((chunk("Hello the"), chunk("re. How"), chunk(" are")), holds=True))
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        assert said(answers(talk, "assistant_message")) == ["Hello there."]


def test_words_end_in_the_history(evi: Evi, model: ModelServer) -> None:
    """As those of any assistant."""
    model.answer(words("One. ", "Two. ", "Three"))
    with chatting(evi, model.url) as talk:
        assert exchange(talk, "Count") == ["One.", "Two.", "Three"]
    with http(evi) as client:
        events = client.get(f"/v0/evi/chats/{evi.next_chat().id}").json()["events_page"]
    texts = [each["message_text"] for each in events if each["type"] == "AGENT_MESSAGE"]
    assert texts == ["One.", "Two.", "Three"]


def test_a_fingerprint_sets_the_session_id(evi: Evi, model: ModelServer) -> None:
    """Frames and later requests have it, and a provider's own is a trap."""
    model.answer(words("Hi.", system_fingerprint="s-1"), words("Hi.", system_fingerprint="fp_9"))
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        assert answers(talk)[-1]["custom_session_id"] == "s-1"
        exchange(talk, "Hi")
        exchange(talk, "Hi")
    queries = [each.query for each in model.wait_for_asked(3)]
    assert queries == [{}, {"custom_session_id": "s-1"}, {"custom_session_id": "fp_9"}]
    codes = [each["code"] for each in evi.journal.entries("model")[1]["findings"]]
    assert codes == ["model_fingerprint_leaked"]


def test_the_id_of_the_handshake_counts(evi: Evi, model: ModelServer) -> None:
    """Unless the quirk says otherwise: then only a message sets it."""
    query = {"session_settings[custom_session_id]": "s-1"}
    with chatting(evi, model.url, query) as talk:
        exchange(talk, "Hi")
    with http(evi) as client:
        body = {"quirks": ["connect_id_ignored"]}
        assert client.put("/_emulator/model", json=body).status_code == 200
    with chatting(evi, model.url, query) as talk:
        exchange(talk, "Hi")
        talk.send(type="session_settings", custom_session_id="s-1")
        exchange(talk, "Hi")
    queries = [each.query for each in model.wait_for_asked(3)]
    assert queries == [{"custom_session_id": "s-1"}, {}, {"custom_session_id": "s-1"}]


def test_a_tool_is_called_and_the_model_asked_again(evi: Evi, model: ModelServer) -> None:
    """The client answers the call, and the model speaks of the result."""
    model.answer(tool("get_weather", '{"location": "Oslo"}'), words("It is cold."))
    with chatting(evi, model.url, tools=[{"id": new_tool(evi)}]) as talk:
        talk.say("The weather?")
        [*_, call] = answers(talk, "tool_call")
        assert (call["name"], call["parameters"]) == ("get_weather", '{"location": "Oslo"}')
        id = call["tool_call_id"]
        talk.send(type="tool_response", tool_call_id=id, content="-5 degrees")
        assert said(answers(talk)) == ["It is cold."]
    first, second = model.wait_for_asked(2)
    assert first.body["tools"][0]["function"]["name"] == "get_weather"
    assert [each["role"] for each in second.messages] == ["user", "assistant", "tool"]
    called, result = second.messages[1:]
    assert called["tool_calls"][0]["id"] == result["tool_call_id"] == "c1"
    assert result["content"] == "-5 degrees"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Answer((DONE,)), ["model_silent"]),
        (Answer((chunk("Hi."),)), ["model_done_missing"]),
        (Answer((chunk("Hi."), DONE), content_type="text/plain"), ["model_type_wrong"]),
        (Answer((b"data: {\n\n", chunk("Hi."), DONE)), ["model_line_broken"]),
        (Answer((b": ping\r\n\r\n" + chunk("Hi.").replace(b"\n", b"\r\n"), DONE)), []),
        (Answer((chunk(delta={"role": "assistant"}), chunk("Hi."), DONE)), []),
        (
            Answer((chunk("Hi."), b'data: {"type": "assistant_end"}\n\n', DONE)),
            [],
        ),
    ],
)
def test_findings(evi: Evi, model: ModelServer, answer: Answer, found: list[str]) -> None:
    """What is wrong with an answer is in the journal; the chat goes on."""
    model.answer(answer)
    with chatting(evi, model.url) as talk:
        silent = "model_silent" in found
        assert exchange(talk, "Hi") == ([] if silent else ["Hi."])
        assert exchange(talk, "Hi") == ["Yes."]
    entry = evi.journal.entries("model")[0]
    assert [each["code"] for each in entry.get("findings", ())] == found
    assert entry["ended"] == "complete"
    assert {each["code"] for each in evi.contract.findings} >= set(found)


# failures


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (Answer(status=500), "EMU10", "answered with status 500."),
        (Answer((b"no key",), status=401), "EMU10", "answered with status 401."),
        (Answer(status=204), "EMU10", "answered with status 204."),
        (Answer(status=302, headers={"Location": "/other"}), "EMU10", "with status 302."),
        (Answer((b"{}",), content_type="application/json"), "EMU10", "gave no answer"),
        (Answer((chunk("Hello. "),), cut=True), "E0705", " disconnected."),
    ],
)
def test_failures(evi: Evi, model: ModelServer, answer: Answer, code: str, text: str) -> None:
    """An error frame names the model by its URL, and the chat goes on."""
    model.answer(answer)
    with chatting(evi, model.url) as talk:
        error = error_of(talk, "Hi")
        assert error["code"] == code
        assert error["message"].startswith(f"Custom language model {model.url} ")
        assert text in error["message"]
        if answer.cut:
            answers(talk, "assistant_end")  # of what was said before
        assert exchange(talk, "Hi") == ["Yes."]
    assert len(model.asked) == 2
    assert evi.journal.entries("model")[0]["ended"] == ("cut" if answer.cut else "failed")


def test_nobody_answers(evi: Evi) -> None:
    """The service's own words for it, which are known."""
    with chatting(evi, "http://127.0.0.1:9/chat/completions") as talk:
        error = error_of(talk, "Hi")
    url = "http://127.0.0.1:9/chat/completions"
    assert (error["code"], error["slug"]) == ("E0712", "custom_language_model_timed_out")
    assert error["message"] == f"Custom language model {url} timed out during connection attempt."


@pytest.mark.slow
@pytest.mark.evi(model_timeout=1)
def test_a_model_that_is_silent(evi: Evi, model: ModelServer) -> None:
    """Before its first word, or in the middle; the caller hangs up."""
    model.answer(Answer(holds=True), Answer((chunk("Hello. "),), holds=True))
    with chatting(evi, model.url) as talk:
        assert error_of(talk, "Hi")["code"] == "E0712"
        assert error_of(talk, "Hi")["code"] == "E0712"
        answers(talk, "assistant_end")
        assert exchange(talk, "Hi") == ["Yes."]
    assert [each["ended"] for each in evi.journal.entries("model")] == [
        "timed_out",
        "timed_out",
        "complete",
    ]
    model.wait(lambda: model.left == 2)


@pytest.mark.evi(model_failure="end")
def test_a_failure_may_end_the_chat(evi: Evi, model: ModelServer) -> None:
    """As somebody has reported."""
    model.answer(Answer(status=500))
    with chatting(evi, model.url) as talk:
        error_of(talk, "Hi")
        assert evi.next_chat().status == "ERROR"


# interruptions, and the end


def test_an_interruption_hangs_up(evi: Evi, model: ModelServer) -> None:
    """The caller leaves; the rest of the answer is never said."""
    model.answer(Answer((chunk("Hello. "), chunk("I am")), holds=True), words("Sorry."))
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        answers(talk, "assistant_message")
        talk.say("Stop")
        messages = answers(talk)
    assert "user_interruption" in [each["type"] for each in messages]
    assert said(messages) == ["Sorry."]
    model.wait(lambda: model.left == 1)
    assert model.asked[1].texts == [("user", "Hi"), ("assistant", "Hello."), ("user", "Stop")]
    assert sorted(each["ended"] for each in evi.journal.entries("model")) == [
        "complete",
        "dropped",
    ]


def test_the_end_of_a_chat_hangs_up(evi: Evi, model: ModelServer) -> None:
    """Nobody listens any more."""
    model.answer(Answer((chunk("Hello. "),), holds=True))
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        answers(talk, "assistant_message")
    model.wait(lambda: model.left == 1)
    assert evi.journal.wait_for("model")["ended"] == "dropped"


def test_a_reset_hangs_up(evi: Evi, model: ModelServer) -> None:
    """No job of the world is left."""
    model.answer(Answer((chunk("Hello. "),), holds=True))
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        answers(talk, "assistant_message")
        work = evi.world.work
        evi.reset()
        model.wait(lambda: model.left == 1)
    assert not work._jobs
    assert not evi.world.work._jobs


# who answers


def test_a_rule_of_the_script_goes_first(evi: Evi, model: ModelServer) -> None:
    """The model answers the rest, and knows what was said."""
    evi.script.on_user("time").say("Noon.")
    with chatting(evi, model.url) as talk:
        assert exchange(talk, "The time?") == ["Noon."]
        assert exchange(talk, "Hi") == ["Yes."]
    [asked] = model.wait_for_asked(1)
    assert asked.texts == [("user", "The time?"), ("assistant", "Noon."), ("user", "Hi")]


def test_a_config_without_a_url(evi: Evi) -> None:
    """The client is told, and the emulator's own assistant answers."""
    config = new_config(evi, "custom-language-model")
    with talking(evi, config_id=config) as talk:
        error = answers(talk, "error")[-1]
        assert (error["code"], error["slug"]) == ("EMU10", "custom_language_model_error")
        assert "has no URL in model_resource" in error["message"]
        assert exchange(talk, "Hi")


def test_a_brain_answers_other_chats(evi: Evi, model: ModelServer) -> None:
    """By the chat completions API alone: no fields of the service."""
    with http(evi) as client:
        body = {
            "evi_version": "3",
            "name": "plain",
            "prompt": {"text": "Be kind."},
            "language_model": {
                "model_provider": "ANTHROPIC",
                "model_resource": "claude-3-7-sonnet-latest",
                "temperature": 0.5,
            },
        }
        config = client.post("/v0/evi/configs", json=body).json()
    assert "id" in config, config
    evi.world.settings = type(evi.world.settings)(
        brain=model.url, brain_model="llama", brain_key="sk"
    )
    settings = {"session_settings[context][text]": "It rains."}
    with talking(evi, config_id=config["id"], **settings) as talk:
        assert exchange(talk, "Hi") == ["Yes."]
    [asked] = model.wait_for_asked(1)
    assert asked.body == {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hi {Context: It rains.}"},
        ],
        "model": "llama",
        "stream": True,
        "temperature": 0.5,
    }
    assert asked.headers["Authorization"] == "Bearer sk"


# resumed chats


def test_a_resumed_chat_tells_the_past(evi: Evi, model: ModelServer) -> None:
    """The last events of its group, or none of it, by a quirk and by the event limit."""
    config = new_config(evi, model.url)
    with talking(evi, config_id=config) as talk:
        group = talk.read_until("chat_metadata")["chat_group_id"]
        exchange(talk, "One")
        exchange(talk, "Two")
    resumed = {"config_id": config, "resumed_chat_group_id": group}
    with talking(evi, **resumed) as talk:
        exchange(talk, "Three")
    with talking(evi, **resumed, event_limit="1") as talk:
        exchange(talk, "Four")
    with http(evi) as client:
        client.put("/_emulator/model", json={"quirks": ["resume_without_history"]})
    with talking(evi, **resumed) as talk:
        exchange(talk, "Five")
    *_, third, fourth, fifth = model.wait_for_asked(5)
    assert [text for _, text in third.texts] == ["One", "Yes.", "Two", "Yes.", "Three"]
    assert [text for _, text in fourth.texts] == ["Four"]
    assert [text for _, text in fifth.texts] == ["Five"]


# the config


@pytest.mark.parametrize(
    ("url", "is_found"),
    [
        ("https://llm.example.com/v1/chat/completions", False),
        ("https://llm.example.com/v1/chat/completions?x=1", False),
        ("https://llm.example.com/llm", True),
        ("wss://llm.example.com/llm", False),
    ],
)
def test_an_unusual_url_is_found(evi: Evi, url: str, is_found: bool) -> None:
    """It is accepted all the same."""
    new_config(evi, url)
    [entry] = evi.journal.entries("http", operation="create-config")
    codes = [each["code"] for each in entry.get("findings", ())]
    assert ("model_url_unusual" in codes) is is_found


@pytest.mark.evi(map_url=("https://llm.example.com=http://127.0.0.1:9",))
def test_a_mapped_url_is_called(evi: Evi, model: ModelServer) -> None:
    """The config and the error frame keep the URL of production."""
    url = "https://llm.example.com/v1/chat/completions"
    with chatting(evi, url) as talk:
        assert url in error_of(talk, "Hi")["message"]
    evi.world.settings = type(evi.world.settings)(
        map_url=(f"https://llm.example.com={model.url.removesuffix('/v1/chat/completions')}",)
    )
    with chatting(evi, url) as talk:
        assert exchange(talk, "Hi") == ["Yes."]


def test_plain_http_is_for_this_machine(evi: Evi) -> None:
    """A config can't name another host by http; a seed's could, and is not called."""
    body = {"model_provider": "CUSTOM_LANGUAGE_MODEL", "model_resource": "http://10.0.0.1/x"}
    with http(evi) as client:
        config = {"evi_version": "3", "name": "far", "language_model": body}
        assert client.post("/v0/evi/configs", json=config).status_code == 400


def test_arguments_of_the_model_are_passed_on_as_they_are(evi: Evi, model: ModelServer) -> None:
    """Only scripts have placeholders."""
    model.answer(tool("get_weather", '{"location": "{user_text} {tool_result}"}'))
    with chatting(evi, model.url, tools=[{"id": new_tool(evi)}]) as talk:
        talk.say("Hi")
        call = talk.read_until("tool_call")
    assert json.loads(call["parameters"]) == {"location": "{user_text} {tool_result}"}


def test_a_session_id_is_no_first_token(evi: Evi, model: ModelServer) -> None:
    """Words are."""
    model.answer(Answer((chunk(system_fingerprint="me"), DONE)))
    with chatting(evi, model.url) as talk:
        exchange(talk, "Hi")
        exchange(talk, "Hi")
    first, second = evi.journal.entries("model")
    assert "first_token_ms" not in first or first["first_token_ms"] is None
    assert second["first_token_ms"] is not None


def test_an_error_in_the_stream(evi: Evi, model: ModelServer) -> None:
    """Servers of models send one in place of a chunk if they break while they answer."""
    model.answer(Answer((b'data: {"error": {"message": "out of memory"}}\n\n',)))
    with chatting(evi, model.url) as talk:
        error = error_of(talk, "Hi")
    assert error["slug"] == "custom_language_model_error"
    assert 'its stream says {"message":"out of memory"}' in error["message"]


@pytest.mark.evi(pace="realtime")
def test_a_cut_leaves_what_was_said_whole(evi: Evi, model: ModelServer) -> None:
    """The sentence that was said has its scores; those that were not said yet are dropped."""
    model.answer(Answer((chunk("One. "), chunk("Two. ")), cut=True))
    with chatting(evi, model.url) as talk:
        talk.say("Hi")
        talk.read_until("assistant_end")
    [entry] = evi.journal.entries("model")
    assert entry["ended"] == "cut"
    types = [each["type"] for each in evi.chats[-1].events]
    assert types.count("AGENT_MESSAGE") == types.count("ASSISTANT_PROSODY") > 0
